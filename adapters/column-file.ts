/**
 * Columns of numbers in a file: Apache Arrow's IPC format, so that pandas, polars and R open it
 * (`pandas.read_feather`). One record batch, read without copying.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { Schema, Table, makeVector, tableFromIPC, tableToIPC } from 'apache-arrow';

export type NumericColumn = Float64Array | Float32Array | Int32Array | Uint8Array;

/** Under which key of Arrow's metadata the notes are, as a JSON array. */
const NOTES_KEY = 'segmentry.notes';

/**
 * Writes the columns, all of one length, to a file that does not exist yet. The same columns and notes give the same bytes.
 *
 * @param notes texts that numbers in a column stand for
 */
export function writeColumnFile(
  path: string,
  columns: Readonly<Record<string, NumericColumn>>,
  notes: readonly string[] = [],
): void {
  const vectors = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, makeVector(values)]));
  let table: Table = new Table(vectors);
  if (notes.length > 0) {
    const metadata = new Map([[NOTES_KEY, JSON.stringify(notes)]]);
    table = new Table(new Schema(table.schema.fields, metadata), table.batches);
  }
  writeFileSync(path, tableToIPC(table, 'file'), { flag: 'wx' });
}

/** The byte of the file at which each column's values begin, for whoever fills them in later. */
export function columnOffsets(path: string): Readonly<Record<string, number>> {
  const bytes = readFileSync(path);
  const table = tableFromIPC(bytes);
  return Object.fromEntries(
    table.schema.fields.map(({ name }) => {
      const values = table.getChild(name)!.data[0]!.values as NumericColumn;
      if (values.buffer !== bytes.buffer) throw new Error(`${path}: column ${name} was copied on reading`);
      return [name, values.byteOffset - bytes.byteOffset];
    }),
  );
}

/** Fills in values of a column of a file that is there, from this byte on: one of {@link columnOffsets} and the values before them. */
export function writeColumnAt(path: string, at: number, values: Int32Array): void {
  const file = openSync(path, 'r+');
  try {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done);
  } finally {
    closeSync(file);
  }
}

/** The notes that the file was written with. */
export function readColumnNotes(path: string): readonly string[] {
  const notes = tableFromIPC(readFileSync(path)).schema.metadata.get(NOTES_KEY);
  return notes === undefined ? [] : (JSON.parse(notes) as readonly string[]);
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
