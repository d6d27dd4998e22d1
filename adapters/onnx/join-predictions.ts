/** Makes one column file out of what a task inferred in parts, and of the rows that it could not infer. */
import { type NumericColumn, writeColumnFile } from '../column-file.js';
import { type FeatureSource, rowNumbers } from './feature-rows.js';
import { PredictionParts, UNPREDICTED } from './prediction-parts.js';

/** Rows with from <= position < to that have no prediction. */
export interface UnpredictedRange {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface JoinJob {
  /** Column files: `row` and the prediction columns. */
  readonly parts: readonly string[];
  readonly unpredicted: readonly UnpredictedRange[];
  /** What tells the rows of a range. */
  readonly source: FeatureSource;
  /** Rows of the parts and the ranges together. */
  readonly rows: number;
  readonly output: string;
}

/** @throws Error when parts and ranges have another number of rows than the task */
export async function joinPredictions(job: JoinJob): Promise<void> {
  const joined = new PredictionParts(job.rows);
  const numbers = new Int32Array(job.rows);
  let at = 0;
  for (const part of job.parts) {
    const places = joined.add(part, (rows) => {
      if (at + rows.length > job.rows) throw wrongNumber(job, at + rows.length);
      numbers.set(rows, at);
      return Int32Array.from(rows, (_row, index) => at + index);
    });
    at += places.length;
  }
  const reasons = [...new Set(job.unpredicted.map(({ reason }) => reason))];
  const absent = new Int32Array(job.rows);
  for (const { from, to, reason } of job.unpredicted) {
    if (at + to - from > job.rows) throw wrongNumber(job, at + to - from);
    numbers.set(await rowNumbers(job.source, { from, to, skip: 0 }), at);
    absent.fill(reasons.indexOf(reason) + 1, at, at + to - from);
    at += to - from;
  }
  if (at !== job.rows) throw wrongNumber(job, at);
  const columns: Record<string, NumericColumn> = { row: numbers, ...joined.columns };
  if (reasons.length > 0) columns[UNPREDICTED] = absent;
  writeColumnFile(job.output, columns, reasons);
}

function wrongNumber(job: JoinJob, rows: number): Error {
  return new Error(`${rows} rows were inferred or given up in a task of ${job.rows}`);
}
