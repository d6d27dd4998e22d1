/**
 * Columns of numbers in a file: Apache Arrow's IPC format, so that pandas, polars and R open it
 * (`pandas.read_feather`). One record batch, of which any rows of any column can be read without the others.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { Footer } from 'apache-arrow/ipc/metadata/file';
import { Message } from 'apache-arrow/ipc/metadata/message';
import { explainedSync } from './artifact-store/io-errors.js';
import { type NumericColumn, type NumericType, columnFrame } from './column-frame.js';

export type { NumericColumn } from './column-frame.js';

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
  const entries = Object.entries(columns);
  const rows = entries[0]?.[1].length ?? 0;
  for (const [name, { length }] of entries)
    if (length !== rows) throw new RangeError(`${path}: column ${name} has ${length} rows, others ${rows}`);
  const types = entries.map(([name, values]) => [name, values.constructor as NumericType] as const);
  const offsets = createColumnFile(path, Object.fromEntries(types), rows, notes);
  for (const [name, values] of entries) writeColumnAt(path, offsets[name]!, values);
}

/**
 * A new file of so many rows in which every value is 0 until {@link writeColumnAt} fills it in, for columns that are never in memory as a whole.
 *
 * @returns the byte of the file at which each column's values begin
 */
export function createColumnFile(
  path: string,
  columns: Readonly<Record<string, NumericType>>,
  rows: number,
  notes: readonly string[] = [],
): Readonly<Record<string, number>> {
  const metadata = new Map(notes.length === 0 ? [] : [[NOTES_KEY, JSON.stringify(notes)]]);
  const { head, tail, size, offsets } = columnFrame(columns, rows, metadata);
  writing(path, 'wx', (file) => {
    writeAll(file, head, 0);
    writeAll(file, tail, size - tail.length);
  });
  return offsets;
}

/** Fills in values of a column of a file that is there, from this byte on: where the column begins, and the values before them. */
export function writeColumnAt(path: string, at: number, values: NumericColumn): void {
  writing(path, 'r+', (file) =>
    writeAll(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at),
  );
}

function writing(path: string, flags: 'wx' | 'r+', write: (file: number) => void): void {
  explainedSync('write', path, () => {
    const file = openSync(path, flags);
    try {
      write(file);
    } finally {
      closeSync(file);
    }
  });
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

/** The notes that the file was written with. */
export function readColumnNotes(path: string): readonly string[] {
  return ColumnReader.with(path, ({ notes }) => notes);
}

/** All columns, each in memory of its own. */
export function readColumnFile(path: string): Readonly<Record<string, NumericColumn>> {
  return ColumnReader.with(path, (file) =>
    Object.fromEntries([...file.columns.keys()].map((name) => [name, file.read(name)])),
  );
}

interface StoredColumn {
  /** Byte of the file at which the values begin. */
  readonly begin: number;
  /** Room for so many values of it. */
  readonly allocate: (length: number) => NumericColumn;
}

/** At the end of the file: the footer's length as Int32, and "ARROW1". */
const TAIL_BYTES = 10;
/** Before a message: four bytes of mark, and its length as Int32. */
const PREFIX_BYTES = 8;

/** An open file, of which only what it says about its columns is in memory. */
export class ColumnReader {
  readonly columns: ReadonlyMap<string, StoredColumn>;
  readonly rows: number;
  readonly notes: readonly string[];

  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {
    const { schema, batch } = this.footer();
    const notes = schema.metadata.get(NOTES_KEY);
    this.notes = notes === undefined ? [] : (JSON.parse(notes) as readonly string[]);
    if (batch === null) {
      if (schema.fields.length > 0) throw new Error(`${path} has columns and no rows`);
      this.columns = new Map();
      this.rows = 0;
      return;
    }
    const metadata = this.bytes(batch.offset + PREFIX_BYTES, batch.metaDataLength - PREFIX_BYTES);
    const message = Message.decode(metadata);
    if (!message.isRecordBatch()) throw new Error(`${path}: what should be columns is something else`);
    const { length, buffers, nodes } = message.header();
    if (nodes.some(({ nullCount }) => nullCount > 0)) throw new Error(`${path} has NULLs`);
    this.rows = length;
    // Of each column there are two buffers: which values are NULL, and the values.
    this.columns = new Map(
      schema.fields.map(({ name, type }, index): [string, StoredColumn] => {
        const { ArrayType: Items } = type as { readonly ArrayType: new (length: number) => NumericColumn };
        const begin = batch.offset + batch.metaDataLength + buffers[2 * index + 1]!.offset;
        return [name, { begin, allocate: (size) => new Items(size) }];
      }),
    );
  }

  static open(path: string): ColumnReader {
    const file = openSync(path, 'r');
    try {
      return new ColumnReader(path, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  static with<T>(path: string, use: (file: ColumnReader) => T): T {
    const file = ColumnReader.open(path);
    try {
      return use(file);
    } finally {
      file.close();
    }
  }

  /** Rows with from <= row < to of one column. */
  read(name: string, from = 0, to = this.rows): NumericColumn {
    return this.readInto(this.allocate(name, to - from), name, from);
  }

  /** Room for values of the column, for {@link readInto}. */
  allocate(name: string, length: number): NumericColumn {
    return this.column(name).allocate(length);
  }

  /** Fills `items` with the column's values from row `from` on. */
  readInto<Items extends NumericColumn>(items: Items, name: string, from: number): Items {
    const { begin } = this.column(name);
    if (from < 0 || from + items.length > this.rows)
      throw new Error(`${this.path}: ${name} has no rows ${from} to ${from + items.length} of ${this.rows}`);
    this.fill(new Uint8Array(items.buffer, items.byteOffset, items.byteLength), begin + from * items.BYTES_PER_ELEMENT);
    return items;
  }

  close(): void {
    closeSync(this.file);
  }

  private column(name: string): StoredColumn {
    const column = this.columns.get(name);
    if (column === undefined) throw new Error(`${this.path} has no column ${name}`);
    return column;
  }

  /** What the columns are, and where the one batch of them lies; null: there are no columns. */
  private footer() {
    const { size } = fstatSync(this.file);
    const length = new DataView(this.bytes(size - TAIL_BYTES, TAIL_BYTES).buffer).getInt32(0, true);
    const footer = Footer.decode(this.bytes(size - TAIL_BYTES - length, length));
    if (footer.numRecordBatches > 1)
      throw new Error(`${this.path} has ${footer.numRecordBatches} batches instead of one`);
    return { schema: footer.schema, batch: footer.getRecordBatch(0) };
  }

  private bytes(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.fill(bytes, at);
    return bytes;
  }

  private fill(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      const read = readSync(this.file, bytes, done, bytes.length - done, at + done);
      if (read === 0) throw new Error(`${this.path} ends after ${at + done} bytes`);
      done += read;
    }
  }
}
