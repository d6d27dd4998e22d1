/** Scores that `model.threshold` cannot cut: it is a probability, and they are none. */
import type { MetricName } from './pipeline.js';

/** Binary metrics of the scores themselves, or of the labels alone. All others are of what is predicted positive. */
const WITHOUT_THRESHOLD: readonly MetricName[] = [
  'auc',
  'average_precision',
  'ks',
  'log_loss',
  'brier',
  'ece',
  'prevalence',
];

/** Those of a binary task's metrics that ask which rows are predicted positive. */
export function metricsOfThreshold(metrics: readonly MetricName[]): readonly MetricName[] {
  return metrics.filter((metric) => !WITHOUT_THRESHOLD.includes(metric));
}

/** How far from 0 to 1 a probability may be: forests add up hundreds of numbers of float32, and come to 1.0000001. */
const TOLERANCE = 0.001;

export interface BeyondProbability {
  readonly count: number;
  /** The first of them. */
  readonly row: number;
  readonly score: number;
}

/**
 * Adds to what was found in the rows before these. A score that is not finite is none at all, which every metric says itself.
 *
 * @param first row
 */
export function beyondProbability(
  scores: ArrayLike<number>,
  first: number,
  before: BeyondProbability | null,
): BeyondProbability | null {
  let count = 0;
  let place = -1;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if ((score < -TOLERANCE || score > 1 + TOLERANCE) && Number.isFinite(score)) {
      if (count === 0) place = index;
      count++;
    }
  }
  if (count === 0) return before;
  return before === null
    ? { count, row: first + place, score: scores[place]! }
    : { ...before, count: before.count + count };
}
