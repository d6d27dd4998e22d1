/** All metrics. */
import type { MetricName, Task } from '../pipeline.js';
import { AUC } from './auc.js';
import { F1, FNR, FPR, PRECISION, RECALL, SELECTION_RATE } from './binary-rates.js';
import { tasksOf, type Metric } from './metric.js';
import { ACCURACY, MACRO_F1 } from './multiclass.js';
import { BRIER, LOG_LOSS } from './probability-losses.js';
import { BIAS, MAE, R2, RMSE } from './regression.js';

export const METRICS: Readonly<Record<MetricName, Metric>> = {
  accuracy: ACCURACY,
  precision: PRECISION,
  recall: RECALL,
  fpr: FPR,
  fnr: FNR,
  f1: F1,
  selection_rate: SELECTION_RATE,
  auc: AUC,
  log_loss: LOG_LOSS,
  brier: BRIER,
  macro_f1: MACRO_F1,
  mae: MAE,
  rmse: RMSE,
  r2: R2,
  bias: BIAS,
};

/** The metrics that exist for a task, in the table's order. */
export function metricsFor(task: Task): Metric[] {
  return Object.values(METRICS).filter((metric) => tasksOf(metric).includes(task));
}
