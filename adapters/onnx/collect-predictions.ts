/** Puts the predictions of a run's tasks together: one per row, in the snapshot's row order. */
import { writeColumnFile } from '../column-file.js';
import { PredictionParts } from './prediction-parts.js';

export interface CollectJob {
  /** Column files of the tasks: `row` and the prediction columns. */
  readonly parts: readonly string[];
  readonly rows: number;
  readonly output: string;
}

export interface Collected {
  /** Rows without a prediction. */
  readonly unpredicted: number;
  /** Why, the first reason that a task gave; null when every row has a prediction. */
  readonly reason: string | null;
}

/** @throws Error when the parts do not hold every row exactly once: a task would be missing or counted twice */
export function collectPredictions(job: CollectJob): Collected {
  const whole = new PredictionParts(job.rows);
  const seen = new Uint8Array(job.rows);
  let count = 0;
  for (const part of job.parts) {
    const rows = whole.add(part, (numbers) => numbers);
    for (const row of rows) {
      if (seen[row] !== 0) throw new Error(`row ${row} was inferred twice, the second time in ${part}`);
      seen[row] = 1;
      count++;
    }
  }
  if (count !== job.rows) throw new Error(`${count} of ${job.rows} rows were inferred`);
  writeColumnFile(job.output, whole.columns, whole.reasons);
  return { unpredicted: whole.unpredicted, reason: whole.reasons[0] ?? null };
}
