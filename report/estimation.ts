/** How the numbers were estimated, in words: a reader who takes a weighted mean for a plain one draws the wrong conclusion. */
import type { Manifest } from '../domain/manifest.js';
import { printable } from './format.client.js';

/** "95 % interval", or "interval" where an older result does not say. */
export function intervalName({ estimation }: Manifest): string {
  return estimation === undefined ? 'interval' : `${levelText(estimation.confidence)} interval`;
}

/** 0.95 as "95 %", 0.9999 as "99.99 %": never rounded to a level that was not asked for. */
function levelText(confidence: number): string {
  return `${String(Number((confidence * 100).toPrecision(12)))} %`;
}

/** One fact each, none of which goes without saying: `["weighted by amount", ...]`. Names of columns are made printable. */
export function estimationFacts({ estimation }: Manifest): readonly string[] {
  if (estimation === undefined) return [];
  const { weight, clusterBy, group, proportions } = estimation;
  return [
    ...(weight === undefined ? [] : [`weighted by ${printable(weight)}`]),
    ...(clusterBy === undefined ? [] : [`intervals are cluster-robust, by ${printable(clusterBy)}`]),
    ...(group === undefined ? [] : [`means over the groups of ${printable(group)}, each one observation`]),
    ...(proportions === undefined ? [] : ['exact intervals of proportions (Clopper–Pearson)']),
  ];
}
