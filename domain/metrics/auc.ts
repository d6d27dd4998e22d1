/** Area under the ROC curve, of a binary score and of one class of several against the rest. */
import type { Estimate, IntervalBasis, UndefinedEstimate } from '../result.js';
import { weightedPlacements, type Area, type Placements, type Variance } from '../statistics/delong.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { classUnits, SMALL_CLASS } from '../statistics/class-units.js';
import { difference, spreadOf, type Linearised } from '../statistics/linearised.js';
import { Placer } from '../statistics/placer.js';
import { compared } from './comparison.js';
import { linearDifference, linearEstimate, type Form } from './linear.js';
import type { Metric } from './metric.js';
import type { Numbers } from './predictions.js';
import { NO_SCORES } from './probability-losses.js';
import type { BinaryRows, MulticlassRows, Rows, Side } from './rows.js';
import { differenceOfShares } from './shares.js';

/**
 * With weights or clusters: the delta method on the placements (clusters: Obuchowski 1997, Biometrics 53:567), as long as neither class is
 * small. Each row of a class that has one unit lies exactly at its mean, so that it would seem to be known for sure.
 */
const UNEVEN: Form = { shape: 'logit', method: 'delong-clustered', range: [0, 1] };

export const AUC: Metric = {
  name: 'auc',
  description: 'chance that a positive row scores higher than a negative one (area under the ROC curve)',
  direction: 'higher',
  range: [0, 1],
  measure: {
    binary: (rows) => measureAuc(rows, rows.labels, rows.sameScores, (side) => side.predictions.scores ?? NO_SCORES),
  },
  ofTally: ({ n, counts, candidate, order, confidence }) => {
    const has = (label: number) => counts.some((count, cell) => count > 0 && cell >> 2 === label);
    const reason = candidate.problem ?? missingClass(n, has(1), has(0));
    if (reason !== null) return { candidate: undefinedBecause(reason) };
    if (order === null) return { candidate: NO_SCORES };
    const area = order.area();
    return { candidate: areaEstimate(area, () => order.variance(area), confidence) };
  },
};

/** @param name of a class, as the labels spell it */
export function aucOfClass(name: string): Metric {
  return {
    name: `auc(${name})`,
    description: `area under the ROC curve of the class "${name}" against all others`,
    direction: 'higher',
    range: [0, 1],
    measure: {
      multiclass: (rows) => {
        const place = rows.classNames.indexOf(name);
        const labels = Uint8Array.from(rows.labels, (label) => Number(label === place));
        return measureAuc(rows, labels, rows.sameProbabilities, (side) =>
          place < 0 ? undefinedBecause(`there is no class "${name}"`) : columnOf(rows, side, place),
        );
      },
    },
  };
}

function columnOf(
  { n }: MulticlassRows,
  { predictions: { probabilities, k } }: NonNullable<MulticlassRows['baseline']>,
  place: number,
): Numbers | UndefinedEstimate {
  if (probabilities === null) return NO_SCORES;
  // In the precision that the model gave them in: singles sort faster.
  const column = probabilities instanceof Float32Array ? new Float32Array(n) : new Float64Array(n);
  for (let i = 0; i < n; i++) column[i] = probabilities[i * k + place]!;
  return column;
}

