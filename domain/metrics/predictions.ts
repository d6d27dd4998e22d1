/** What the measure stage hands in: one segment's labelled rows, as columns. */
import type { MetricName, Task } from '../pipeline.js';

export type Numbers = Float64Array | Float32Array;

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

/** Binary: 0 or 1. Multiclass: class index, 0..k-1. Regression: the value. */
export type Labels = Uint8Array | Int32Array | Float64Array;

export interface MeasureInput {
  readonly task: Task;
  readonly metrics: readonly MetricName[];
  /** Of the two-sided intervals, in (0, 1). */
  readonly confidence: number;
  /** Of bootstrap weights; no metric needs it yet. */
  readonly seed: number;
  /** One per row; rows without a label are left out by the caller. */
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly baseline: Predictions | null;
}
