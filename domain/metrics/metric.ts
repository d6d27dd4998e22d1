/**
 * What a metric is. To add one: define it in the file of its family, name it in `MetricName`,
 * enter it in `table.ts` (with an argument: in `families.ts`).
 */
import { type MetricName, TASKS } from '../pipeline.js';
import type { MetricEstimates } from '../result.js';
import type { MeasureTask } from './predictions.js';
import type { BinaryRows, MulticlassRows, RankingRows, RegressionRows } from './rows.js';
import type { BinaryTally } from './tally.js';

export interface Metric {
  readonly name: MetricName;
  /** One line, in the JSON Schema: editors show it beside the name. */
  readonly description: string;
  /** Which way is better; `none`: neither (a rate that is only to stay where it is). */
  readonly direction: 'higher' | 'lower' | 'none';
  /** The values that it can take. */
  readonly range: readonly [number, number];
  /** How it is measured, for each task it exists for. */
  readonly measure: Measures;
  /** The same estimates as `measure.binary` gives, without the rows; absent: it needs them. */
  readonly ofTally?: (tally: BinaryTally) => MetricEstimates;
}

export interface Measures {
  readonly binary?: (rows: BinaryRows) => MetricEstimates;
  readonly multiclass?: (rows: MulticlassRows) => MetricEstimates;
  readonly regression?: (rows: RegressionRows) => MetricEstimates;
  readonly ranking?: (rows: RankingRows) => MetricEstimates;
}

/** The tasks that a metric exists for. */
export function tasksOf(metric: Metric): MeasureTask[] {
  return TASKS.filter((task) => metric.measure[task] !== undefined);
}
