/** Metrics that are the mean of a loss per row: t-intervals, paired by row. */
import type { Estimate, IntervalBasis } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { moments } from '../statistics/moments.js';

/** The values that one row's loss can take; null: any. */
export type LossRange = readonly [number, number] | null;

/**
 * The mean of `losses` with a t-interval. Rows that are all alike show no spread to compute one from: with a bounded loss,
 * the interval says how many other rows the sample can have missed (`constant`); with an unbounded one there is none.
 */
export function meanEstimate(losses: Float64Array, range: LossRange, confidence: number): Estimate {
  const { n, mean, variance, alike } = moments(losses);
  if (n === 0) return undefinedBecause('no rows');
  if (n === 1) return undefinedBecause('one row only');
  if (alike) {
    if (range === null) return undefinedBecause(`all ${n} rows are alike, so there is no spread to judge by`);
    const basis: IntervalBasis = { kind: 'constant', n, min: range[0], max: range[1] };
    return estimateOf({ value: mean, n, method: 'rule-of-three', basis }, confidence);
  }
  const bounds = range === null ? {} : { min: range[0], max: range[1] };
  const basis: IntervalBasis = { kind: 't', se: Math.sqrt(variance / n), df: n - 1, ...bounds };
  return estimateOf({ value: mean, n, method: 't', basis }, confidence);
}

/** The mean of the row-wise differences of two models' losses. */
export function meanDifference(
  candidate: Float64Array,
  baseline: Float64Array,
  range: LossRange,
  confidence: number,
): Estimate {
  const differences = candidate.map((loss, i) => loss - baseline[i]!);
  const width = range === null ? null : range[1] - range[0];
  return meanEstimate(differences, width === null ? null : [-width, width], confidence);
}
