/** What the parser needs to know of a metric to tell a check that can never fire. */
import type { MetricName, Task } from '../../domain/pipeline.js';

export interface MetricFacts {
  readonly tasks: readonly Task[];
  readonly better: 'higher' | 'lower' | null;
  readonly min: number;
  readonly max: number;
}

const proportion = { tasks: ['binary'], min: 0, max: 1 } as const;

export const METRIC_FACTS: Readonly<Record<MetricName, MetricFacts>> = {
  accuracy: { tasks: ['binary', 'multiclass'], better: 'higher', min: 0, max: 1 },
  precision: { ...proportion, better: 'higher' },
  recall: { ...proportion, better: 'higher' },
  fpr: { ...proportion, better: 'lower' },
  fnr: { ...proportion, better: 'lower' },
  f1: { ...proportion, better: 'higher' },
  selection_rate: { ...proportion, better: null },
  auc: { ...proportion, better: 'higher' },
  log_loss: { tasks: ['binary', 'multiclass'], better: 'lower', min: 0, max: Infinity },
  brier: { ...proportion, better: 'lower' },
  macro_f1: { tasks: ['multiclass'], better: 'higher', min: 0, max: 1 },
  mae: { tasks: ['regression'], better: 'lower', min: 0, max: Infinity },
  rmse: { tasks: ['regression'], better: 'lower', min: 0, max: Infinity },
  r2: { tasks: ['regression'], better: 'higher', min: -Infinity, max: 1 },
  bias: { tasks: ['regression'], better: null, min: -Infinity, max: Infinity },
};

/** For zod, which wants to see that there is at least one. */
export const METRIC_NAMES = Object.keys(METRIC_FACTS) as [MetricName, ...MetricName[]];

/** The metrics of this task, in the order of the table. */
export function metricsOf(task: Task): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => METRIC_FACTS[name].tasks.includes(task));
}

/** What is measured when the file does not say. */
export const DEFAULT_METRICS: Readonly<Record<Task, readonly MetricName[]>> = {
  binary: ['auc', 'log_loss', 'precision', 'recall', 'fpr'],
  multiclass: ['accuracy', 'macro_f1', 'log_loss'],
  regression: ['mae', 'rmse', 'bias'],
};
