/** Makes one column file out of what a task inferred in parts, and of the rows that it could not infer. */
import { type NumericColumn, writeColumnFile } from '../column-file.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN } from '../duckdb/database.js';
import { identifier, literal, parquetFile, statement } from '../duckdb/sql-file.js';
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
  /** Parquet file that tells the rows of a range, and the column in it that ranges refer to. */
  readonly parquet: string;
  readonly positionColumn: string;
  /** Rows of the parts and the ranges together. */
  readonly rows: number;
  readonly output: string;
}

/** @throws Error when parts and ranges have another number of rows than the task */
export async function joinPredictions(job: JoinJob): Promise<void> {
  const joined = new PredictionParts(job.rows);
  const rowNumbers = new Int32Array(job.rows);
  let at = 0;
  for (const part of job.parts) {
    const places = joined.add(part, (rows) => {
      if (at + rows.length > job.rows) throw wrongNumber(job, at + rows.length);
      rowNumbers.set(rows, at);
      return Int32Array.from(rows, (_row, index) => at + index);
    });
    at += places.length;
  }
  const reasons = [...new Set(job.unpredicted.map(({ reason }) => reason))];
  const absent = new Int32Array(job.rows);
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    for (const { from, to, reason } of job.unpredicted) {
      if (at + to - from > job.rows) throw wrongNumber(job, at + to - from);
      const begin = at;
      const query = statement('infer/row-numbers', {
        row: identifier(ROW_COLUMN),
        parquet: parquetFile(job.parquet),
        position: identifier(job.positionColumn),
        from: literal(from),
        to: literal(to),
      });
      await forEachChunk(database.connection, query, ([numbers], rows) => {
        rowNumbers.set((numbers as Int32Array).subarray(0, rows), at);
        at += rows;
      });
      absent.fill(reasons.indexOf(reason) + 1, begin, at);
    }
  });
  if (at !== job.rows) throw wrongNumber(job, at);
  const columns: Record<string, NumericColumn> = { row: rowNumbers, ...joined.columns };
  if (reasons.length > 0) columns[UNPREDICTED] = absent;
  writeColumnFile(job.output, columns, reasons);
}

function wrongNumber(job: JoinJob, rows: number): Error {
  return new Error(`${rows} rows were inferred or given up in a task of ${job.rows}`);
}
