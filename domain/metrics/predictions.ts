/** What the measure stage hands in: one segment's labelled rows, as columns. */
import type { MetricName, Task } from '../pipeline.js';

export type Numbers = Float64Array | Float32Array;

/**
 * A bound that scores are compared with, in the scores' own precision, as NumPy (NEP 50) and DuckDB compare. The single-precision number
 * nearest to 0.7 is below the double nearest to 0.7: without rounding the bound too, a score of 0.7 would miss a threshold of 0.7.
 */
export function inPrecisionOf(scores: ArrayLike<number>, bound: number): number {
  return scores instanceof Float32Array ? Math.fround(bound) : bound;
}

export interface BinaryPredictions {
  readonly kind: 'binary';
  /** Probability of the positive class per row; null: the model returns labels only. */
  readonly scores: Numbers | null;
  /** 1 where the row is predicted positive (score >= threshold), else 0. */
  readonly positive: Uint8Array;
}

export interface MulticlassPredictions {
  readonly kind: 'multiclass';
  /** Index of the predicted class per row. */
  readonly classes: Int32Array;
  /** Row-major n x k, or null. */
  readonly probabilities: Numbers | null;
  readonly k: number;
}

export interface RegressionPredictions {
  readonly kind: 'regression';
  readonly values: Numbers;
}

export type Predictions = BinaryPredictions | MulticlassPredictions | RegressionPredictions;

export type MeasureTask = Task;

/** Binary: 0 or 1. Multiclass: class index, 0..k-1. Regression and ranking: the value. */
export type Labels = Uint8Array | Int32Array | Float64Array;

export interface MeasureInput {
  readonly task: MeasureTask;
  readonly metrics: readonly MetricName[];
  /** Of the two-sided intervals, in (0, 1). */
  readonly confidence: number;
  /** Of the bootstrap, where an interval has one. */
  readonly seed: number;
  /**
   * Which row each one is: a whole number that it keeps in any order and segment (its place in the snapshot). The bootstrap hangs on
   * it; left out: its place here.
   */
  readonly rowIds?: Int32Array;
  /** One per row; rows without a label are left out by the caller. */
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly baseline: Predictions | null;
  /** How often each row counts, >= 0; it may be a fraction. */
  readonly weights?: Float64Array | null;
  /** What a wrong prediction of each row costs, >= 0: what the metric `cost` needs. */
  readonly costs?: Float64Array | null;
  /** Rows with the same number belong together (one user, one patient) and do not vary independently. */
  readonly clusters?: Int32Array | null;
  /** Ranking: the query or user of each row. */
  readonly groups?: Int32Array | null;
  /** Multiclass: the classes' names in order, for metrics of one class. */
  readonly classNames?: readonly string[];
  /** `exact`: Clopper-Pearson for every share, which never covers less than it says. */
  readonly proportions?: 'default' | 'exact';
}
