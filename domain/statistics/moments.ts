/** Mean and variance over exact sums: the same bits for any order of the rows. */
import { ExactSum } from './exact-sum.js';

export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Sample variance (divisor n - 1); NaN for fewer than two rows. */
  readonly variance: number;
  /** All values alike, up to {@link SAME} of the largest: the sample says nothing about the spread. */
  readonly alike: boolean;
}

/** Values whose spread is below this share of the largest magnitude differ by rounding only. */
export const SAME = 1e-12;

/** Two passes: the deviations from the mean do not cancel, whatever the mean is. */
export function moments(values: Float64Array): Moments {
  const n = values.length;
  if (n === 0) return { n, mean: NaN, variance: NaN, alike: true };
  const sum = new ExactSum();
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    sum.add(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum.value() / n;
  const alike = areAlike(min, max);
  if (n < 2) return { n, mean, variance: NaN, alike };
  return { n, mean, variance: sumOfSquares(values, mean) / (n - 1), alike };
}

/** Whether numbers between these two are all alike, up to {@link SAME} of the largest. */
export function areAlike(min: number, max: number): boolean {
  return max - min <= SAME * Math.max(Math.abs(min), Math.abs(max));
}

/** Sum of (value - centre)^2. */
export function sumOfSquares(values: Float64Array, centre: number): number {
  const squares = new ExactSum();
  for (const value of values) {
    const deviation = value - centre;
    squares.add(deviation * deviation);
  }
  return squares.value();
}
