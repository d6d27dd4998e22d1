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
  // A bit a row.
  const seen = new Uint8Array(Math.ceil(job.rows / 8));
  let count = 0;
  for (const part of job.parts) {
    const rows = whole.add(part, (numbers) => numbers);
    const twice = markSeen(rows, seen);
    if (twice !== null) throw new Error(`row ${twice} was inferred twice, the second time in ${part}`);
    count += rows.length;
  }
  if (count !== job.rows) throw new Error(`${count} of ${job.rows} rows were inferred`);
  writeColumnFile(job.output, whole.columns, whole.reasons);
  return { unpredicted: whole.unpredicted, reason: whole.reasons[0] ?? null };
}

/** @returns the first row that was seen before; null: none */
function markSeen(rows: Int32Array, seen: Uint8Array): number | null {
  const { length } = rows;
  for (let index = 0; index < length; index++) {
    const row = rows[index]!;
    const bit = 1 << (row & 7);
    if ((seen[row >>> 3]! & bit) !== 0) return row;
    seen[row >>> 3]! |= bit;
  }
  return null;
}
