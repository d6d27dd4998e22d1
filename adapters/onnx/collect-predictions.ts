/** Puts the predictions of a run's tasks together: one per row, in the snapshot's row order. */
import { type NumericColumn, readColumnFile, writeColumnFile } from '../column-file.js';
import { throwIfStopped } from '../stop-flag.js';

export interface CollectJob {
  /** Column files of the tasks: `row` and the prediction columns. */
  readonly parts: readonly string[];
  readonly rows: number;
  readonly output: string;
}

/** @throws Error when the parts do not hold every row exactly once: a task would be missing or counted twice */
export function collectPredictions(job: CollectJob): void {
  const whole: Record<string, NumericColumn> = {};
  const seen = new Uint8Array(job.rows);
  let count = 0;
  for (const part of job.parts) {
    throwIfStopped();
    const { row: rows, ...columns } = readColumnFile(part);
    if (rows === undefined) throw new Error(`${part} has no row numbers`);
    for (const row of rows) {
      if (seen[row] !== 0) throw new Error(`row ${row} was inferred twice, the second time in ${part}`);
      seen[row] = 1;
      count++;
    }
    for (const [name, values] of Object.entries(columns)) {
      const target = (whole[name] ??= sameKind(values, job.rows));
      for (let index = 0; index < values.length; index++) target[rows[index]!] = values[index]!;
    }
  }
  if (count !== job.rows) throw new Error(`${count} of ${job.rows} rows were inferred`);
  writeColumnFile(job.output, whole);
}

function sameKind(values: NumericColumn, length: number): NumericColumn {
  if (values instanceof Float64Array) return new Float64Array(length);
  if (values instanceof Float32Array) return new Float32Array(length);
  if (values instanceof Int32Array) return new Int32Array(length);
  return new Uint8Array(length);
}
