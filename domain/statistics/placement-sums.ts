/** What the kernel of placements adds up in its memory, and how it is gone through a piece of the rows at a time. */
import { type KernelMemory, openKernel } from '../kernel.js';
import { type Area, PlacementSpread, type Variance, twoSampleVariance } from './delong.js';
import { BINS_AT, CURSOR_AT, EXPONENTS, KERNEL_BASE64, ROWS_AT, SPREADS_AT, SPREAD_BYTES } from './placements-bytes.js';

/** With fewer rows, opening a kernel takes as long as doing without it: half a millisecond. */
const FEWEST_KERNEL_ROWS = 4096;

/** Rows beyond which a half of a sum might be rounded (as in `exact-sum.ts`). They also have to fit below 4 GiB, which is where addresses end. */
const MOST_KERNEL_ROWS = 2 ** 26;

/** Whether the kernel is for so many rows. */
export function suitsKernel(rows: number): boolean {
  return rows >= FEWEST_KERNEL_ROWS && rows <= MOST_KERNEL_ROWS;
}

/** Rows a call. V8 makes the code of a kernel fast while it runs, and the next call is the first to have it. */
const PIECE_ROWS = 65_536;

/** Addresses are in bytes; see `scripts/placements-kernel.js`. Those of rows are from the first to behind the last. */
interface Functions {
  span(scores: number, end: number): void;
  pack(scores: number, end: number, twiceRow: number, labels: number, words: number, least: number, bits: number): void;
  sort(words: number, end: number, to: number, places: number, shift: number, mask: number): void;
  wins(stop: number, end: number): number;
  place(stop: number, end: number, twice: number, mean: number, ofNegatives: number, ofPositives: number): void;
  winsInOrder(stop: number, end: number, entries: number): number;
  spreadInOrder(
    stop: number,
    end: number,
    entries: number,
    mean: number,
    ofNegatives: number,
    ofPositives: number,
  ): void;
  compare(
    first: number,
    end: number,
    second: number,
    labels: number,
    mean: number,
    ofNegatives: number,
    ofPositives: number,
  ): void;
}

/** A high and a low half for each exponent. */
const BINS = 2 * EXPONENTS;
/** Numbers from one spread to the next. */
const EXTREMES = SPREAD_BYTES / Float64Array.BYTES_PER_ELEMENT;

export class PlacementSums {
  readonly kernel: Functions & KernelMemory;
  // All of these are in the kernel's memory, which does not grow any more.
  private readonly cursor: Uint32Array;
  /** Of positive rows, then of negative ones. */
  private readonly extremes: Float64Array;
  private readonly bins: Float64Array;

  /**
   * Both classes must be present, with rows that {@link suitsKernel} allows at most.
   * @param bytes of memory for rows, at {@link ROWS_AT}
   */
  constructor(
    readonly positives: number,
    readonly negatives: number,
    bytes: number,
  ) {
    this.kernel = openKernel(KERNEL_BASE64, ROWS_AT + bytes) as Functions & KernelMemory;
    this.cursor = new Uint32Array(this.buffer, CURSOR_AT, 3);
    this.extremes = new Float64Array(this.buffer, SPREADS_AT, 2 * EXTREMES);
    this.bins = new Float64Array(this.buffer, BINS_AT, 2 * BINS);
  }

  get rows(): number {
    return this.positives + this.negatives;
  }

  get buffer(): ArrayBuffer {
    return this.kernel.memory.buffer;
  }

  /** @param visit rows with from <= number < to */
  forEachPiece(visit: (from: number, to: number) => void): void {
    for (let from = 0; from < this.rows; from += PIECE_ROWS) visit(from, Math.min(this.rows, from + PIECE_ROWS));
  }

  /**
   * Goes through rows in the order of their scores.
   * @param first where the first row is, and `step` from there the next one
   * @param visit goes from the cursor on to `stop`, and on to the end of the rows that score alike
   */
  walk(first: number, step: number, visit: (stop: number, end: number) => void): void {
    const { cursor } = this;
    cursor[0] = first;
    cursor[1] = this.positives;
    cursor[2] = 0;
    const end = first + this.rows * step;
    while (cursor[0] < end) visit(Math.min(end, cursor[0] + PIECE_ROWS * step), end);
  }

  /**
   * @param first as {@link walk} takes it, with `step`
   * @param winsOf twice the placements of the positive rows; whole, so no order of adding them up changes a bit
   */
  area(first: number, step: number, winsOf: (stop: number, end: number) => number): Area {
    const { positives, negatives } = this;
    let wins = 0;
    this.walk(first, step, (stop, end) => {
      wins += winsOf(stop, end);
    });
    return { auc: wins / (2 * positives * negatives), positives, negatives };
  }

  /** @param add adds the rows to the spread around the mean, given twice the rows of either class */
  variance(mean: number, add: (ofNegatives: number, ofPositives: number) => void): Variance {
    for (const place of [0, EXTREMES]) {
      this.extremes[place] = Infinity;
      this.extremes[place + 1] = -Infinity;
      this.extremes[place + 2] = 0;
    }
    this.bins.fill(0);
    add(2 * this.negatives, 2 * this.positives);
    return twoSampleVariance(this.spreadOf(0, this.positives, mean), this.spreadOf(1, this.negatives, mean));
  }

  private spreadOf(place: number, count: number, mean: number): PlacementSpread {
    const { extremes, bins } = this;
    const at = place * EXTREMES;
    const squares = bins.subarray(place * BINS, (place + 1) * BINS);
    const spread = new PlacementSpread(mean);
    spread.addAll({ count, min: extremes[at]!, max: extremes[at + 1]!, farthest: extremes[at + 2]!, squares });
    return spread;
  }
}
