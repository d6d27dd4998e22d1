/** Placements of many rows, in a kernel of WebAssembly: the same bits as `delong.ts` gives row by row, in a third of the time. */
import { type KernelMemory, openKernel } from '../kernel.js';
import { type Placements, PlacementSpread, type Variance, twoSampleVariance } from './delong.js';
import {
  BINS_AT,
  CURSOR_AT,
  DIGITS,
  EXPONENTS,
  KERNEL_BASE64,
  MOST_DIGIT_BITS,
  ROWS_AT,
  SPAN_AT,
  SPREADS_AT,
  SPREAD_BYTES,
} from './placements-bytes.js';

/** Rows beyond which a half of a sum might be rounded (as in `exact-sum.ts`). They also have to fit below 4 GiB, which is where addresses end. */
export const MOST_KERNEL_ROWS = 2 ** 26;

/** Rows a call. V8 makes the code of a kernel fast while it runs, and the next call is the first to have it. */
const PIECE_ROWS = 65_536;

/** Addresses are in bytes; see `scripts/placements-kernel.js`. Those of rows are from the first to behind the last. */
interface Functions {
  span(scores: number, end: number): void;
  pack(scores: number, end: number, twiceRow: number, labels: number, words: number, least: number, bits: number): void;
  sort(words: number, end: number, to: number, places: number, shift: number, mask: number): void;
  wins(stop: number, end: number): number;
  place(stop: number, end: number, twice: number, mean: number, ofNegatives: number, ofPositives: number): void;
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

const WORD_BYTES = 8;
/** Of a score, and of a placement. */
const NUMBER_BYTES = 4;
const KEY_BITS = 32;
const LARGEST_KEY = 0xffffffff;
const COUNTER_BYTES = Uint32Array.BYTES_PER_ELEMENT;
/** A high and a low half for each exponent. */
const BINS = 2 * EXPONENTS;

/** The rows of one set of labels, for the scores of any number of models. */
export class PlacementKernel {
  private readonly kernel: Functions & KernelMemory;
  private readonly positives: number;
  // Addresses. The scores are where the placements come to be, which are as long: they are not needed any more then.
  private readonly labelsAt = ROWS_AT;
  private readonly numbersAt: number;
  private readonly wordsAt: number;
  private readonly spareAt: number;

  /** @param labels n times 0 or 1, both of them present, n at most {@link MOST_KERNEL_ROWS} */
  constructor(private readonly labels: Uint8Array) {
    const n = labels.length;
    const words = n * WORD_BYTES;
    this.numbersAt = Math.ceil((this.labelsAt + n) / WORD_BYTES) * WORD_BYTES;
    this.wordsAt = Math.ceil((this.numbersAt + n * NUMBER_BYTES) / WORD_BYTES) * WORD_BYTES;
    this.spareAt = this.wordsAt + words;
    this.kernel = openKernel(KERNEL_BASE64, this.spareAt + words) as Functions & KernelMemory;
    new Uint8Array(this.buffer, this.labelsAt, n).set(labels);
    let positives = 0;
    for (let row = 0; row < n; row++) positives += labels[row]!;
    this.positives = positives;
  }

  /** As `placements` of `delong.ts` does. */
  placements(scores: Float32Array): Placements {
    const { kernel, labels, numbersAt, positives } = this;
    const n = labels.length;
    const negatives = n - positives;
    const words = this.sorted(scores);
    let wins = 0;
    this.walk(words, (stop, end) => (wins += kernel.wins(stop, end)));
    const auc = wins / (2 * positives * negatives);
    this.clearSpreads();
    this.walk(words, (stop, end) => kernel.place(stop, end, numbersAt, auc, 2 * negatives, 2 * positives));
    const twice = new Uint32Array(this.buffer, numbersAt, n).slice();
    return { auc, positives, negatives, labels, twice, variance: this.variance(auc) };
  }

  /** As `aucDifferenceVariance` of `delong.ts` does. */
  differenceVariance(first: Placements, second: Placements): Variance {
    const { kernel, wordsAt, spareAt, labelsAt, positives } = this;
    const n = this.labels.length;
    const mean = first.auc - second.auc;
    new Uint32Array(this.buffer, wordsAt, n).set(first.twice);
    new Uint32Array(this.buffer, spareAt, n).set(second.twice);
    this.clearSpreads();
    this.forEachPiece((from, to) => {
      const at = (row: number) => row * NUMBER_BYTES;
      const [a, end, b] = [wordsAt + at(from), wordsAt + at(to), spareAt + at(from)];
      kernel.compare(a, end, b, labelsAt + from, mean, 2 * (n - positives), 2 * positives);
    });
    return this.variance(mean);
  }

