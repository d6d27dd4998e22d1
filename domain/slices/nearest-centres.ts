/** Many rows into their clusters at once: what `nearestCentre` says of each, from columns and without an object per row. */
import { type KernelMemory, openKernel } from '../kernel.js';
import type { ClusterModel } from './clusters.js';
import { KERNEL_BASE64, ROWS_AT_ONCE } from './nearest-centres-bytes.js';

export type FloatColumn = Float32Array | Float64Array;

/** Rows whose standardised features are in memory at once: with a dozen features they fit into the first-level cache. */
const PIECE_ROWS = 256;

const SINGLE = Float32Array.BYTES_PER_ELEMENT;
const DOUBLE = Float64Array.BYTES_PER_ELEMENT;
const CODE = Int32Array.BYTES_PER_ELEMENT;

/** Addresses are in bytes; see `scripts/nearest-centres-kernel.js`. */
interface Functions {
  standardise(from: number, to: number, pairs: number, mean: number, scale: number): void;
  nearest(
    points: number,
    featureBytes: number,
    features: number,
    centres: number,
    clusters: number,
    codes: number,
    groups: number,
  ): void;
}

/**
 * Works through a piece of rows in a kernel of WebAssembly, four rows at once. Each row's own sum goes through its features in their order,
 * so it has the bits that it has by itself.
 */
export class NearestCentres {
  /** The code of rows that miss a feature: the first after the clusters'. */
  readonly missing: number;
  private readonly mean: readonly number[];
  private readonly scale: readonly number[];
  private readonly kernel: Functions & KernelMemory;
  // All of these are in the kernel's memory.
  /** {@link PIECE_ROWS} of each feature, standardised. */
  private readonly points: Float64Array;
  /** Centre by centre. */
  private readonly centres: Float64Array;
  /** One feature, as it comes. */
  private readonly singles: Float32Array;
  /** What is found. */
  private readonly codes: Int32Array;

  constructor({ centres, mean, scale }: ClusterModel) {
    this.missing = centres.length;
    this.mean = mean;
    this.scale = scale;
    const points = PIECE_ROWS * mean.length;
    const numbers = centres.flat();
    const centresAt = points * DOUBLE;
    const singlesAt = centresAt + numbers.length * DOUBLE;
    const codesAt = singlesAt + PIECE_ROWS * SINGLE;
    this.kernel = openKernel(KERNEL_BASE64, codesAt + PIECE_ROWS * CODE) as Functions & KernelMemory;
    const { buffer } = this.kernel.memory;
    this.points = new Float64Array(buffer, 0, points);
    this.centres = new Float64Array(buffer, centresAt, numbers.length);
    this.singles = new Float32Array(buffer, singlesAt, PIECE_ROWS);
    this.codes = new Int32Array(buffer, codesAt, PIECE_ROWS);
    this.centres.set(numbers);
  }

  /**
   * @param columns by feature of the model; rows `from` <= row < `to` of them count. What is not finite is missing
   * @param codes gets the rows' clusters, the first one at `at`
   */
  assign(columns: readonly FloatColumn[], from: number, to: number, codes: Int32Array, at: number): void {
    for (let begin = from; begin < to; begin += PIECE_ROWS) {
      const end = Math.min(to, begin + PIECE_ROWS);
      const place = at + begin - from;
      for (const [feature, column] of columns.entries()) this.standardise(column, feature, begin, end);
      this.findNearest(end - begin);
      codes.set(this.codes.subarray(0, end - begin), place);
      for (let row = begin; row < end; row++) {
        // Numbers so large that their squares are not: as near to one centre as to any other.
        if (codes[place + row - begin] === this.missing && isComplete(columns, row)) codes[place + row - begin] = 0;
      }
    }
  }

  private standardise(column: FloatColumn, feature: number, begin: number, end: number): void {
    const [mean, scale] = [this.mean[feature]!, this.scale[feature]!];
    const place = feature * PIECE_ROWS;
    if (column instanceof Float32Array) {
      this.singles.set(column.subarray(begin, end));
      const to = this.points.byteOffset + place * DOUBLE;
      this.kernel.standardise(this.singles.byteOffset, to, Math.ceil((end - begin) / 2), mean, scale);
    } else standardiseDoubles(column, begin, end, mean, scale, this.points, place);
  }

  /** Of rows beyond these, up to a whole group of the kernel's, what was there before is gone through once more. */
  private findNearest(rows: number): void {
    const { kernel, points, centres, codes } = this;
    kernel.nearest(
      points.byteOffset,
      PIECE_ROWS * DOUBLE,
      this.mean.length,
      centres.byteOffset,
      this.missing,
      codes.byteOffset,
      Math.ceil(rows / ROWS_AT_ONCE),
    );
  }
}

function standardiseDoubles(
  column: Float64Array,
  begin: number,
  end: number,
  mean: number,
  scale: number,
  points: Float64Array,
  place: number,
): void {
  for (let row = begin, to = place; row < end; row++, to++) points[to] = (column[row]! - mean) / scale;
}

function isComplete(columns: readonly FloatColumn[], row: number): boolean {
  return columns.every((column) => Number.isFinite(column[row]));
}