function measureAuc<P>(
  rows: Rows<BinaryRows['labels'] | MulticlassRows['labels'], P>,
  labels: Uint8Array,
  alike: boolean,
  scoresOf: (side: Side<P>) => Numbers | UndefinedEstimate,
) {
  const { candidate, baseline, n, confidence, weights, units } = rows;
  const shared = { candidate, baseline, alike, n };
  const usable = (side: Side<P>): Numbers | UndefinedEstimate => {
    const reason = side.problem ?? oneClass(labels, weights);
    return reason === null ? scoresOf(side) : undefinedBecause(reason);
  };
  if (weights !== null || units !== null) {
    const classes = classUnits(labels, weights, units);
    const [negatives, positives] = [classes[0].effective, classes[1].effective];
    const areaOf = ({ value }: Linearised): Area => ({ auc: value, positives, negatives });
    return compared<Side<P>, Linearised>({
      ...shared,
      prepare: (side) => {
        const scores = usable(side);
        return 'undefined' in scores ? scores : weightedPlacements(scores, labels, weights, classes);
      },
      estimate: (linear) => {
        const area = areaOf(linear);
        const placed = !hasSmallClass(area) && linear.value > 0 && linear.value < 1 && !spreadOf(linear, units).alike;
        return placed || units?.count === 1 ? linearEstimate(linear, UNEVEN, rows) : bySizes(area, n, confidence);
      },
      // Rows that are placed alike, or by both models alike, have no spread: then it is the same as for rows that count once.
      difference: (first, second) =>
        hasSmallClass(areaOf(first)) || spreadOf(difference(first, second), units).alike
          ? differenceBySizes(areaOf(first), areaOf(second), n, confidence)
          : linearDifference(first, second, UNEVEN, rows),
    });
  }
  const placer = new Placer(labels);
  return compared<Side<P>, Placements>({
    ...shared,
    prepare: (side) => {
      const scores = usable(side);
      return 'undefined' in scores ? scores : placer.placements(scores);
    },
    estimate: (placed) => areaEstimate(placed, () => placed.variance, confidence),
    difference: (first, second) => aucDifference(first, second, placer, confidence),
  });
}

/** Why there is no pair of a positive and a negative row, or null. */
export function oneClass(labels: Uint8Array, weights: Float64Array | null): string | null {
  const has = (wanted: number) => labels.some((label, i) => label === wanted && (weights === null || weights[i]! > 0));
  return missingClass(labels.length, has(1), has(0));
}

function missingClass(rows: number, hasPositive: boolean, hasNegative: boolean): string | null {
  if (rows === 0) return 'no rows';
  if (!hasPositive) return 'no positive labels';
  return hasNegative ? null : 'no negative labels';
}

/** DeLong on the logit scale (Pepe 2003, section 5.2.3), which keeps the interval inside (0, 1) and right near 1. */
function areaEstimate(area: Area, variance: () => Variance, confidence: number): Estimate {
  const { auc, positives, negatives } = area;
  const n = positives + negatives;
  if (!hasSmallClass(area)) {
    const { se, df } = variance();
    if (se > 0 && auc > 0 && auc < 1) {
      const basis = { df, kind: 'logit', se: se / (auc * (1 - auc)) } as const;
      return estimateOf({ value: auc, n, method: 'delong', basis }, confidence);
    }
  }
  return bySizes(area, n, confidence);
}

/** @param n rows; the area's units are fewer where rows weigh unevenly or go together */
function bySizes(area: Area, n: number, confidence: number): Estimate {
  return estimateOf({ value: area.auc, n, method: 'newcombe', basis: sizes(area) }, confidence);
}

function aucDifference(candidate: Placements, baseline: Placements, placer: Placer, confidence: number): Estimate {
  const value = candidate.auc - baseline.auc;
  const n = candidate.positives + candidate.negatives;
  if (!hasSmallClass(candidate)) {
    const { se, df } = placer.differenceVariance(candidate, baseline);
    if (se > 0) {
      return estimateOf({ value, n, method: 'delong', basis: { kind: 't', se, df, min: -1, max: 1 } }, confidence);
    }
  }
  return differenceBySizes(candidate, baseline, n, confidence);
}

/**
 * Each AUC varies at most like a share of as many rows as the smaller class has (Birnbaum & Klose 1957, Annals of Mathematical Statistics
 * 28:933). A symmetric interval would not do: near 0 and 1 it is short on the very side on which the other model lies.
 */
function differenceBySizes(candidate: Area, baseline: Area, n: number, confidence: number): Estimate {
  const share = ({ auc, positives, negatives }: Area) => {
    const units = Math.min(positives, negatives);
    return { kind: 'proportion', successes: auc * units, n: units } as const;
  };
  return differenceOfShares(candidate.auc - baseline.auc, share(candidate), share(baseline), { n, confidence });
}

/** Then DeLong's variance is too uncertain itself. */
function hasSmallClass({ positives, negatives }: Area): boolean {
  return Math.min(positives, negatives) < SMALL_CLASS;
}

function sizes({ positives, negatives }: Area): IntervalBasis {
  return { kind: 'mannWhitney', positives, negatives };
}
