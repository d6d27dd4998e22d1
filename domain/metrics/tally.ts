/**
 * One binary model on rows that count once each and vary on their own: to the metrics here a segment is eight counts and an
 * order of labels, and its rows need not be kept.
 */
import type { MetricName } from '../pipeline.js';
import type { MeasuredMetrics, MetricEstimates } from '../result.js';
import type { LabelOrder } from '../statistics/label-order.js';
import type { BinaryCounts } from './rows.js';
import { metricOf } from './table.js';

export interface BinaryTally extends BinaryCounts {
  readonly baseline: null;
  /** Of the labelled rows; null: the model returns labels only, or some scores are no numbers. */
  readonly order: LabelOrder | null;
}

/** Whether a tally is enough for all of them. */
export function canTally(metrics: readonly MetricName[]): boolean {
  return metrics.every((name) => metricOf(name).ofTally !== undefined);
}

/**
 * The estimates that `measureRows` gives of the rows that were tallied, to the last bit.
 * @throws RangeError for a metric that needs the rows
 */
export function measureTally(tally: BinaryTally, metrics: readonly MetricName[]): MeasuredMetrics {
  const estimates: Record<string, MetricEstimates> = {};
  for (const name of metrics) {
    const { ofTally } = metricOf(name);
    if (ofTally === undefined) throw new RangeError(`${name} needs the rows`);
    estimates[name] = ofTally(tally);
  }
  return estimates;
}
