/** Metrics that are the mean of a loss per row. */
import { square } from '../statistics/powers.js';
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import type { Linearised } from '../statistics/linearised.js';
import type { Form } from './linear.js';

/** The values that one row's loss can take; an end may be infinite. */
export type LossRange = readonly [number, number];

export function meanForm(range: LossRange | null): Form {
  return { shape: 'plain', method: 'hall', range };
}

export function total(weights: Float64Array | null, n: number): number {
  return weights === null ? n : exactSum(weights);
}

/** Effective number of rows of these weights (Kish 1965): n when all are alike. */
export function kish(weights: Float64Array | null, n: number): number {
  if (weights === null) return n;
  return square(exactSum(weights)) / exactSum(weights.map((weight) => weight * weight));
}

/** Sum of weight times value. */
export function weightedSum(values: Float64Array, weights: Float64Array | null): number {
  return exactSum(weights === null ? values : values.map((value, i) => value * weights[i]!));
}

/**
 * The mean of `losses`.
 * @param missed what each row's loss would be had the label been another one, where that can be said: a sample of few wrong
 *   predictions tells little about what they cost
 */
export function meanOf(
  losses: Float64Array,
  weights: Float64Array | null,
  missed: Float64Array | null = null,
): Linearised | UndefinedEstimate {
  const n = losses.length;
  if (n === 0) return undefinedBecause('no rows');
  if (n === 1) return undefinedBecause('one row only');
  const whole = total(weights, n);
  const value = weightedSum(losses, weights) / whole;
  const magnitude = losses.reduce((most, loss) => Math.max(most, Math.abs(loss)), 0);
  const contributions = losses.map((loss, i) => ((loss - value) * (weights === null ? 1 : weights[i]!)) / whole);
  const linear = { value, contributions, magnitude, reach: kish(weights, n), ...(weights && { counted: weights }) };
  return missed === null ? linear : { ...linear, unseen: missed.map((loss) => loss - value) };
}
