/**
 * The area under the ROC curve with DeLong's variance, in O(n log n): DeLong, DeLong & Clarke-Pearson 1988, Biometrics
 * 44:837, with the placements from one sort (Sun & Xu 2014, IEEE Signal Processing Letters 21:1389). Ties count half.
 */
import { square } from './powers.js';
import { exactSum } from './exact-sum.js';
import type { Linearised } from './linearised.js';
import { moments, sumOfSquares } from './moments.js';
import { ascendingOrder, ascendingOrderBy } from './radix-order.js';

/**
 * How each row is placed among the rows of the other class, 0..1: for a positive row the share of negative rows that
 * score lower, for a negative row the share of positive rows that score higher; ties count half. Row order of the input
 * within each class.
 */
export interface Placements {
  readonly auc: number;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/**
 * @param scores n finite scores, higher means more likely positive
 * @param labels n times 0 or 1, both of them present
 */
export function placements(scores: Float64Array | Float32Array, labels: Uint8Array): Placements {
  const n = scores.length;
  let positiveCount = 0;
  for (let i = 0; i < n; i++) positiveCount += labels[i]!;
  const negativeCount = n - positiveCount;
  const order = ascendingOrder(scores);
  // Twice the number of rows of the other class on the losing side: whole numbers, so exact.
  const twice = new Float64Array(n);
  let positivesBelow = 0;
  let negativesBelow = 0;
  let wins = 0;
  for (let start = 0; start < n;) {
    const score = scores[order[start]!]!;
    let end = start;
    let tiedPositives = 0;
    for (; end < n && scores[order[end]!] === score; end++) tiedPositives += labels[order[end]!]!;
    const tiedNegatives = end - start - tiedPositives;
    const positivesPlace = 2 * negativesBelow + tiedNegatives;
    const negativesPlace = 2 * (positiveCount - positivesBelow - tiedPositives) + tiedPositives;
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      twice[row] = labels[row] === 1 ? positivesPlace : negativesPlace;
    }
    wins += tiedPositives * positivesPlace;
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
    start = end;
  }
  const positives = new Float64Array(positiveCount);
  const negatives = new Float64Array(negativeCount);
  let p = 0;
  let q = 0;
  for (let i = 0; i < n; i++) {
    if (labels[i] === 1) positives[p++] = twice[i]! / (2 * negativeCount);
    else negatives[q++] = twice[i]! / (2 * positiveCount);
  }
  return { auc: wins / (2 * positiveCount * negativeCount), positives, negatives };
}

export interface Variance {
  /** Standard error; 0 when neither class varies. */
  readonly se: number;
  /** Degrees of freedom after Satterthwaite, as in Brunner & Munzel 2000, Biometrical Journal 42:17; NaN when se = 0. */
  readonly df: number;
}

/**
 * DeLong's variance of one AUC, with one more row of each class that is placed as badly as the worst one seen: near 1 a
 * few rows carry all of the variance, and a small sample seldom holds its share of them. At least two rows of each class.
 */
export function aucVariance({ auc, positives, negatives }: Placements): Variance {
  return twoSampleVariance(positives, negatives, auc);
}

/** DeLong's variance of the difference of two AUCs on identical rows, covariance included; one more row as above. */
export function aucDifferenceVariance(first: Placements, second: Placements): Variance {
  return twoSampleVariance(
    minus(first.positives, second.positives),
    minus(first.negatives, second.negatives),
    first.auc - second.auc,
  );
}

function twoSampleVariance(positives: Float64Array, negatives: Float64Array, mean: number): Variance {
  const ofPositives = share(positives, mean);
  const ofNegatives = share(negatives, mean);
  const total = ofPositives + ofNegatives;
  const spread = square(ofPositives) / (positives.length - 1) + square(ofNegatives) / (negatives.length - 1);
  return { se: Math.sqrt(total), df: square(total) / spread };
}

/** Variance of the mean of the rows and of the row that is farthest from it once more; 0 when all rows are alike. */
function share(values: Float64Array, mean: number): number {
  if (moments(values).alike) return 0;
  const n = values.length;
  const farthest = values.reduce((most, value) => Math.max(most, square(value - mean)), 0);
  return (sumOfSquares(values, mean) + farthest) / (n * (n + 1));
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

/**
 * The AUC of weighted rows and what each row contributes to it: weight times (placement - auc)/weight of its class.
 * @param weights >= 0, some of each class above 0; null: 1 each
 */
export function weightedPlacements(
  scores: Float64Array | Float32Array,
  labels: Uint8Array,
  weights: Float64Array | null,
): Linearised {
  const n = scores.length;
  const weightOf = (row: number) => weights?.[row] ?? 1;
  const of = (label: number) => Float64Array.from(labels, (own, row) => (own === label ? weightOf(row) : 0));
  const totals = [exactSum(of(0)), exactSum(of(1))] as const;
  // Rows of one score in the order of their weights: sums that no order of the rows changes.
  const order = ascendingOrderBy(scores, weights);
  const placed = new Float64Array(n);
  const below = [0, 0];
  for (let start = 0; start < n;) {
    const score = scores[order[start]!]!;
    let end = start;
    const tied = [0, 0];
    for (; end < n && scores[order[end]!] === score; end++) tied[labels[order[end]!]!]! += weightOf(order[end]!);
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      placed[row] =
        labels[row] === 1 ? (below[0]! + tied[0]! / 2) / totals[0] : (totals[1] - below[1]! - tied[1]! / 2) / totals[1];
    }
    below[0]! += tied[0]!;
    below[1]! += tied[1]!;
    start = end;
  }
  const value = exactSum(placed.map((place, row) => (labels[row] === 1 ? place * weightOf(row) : 0))) / totals[1];
  const contributions = placed.map(
    (place, row) => (weightOf(row) * (place - value)) / totals[labels[row] === 1 ? 1 : 0],
  );
  const smallest = Math.min(...[0, 1].map((label) => labels.filter((own) => own === label).length));
  return { value: Math.min(1, Math.max(0, value)), contributions, magnitude: 1, reach: smallest };
}
