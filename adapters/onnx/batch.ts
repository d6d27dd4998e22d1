/** One batch of rows on its way into a model: filled chunk by chunk, then handed to ONNX Runtime as tensors. */
import { Tensor } from 'onnxruntime-node';
import type { PieceColumn } from './feature-rows.js';
import type { ElementType, ModelSignature } from './signature.js';

type Buffer = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | string[];

/**
 * ONNX Runtime takes another path for a batch of one row, which differs in the last bits for linear models; smaller
 * batches are padded to this by repeating their last row, so that a row's score never depends on its batch.
 */
export const MIN_BATCH_ROWS = 16;

export class Batch {
  private readonly buffers: readonly Buffer[];
  private filled = 0;

  constructor(
    private readonly signature: ModelSignature,
    readonly capacity: number,
  ) {
    const { layout, features } = signature;
    this.buffers =
      layout === 'matrix'
        ? [allocate(features[0]?.element ?? 'float32', capacity * features.length)]
        : features.map((feature) => allocate(feature.element, capacity));
  }

  get rows(): number {
    return this.filled;
  }

  /**
   * Copies rows `from`..`to` of a piece; `columns[i]` holds the signature's i-th feature.
   */
  append(columns: readonly PieceColumn[], from: number, to: number): void {
    const { layout, features } = this.signature;
    const width = features.length;
    if (layout === 'matrix') {
      const target = this.buffers[0]!;
      if (!copyMatrix(columns, target, from, to, this.filled))
        for (let feature = 0; feature < width; feature++)
          copyColumn(columns[feature]!, target, from, to, this.filled * width + feature, width);
    } else {
      for (let feature = 0; feature < width; feature++)
        copyColumn(columns[feature]!, this.buffers[feature]!, from, to, this.filled, 1);
    }
    this.filled += to - from;
  }

  /** The batch as feeds, padded where the model or {@link MIN_BATCH_ROWS} wants more rows than it has. */
  feeds(): Record<string, Tensor> {
    const { signature, fedRows: rows } = this;
    this.pad(rows);
    if (signature.layout === 'matrix') {
      const width = signature.features.length;
      const element = signature.features[0]?.element ?? 'float32';
      return { [signature.input!]: tensor(element, this.buffers[0]!, rows * width, [rows, width]) };
    }
    return Object.fromEntries(
      signature.features.map(({ column, element }, index) => [
        column,
        tensor(element, this.buffers[index]!, rows, signature.flat.includes(column) ? [rows] : [rows, 1]),
      ]),
    );
  }

  /** Of a `matrix` of float32: what {@link feeds} would hold. Valid until rows are added. */
  matrix(): Float32Array {
    this.pad(this.fedRows);
    return this.buffers[0] as Float32Array;
  }

  /** Rows that {@link feeds} holds, with the padding. */
  get fedRows(): number {
    return Math.min(this.capacity, Math.max(this.filled, this.signature.fixedBatch ?? MIN_BATCH_ROWS));
  }

  clear(): void {
    this.filled = 0;
  }

  private pad(rows: number): void {
    if (this.filled === 0) return;
    const width = this.signature.layout === 'matrix' ? this.signature.features.length : 1;
    for (const buffer of this.buffers) {
      for (let at = this.filled * width; at < rows * width; at++) buffer[at] = buffer[at - width]!;
    }
  }
}

/** Columns that lie side by side just as the model wants them are copied as one. @returns whether they do */
function copyMatrix(
  columns: readonly PieceColumn[],
  target: Buffer,
  from: number,
  to: number,
  filled: number,
): boolean {
  const width = columns.length;
  const items = columns[0]?.items;
  if (items === undefined || Array.isArray(items) || Array.isArray(target)) return false;
  if (columns.some((column, index) => column.items !== items || column.stride !== width || column.offset !== index))
    return false;
  // Of one element type, as the columns of a matrix are; the types do not say so.
  (target as Float32Array).set(items.subarray(from * width, to * width) as Float32Array, filled * width);
  return true;
}

/** A function of its own, so that it is compiled for each kind of array by itself. */
function copyColumn(
  { items, offset, stride }: PieceColumn,
  target: Buffer,
  from: number,
  to: number,
  start: number,
  step: number,
): void {
  for (let row = from, source = offset + from * stride, at = start; row < to; row++, source += stride, at += step)
    target[at] = items[source]!;
}

function allocate(element: ElementType, length: number): Buffer {
  switch (element) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'bool':
      return new Uint8Array(length);
    case 'string':
      return new Array<string>(length).fill('');
  }
}

function tensor(element: ElementType, buffer: Buffer, length: number, shape: readonly number[]): Tensor {
  const data =
    buffer.length === length ? buffer : Array.isArray(buffer) ? buffer.slice(0, length) : buffer.subarray(0, length);
  return new Tensor(element, data, shape);
}
