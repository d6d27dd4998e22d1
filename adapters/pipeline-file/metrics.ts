/** The metrics as the file names them, and which are measured when it names none. */
import { AT_CUT_OFF } from '../../domain/metrics/metric-name.js';
import { FAMILIES, METRICS } from '../../domain/metrics/table.js';
import type { MetricFamily, MetricName, PlainMetricName, Task } from '../../domain/pipeline.js';

/** For zod, which wants to see that there is at least one. */
export const METRIC_NAMES = Object.keys(METRICS) as [PlainMetricName, ...PlainMetricName[]];

/** Metrics with an argument: `f_beta(2)`. */
export const METRIC_FAMILIES = Object.keys(FAMILIES) as [MetricFamily, ...MetricFamily[]];

/** What may stand before an `@` and a cut-off: `ndcg@10`. */
export const CUT_OFF_NAMES = Object.keys(AT_CUT_OFF) as [keyof typeof AT_CUT_OFF, ...(keyof typeof AT_CUT_OFF)[]];

/** What is measured when the file does not say. */
export const DEFAULT_METRICS: Readonly<Record<Task, readonly MetricName[]>> = {
  binary: ['auc', 'log_loss', 'precision', 'recall', 'fpr'],
  multiclass: ['accuracy', 'macro_f1', 'log_loss'],
  regression: ['mae', 'rmse', 'bias'],
  ranking: ['ndcg(10)', 'mrr'],
};