  private get buffer(): ArrayBuffer {
    return this.kernel.memory.buffer;
  }

  /** @param visit rows with from <= number < to */
  private forEachPiece(visit: (from: number, to: number) => void): void {
    const n = this.labels.length;
    for (let from = 0; from < n; from += PIECE_ROWS) visit(from, Math.min(n, from + PIECE_ROWS));
  }

  /** @param visit goes from the cursor on to this address, and on to the end of the rows that score alike */
  private walk(words: number, visit: (stop: number, end: number) => void): void {
    const cursor = new Uint32Array(this.buffer, CURSOR_AT, 3);
    cursor.set([words, this.positives, 0]);
    const end = words + this.labels.length * WORD_BYTES;
    while (cursor[0]! < end) visit(Math.min(end, cursor[0]! + PIECE_ROWS * WORD_BYTES), end);
  }

  /** @returns where the words of the rows are, in ascending order of their scores */
  private sorted(scores: Float32Array): number {
    const { kernel, numbersAt, labelsAt } = this;
    const { least, most } = this.span(scores);
    // The fewer bits the less memory is written to at once, and the more of it stays in the cache.
    const bits = Math.max(1, Math.ceil((KEY_BITS - Math.clz32(most - least)) / DIGITS));
    const values = 1 << bits;
    const counters = new Uint32Array(this.buffer, 0, DIGITS << MOST_DIGIT_BITS).fill(0);
    let [words, spare] = [this.wordsAt, this.spareAt];
    this.forEachPiece((from, to) => {
      const at = numbersAt + from * NUMBER_BYTES;
      const end = numbersAt + to * NUMBER_BYTES;
      kernel.pack(at, end, 2 * from, labelsAt + from, words + from * WORD_BYTES, least, bits);
    });
    for (let digit = 0; digit < DIGITS; digit++) {
      const first = digit << MOST_DIGIT_BITS;
      toPlaces(counters.subarray(first, first + values));
      this.forEachPiece((from, to) => {
        const [at, end] = [words + from * WORD_BYTES, words + to * WORD_BYTES];
        kernel.sort(at, end, spare, first * COUNTER_BYTES, digit * bits, values - 1);
      });
      [words, spare] = [spare, words];
    }
    return words;
  }

  /** Of the keys that the scores sort by. */
  private span(scores: Float32Array): { readonly least: number; readonly most: number } {
    const { kernel, numbersAt } = this;
    new Float32Array(this.buffer, numbersAt, scores.length).set(scores);
    const span = new Uint32Array(this.buffer, SPAN_AT, 2);
    span.set([LARGEST_KEY, 0]);
    this.forEachPiece((from, to) => kernel.span(numbersAt + from * NUMBER_BYTES, numbersAt + to * NUMBER_BYTES));
    return { least: span[0]!, most: span[1]! };
  }

  private clearSpreads(): void {
    for (const place of [0, 1]) {
      new Float64Array(this.buffer, SPREADS_AT + place * SPREAD_BYTES, 3).set([Infinity, -Infinity, 0]);
      this.binsOf(place).fill(0);
    }
  }

  private variance(mean: number): Variance {
    const spreadOf = (place: number, count: number): PlacementSpread => {
      const [min, max, farthest] = new Float64Array(this.buffer, SPREADS_AT + place * SPREAD_BYTES, 3);
      const spread = new PlacementSpread(mean);
      spread.addAll({ count, min: min!, max: max!, farthest: farthest!, squares: this.binsOf(place) });
      return spread;
    };
    return twoSampleVariance(spreadOf(0, this.positives), spreadOf(1, this.labels.length - this.positives));
  }

  private binsOf(place: number): Float64Array {
    return new Float64Array(this.buffer, BINS_AT + place * BINS * Float64Array.BYTES_PER_ELEMENT, BINS);
  }
}

/** From how many words have each value of a digit to the byte at which the first of them goes. */
function toPlaces(counts: Uint32Array): void {
  let next = 0;
  for (let value = 0; value < counts.length; value++) {
    const count = counts[value]!;
    counts[value] = next;
    next += count * WORD_BYTES;
  }
}
