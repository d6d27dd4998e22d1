/** All metrics. */
import type { MetricFamily, MetricName, PlainMetricName } from '../pipeline.js';
import { AUC } from './auc.js';
import { F1, FNR, FPR, PRECISION, PREVALENCE, RECALL, SELECTION_RATE, SPECIFICITY } from './binary-rates.js';
import { ECE } from './calibration-error.js';
import { BALANCED_ACCURACY, MCC } from './confusion.js';
import { COST } from './cost.js';
import { AVERAGE_PRECISION, KS } from './curves.js';
import { FAMILIES } from './families.js';
import { tasksOf, type Metric } from './metric.js';
import { ACCURACY, classAverage, microAverage } from './multiclass.js';
import type { MeasureTask } from './predictions.js';
import { BRIER, LOG_LOSS } from './probability-losses.js';
import { meanAveragePrecision, MRR, ndcg } from './ranking.js';
import { BIAS, MAE, MAPE, MEDIAN_AE, R2, RMSE } from './regression.js';

export { FAMILIES };

export const METRICS: Readonly<Record<PlainMetricName, Metric>> = {
  accuracy: ACCURACY,
  balanced_accuracy: BALANCED_ACCURACY,
  precision: PRECISION,
  recall: RECALL,
  specificity: SPECIFICITY,
  fpr: FPR,
  fnr: FNR,
  f1: F1,
  mcc: MCC,
  selection_rate: SELECTION_RATE,
  prevalence: PREVALENCE,
  auc: AUC,
  average_precision: AVERAGE_PRECISION,
  log_loss: LOG_LOSS,
  brier: BRIER,
  ece: ECE,
  ks: KS,
  cost: COST,
  macro_f1: classAverage('macro', 'f1'),
  macro_precision: classAverage('macro', 'precision'),
  macro_recall: classAverage('macro', 'recall'),
  weighted_f1: classAverage('weighted', 'f1'),
  weighted_precision: classAverage('weighted', 'precision'),
  weighted_recall: classAverage('weighted', 'recall'),
  micro_f1: microAverage('micro_f1'),
  micro_precision: microAverage('micro_precision'),
  micro_recall: microAverage('micro_recall'),
  mae: MAE,
  rmse: RMSE,
  median_ae: MEDIAN_AE,
  mape: MAPE,
  r2: R2,
  bias: BIAS,
  ndcg: ndcg(null),
  map: meanAveragePrecision(null),
  mrr: MRR,
};

/** The metric of an id that `parseMetric` accepts. */
export function metricOf(id: MetricName): Metric {
  const bracket = id.indexOf('(');
  if (bracket < 0) return METRICS[id as PlainMetricName];
  return FAMILIES[id.slice(0, bracket) as MetricFamily].metric(id.slice(bracket + 1, -1));
}

/** The metrics without an argument that exist for a task, in the table's order. */
export function metricsFor(task: MeasureTask): Metric[] {
  return Object.values(METRICS).filter((metric) => tasksOf(metric).includes(task));
}
