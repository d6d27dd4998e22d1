/**
 * What a file of columns is beside the values: Apache Arrow's IPC file format with one record batch, made from the number of rows alone. The
 * library's own writer wants all values in memory, and puts them together into a second copy there.
 */
// Of Arrow only what describes a file: with its readers and writers a process would take a fifth of a second longer to start.
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { Field, Schema } from 'apache-arrow/schema';
import { type DataType, Float32, Float64, Int32, Int8, Uint8 } from 'apache-arrow/type';

export type NumericColumn = Float64Array | Float32Array | Int32Array | Int8Array | Uint8Array;

export interface NumericType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumericColumn;
}

export interface ColumnFrame {
  /** Bytes before and after the values. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
  /** The byte of the file at which each column's values begin. */
  readonly offsets: Readonly<Record<string, number>>;
}

const MAGIC = Buffer.from('ARROW1', 'latin1');
/** Everything begins at a multiple of this many bytes. */
const ALIGNMENT = 8;
/** Before a message, and in place of one at the end: a mark and a length, both Int32. */
const PREFIX_BYTES = 8;
const CONTINUATION = -1;

/** @param metadata of the schema */
export function columnFrame(
  columns: Readonly<Record<string, NumericType>>,
  rows: number,
  metadata: ReadonlyMap<string, string>,
): ColumnFrame {
  const names = Object.keys(columns);
  const regions: BufferRegion[] = [];
  const begins: number[] = [];
  let body = 0;
  for (const name of names) {
    const bytes = aligned(rows * columns[name]!.BYTES_PER_ELEMENT);
    // No value is NULL, so that no bytes say which ones are.
    regions.push(new BufferRegion(body, 0), new BufferRegion(body, bytes));
    begins.push(body);
    body += bytes;
  }
  const nodes = names.map(() => new FieldNode(rows, 0));
  const batch = Message.encode(Message.from(new RecordBatch(rows, nodes, regions, null), body));
  const batchBytes = aligned(PREFIX_BYTES + batch.length);
  const start = aligned(MAGIC.length);
  const head = new Uint8Array(start + batchBytes);
  head.set(MAGIC);
  head.set(prefix(batchBytes - PREFIX_BYTES), start);
  head.set(batch, start + PREFIX_BYTES);
  const fields = names.map((name) => new Field(name, typeOf(columns[name]!), true));
  const schema = new Schema(fields, new Map(metadata));
  const footer = Footer.encode(new Footer(schema, undefined, [new FileBlock(batchBytes, body, start)], []));
  const length = new Uint8Array(Int32Array.BYTES_PER_ELEMENT);
  new DataView(length.buffer).setInt32(0, footer.length, true);
  const tail = Buffer.concat([prefix(0), footer, length, MAGIC]);
  return {
    head,
    tail,
    size: head.length + body + tail.length,
    offsets: Object.fromEntries(names.map((name, index) => [name, head.length + begins[index]!])),
  };
}

function typeOf(items: NumericType): DataType {
  const types = new Map<NumericType, DataType>([
    [Float64Array, new Float64()],
    [Float32Array, new Float32()],
    [Int32Array, new Int32()],
    [Int8Array, new Int8()],
    [Uint8Array, new Uint8()],
  ]);
  return types.get(items)!;
}

function prefix(length: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(PREFIX_BYTES));
  bytes.setInt32(0, CONTINUATION, true);
  bytes.setInt32(Int32Array.BYTES_PER_ELEMENT, length, true);
  return new Uint8Array(bytes.buffer);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
