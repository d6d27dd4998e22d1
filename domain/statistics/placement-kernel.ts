/** Placements of many rows, in a kernel of WebAssembly: the same bits as `delong.ts` gives row by row, in a third of the time. */
import type { Placements, Variance } from './delong.js';
import { PlacementSums } from './placement-sums.js';
import { DIGITS, MOST_DIGIT_BITS, ROWS_AT, SPAN_AT } from './placements-bytes.js';

const WORD_BYTES = 8;
/** Of a score, and of a placement. */
const NUMBER_BYTES = 4;
const COUNTER_BYTES = 4;
const KEY_BITS = 32;
const LARGEST_KEY = 0xffffffff;

/** The rows of one set of labels, for the scores of any number of models. */
export class PlacementKernel {
  private readonly sums: PlacementSums;
  // Addresses. The scores are where the placements come to be, which are as long: they are not needed any more then.
  private readonly labelsAt = ROWS_AT;
  private readonly numbersAt: number;
  private readonly wordsAt: number;
  private readonly spareAt: number;

  /** @param labels n times 0 or 1, both of them present, n at most what `suitsKernel` allows */
  constructor(private readonly labels: Uint8Array) {
    const n = labels.length;
    this.numbersAt = aligned(this.labelsAt + n);
    this.wordsAt = aligned(this.numbersAt + n * NUMBER_BYTES);
    this.spareAt = this.wordsAt + n * WORD_BYTES;
    let positives = 0;
    for (let row = 0; row < n; row++) positives += labels[row]!;
    this.sums = new PlacementSums(positives, n - positives, this.spareAt + n * WORD_BYTES - ROWS_AT);
    new Uint8Array(this.sums.buffer, this.labelsAt, n).set(labels);
  }

  /** As `placements` of `delong.ts` does. */
  placements(scores: Float32Array): Placements {
    const { sums, labels, numbersAt } = this;
    const { kernel } = sums;
    const words = this.sorted(scores);
    const area = sums.area(words, WORD_BYTES, (stop, end) => kernel.wins(stop, end));
    const variance = sums.variance(area.auc, (ofNegatives, ofPositives) =>
      sums.walk(words, WORD_BYTES, (stop, end) =>
        kernel.place(stop, end, numbersAt, area.auc, ofNegatives, ofPositives),
      ),
    );
    return { ...area, labels, twice: new Uint32Array(sums.buffer, numbersAt, labels.length).slice(), variance };
  }

  /** As `aucDifferenceVariance` of `delong.ts` does. */
  differenceVariance(first: Placements, second: Placements): Variance {
    const { sums, wordsAt, spareAt, labelsAt } = this;
    const mean = first.auc - second.auc;
    new Uint32Array(sums.buffer, wordsAt, sums.rows).set(first.twice);
    new Uint32Array(sums.buffer, spareAt, sums.rows).set(second.twice);
    return sums.variance(mean, (ofNegatives, ofPositives) =>
      sums.forEachPiece((from, to) => {
        const at = (row: number) => row * NUMBER_BYTES;
        const [a, end, b] = [wordsAt + at(from), wordsAt + at(to), spareAt + at(from)];
        sums.kernel.compare(a, end, b, labelsAt + from, mean, ofNegatives, ofPositives);
      }),
    );
  }

  /** @returns where the words of the rows are, in ascending order of their scores */
  private sorted(scores: Float32Array): number {
    const { sums, numbersAt, labelsAt } = this;
    const { kernel } = sums;
    const { least, most } = this.span(scores);
    // The fewer bits the less memory is written to at once, and the more of it stays in the cache.
    const bits = Math.max(1, Math.ceil((KEY_BITS - Math.clz32(most - least)) / DIGITS));
    const values = 1 << bits;
    const counters = new Uint32Array(sums.buffer, 0, DIGITS << MOST_DIGIT_BITS).fill(0);
    let [words, spare] = [this.wordsAt, this.spareAt];
    sums.forEachPiece((from, to) => {
      const [at, end] = [numbersAt + from * NUMBER_BYTES, numbersAt + to * NUMBER_BYTES];
      kernel.pack(at, end, 2 * from, labelsAt + from, words + from * WORD_BYTES, least, bits);
    });
    for (let digit = 0; digit < DIGITS; digit++) {
      const first = digit << MOST_DIGIT_BITS;
      toPlaces(counters.subarray(first, first + values));
      sums.forEachPiece((from, to) => {
        const [at, end] = [words + from * WORD_BYTES, words + to * WORD_BYTES];
        kernel.sort(at, end, spare, first * COUNTER_BYTES, digit * bits, values - 1);
      });
      [words, spare] = [spare, words];
    }
    return words;
  }

  /** Of the keys that the scores sort by. */
  private span(scores: Float32Array): { readonly least: number; readonly most: number } {
    const { sums, numbersAt } = this;
    new Float32Array(sums.buffer, numbersAt, scores.length).set(scores);
    const span = new Uint32Array(sums.buffer, SPAN_AT, 2);
    span.set([LARGEST_KEY, 0]);
    sums.forEachPiece((from, to) => sums.kernel.span(numbersAt + from * NUMBER_BYTES, numbersAt + to * NUMBER_BYTES));
    return { least: span[0]!, most: span[1]! };
  }
}

function aligned(address: number): number {
  return Math.ceil(address / WORD_BYTES) * WORD_BYTES;
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
