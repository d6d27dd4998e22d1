/**
 * Columns of numbers in a file: Apache Arrow's IPC format, so that pandas, polars and R open it
 * (`pandas.read_feather`). One record batch, read without copying.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Table, makeVector, tableFromIPC, tableToIPC } from 'apache-arrow';

export type NumericColumn = Float64Array | Float32Array | Int32Array | Uint8Array;

/** Writes the columns, all of one length, to a file that does not exist yet. The same columns give the same bytes. */
export function writeColumnFile(path: string, columns: Readonly<Record<string, NumericColumn>>): void {
  const vectors = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, makeVector(values)]));
  writeFileSync(path, tableToIPC(new Table(vectors), 'file'), { flag: 'wx' });
}

export function readColumnFile(path: string): Readonly<Record<string, NumericColumn>> {
  const table = tableFromIPC(readFileSync(path));
  const columns: Record<string, NumericColumn> = {};
  for (const field of table.schema.fields) {
    const data = table.getChild(field.name)?.data ?? [];
    const [first] = data;
    if (first === undefined || data.length !== 1) throw new Error(`${path}: column ${field.name} is not one batch`);
    // Arrow pads its buffers to 8 bytes.
    columns[field.name] = (first.values as NumericColumn).subarray(first.offset, first.offset + first.length);
  }
  return columns;
}
