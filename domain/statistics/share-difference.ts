/** The difference of two shares whose denominators differ, on identical rows: precision, and F1 as a function of one. */
import { square } from './powers.js';

/** A share over the cells of a table of counts: which cells count, and which of those are events. */
export interface Share {
  readonly among: readonly boolean[];
  readonly event: readonly boolean[];
}

/** `share`: J itself. `dice`: 2J/(1 + J). */
export type ShareScale = 'share' | 'dice';

/**
 * Added to every cell for the variance, not for the value: Agresti & Min 2005, Statistics in Medicine 24:729, for matched
 * proportions. Without it a table with empty cells would claim to be certain.
 */
const SMOOTHING = 0.5;

/**
 * First minus second, and its standard error by the delta method: each cell's influence on a ratio R = X/Y is
 * (x - R y)/Y, and the two influences are subtracted cell by cell, which accounts for their covariance.
 * @param counts rows per cell
 */
export function smoothedShareDifference(
  counts: readonly number[],
  first: Share,
  second: Share,
  scale: ShareScale,
): { readonly value: number; readonly se: number } {
  const smoothed = counts.map((count) => count + SMOOTHING);
  const a = influences(smoothed, first, scale);
  const b = influences(smoothed, second, scale);
  const variance = smoothed.reduce((sum, count, cell) => sum + count * square(a[cell]! - b[cell]!), 0);
  return {
    value: scaled(shareOf(counts, first), scale) - scaled(shareOf(counts, second), scale),
    se: Math.sqrt(variance),
  };
}

function influences(counts: readonly number[], share: Share, scale: ShareScale): number[] {
  const total = sumWhere(counts, share.among);
  const ratio = shareOf(counts, share);
  // d/dJ of 2J/(1 + J)
  const slope = scale === 'dice' ? 2 / square(1 + ratio) : 1;
  return counts.map((_, cell) => (share.among[cell] ? (slope * (Number(share.event[cell]) - ratio)) / total : 0));
}

function shareOf(counts: readonly number[], { among, event }: Share): number {
  const hits = among.map((counted, cell) => counted && event[cell]!);
  return sumWhere(counts, hits) / sumWhere(counts, among);
}

function sumWhere(counts: readonly number[], where: readonly boolean[]): number {
  return counts.reduce((sum, count, cell) => (where[cell] ? sum + count : sum), 0);
}

function scaled(share: number, scale: ShareScale): number {
  return scale === 'dice' ? (2 * share) / (1 + share) : share;
}
