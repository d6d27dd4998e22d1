/**
 * The AUC of one model and its variance from the order of the labels alone: which rows are positive, from the lowest score to
 * the highest, and which scores are equal. Two bits a row, where scores, row numbers and placements would be 12 bytes; and it
 * may be filled a range of scores at a time, so that no sort ever holds all rows.
 *
 * The same bits as `placements` gives: the sums are exact, and whole where they are of counts.
 */
import { type Area, PlacementSpread, type Variance, twoSampleVariance } from './delong.js';
import { PlacementSums, suitsKernel } from './placement-sums.js';
import { ROWS_AT } from './placements-bytes.js';

/** In an entry: the row is positive, and it scores as the row before it does. */
const POSITIVE = 1;
const TIED = 2;
const ENTRY = 3;
const PER_BYTE = 4;

/**
 * A row as a word that sorts as its score does, with the label in the lowest bit. The sign of a score from 0 up is the one bit
 * of a single that says nothing; -0 has it and is 0.
 * @param bits of a single >= 0
 * @param label 0 or 1
 */
export function scoredWord(bits: number, label: number): number {
  return ((bits << 1) | label) >>> 0;
}

export class LabelOrder {
  readonly #entries: Uint8Array;
  #rows = 0;
  #positives = 0;
  /** The score of the last row, as its word without the label; no word is -1. */
  #last = -1;
  /** Opened when it is first asked, by the area, and asked again by its variance. */
  #opened: PlacementSums | null = null;

  /** @param rows at most so many will come */
  constructor(rows: number) {
    this.#entries = new Uint8Array(Math.ceil(rows / PER_BYTE));
  }

  /** @param words as {@link scoredWord} makes them, ascending, none below those of a call before */
  add(words: Uint32Array): void {
    const entries = this.#entries;
    let last = this.#last;
    let row = this.#rows;
    let positives = 0;
    const { length } = words;
    for (let i = 0; i < length; i++, row++) {
      const word = words[i]!;
      const score = word >>> 1;
      const label = word & POSITIVE;
      const entry = score === last ? label | TIED : label;
      entries[row >>> 2]! |= entry << ((row & 3) << 1);
      positives += label;
      last = score;
    }
    this.#rows = row;
    this.#positives += positives;
    this.#last = last;
    this.#opened = null;
  }

  /** Both classes must be present. */
  area(): Area {
    const sums = this.#sums;
    if (sums !== null) return sums.area(0, 1, (stop, end) => sums.kernel.winsInOrder(stop, end, ROWS_AT));
    const positives = this.#positives;
    const negatives = this.#rows - positives;
    let wins = 0;
    this.#forEachScore((tiedPositives, _tiedNegatives, positivesPlace) => {
      wins += tiedPositives * positivesPlace;
    });
    return { auc: wins / (2 * positives * negatives), positives, negatives };
  }

  /** At least two rows of each class. */
  variance({ auc, positives, negatives }: Area): Variance {
    const sums = this.#sums;
    if (sums !== null)
      return sums.variance(auc, (ofNegatives, ofPositives) =>
        sums.walk(0, 1, (stop, end) => sums.kernel.spreadInOrder(stop, end, ROWS_AT, auc, ofNegatives, ofPositives)),
      );
    const ofPositives = new PlacementSpread(auc);
    const ofNegatives = new PlacementSpread(auc);
    this.#forEachScore((tiedPositives, tiedNegatives, positivesPlace, negativesPlace) => {
      ofPositives.addTimes(positivesPlace / (2 * negatives), tiedPositives);
      ofNegatives.addTimes(negativesPlace / (2 * positives), tiedNegatives);
    });
    return twoSampleVariance(ofPositives, ofNegatives);
  }

  /** The kernel, with the entries in its memory; null where there are too few of them for that, or too many. */
  get #sums(): PlacementSums | null {
    if (this.#opened !== null || !suitsKernel(this.#rows)) return this.#opened;
    const entries = this.#entries;
    const sums = new PlacementSums(this.#positives, this.#rows - this.#positives, entries.length);
    new Uint8Array(sums.buffer, ROWS_AT, entries.length).set(entries);
    this.#opened = sums;
    return sums;
  }

  /** From the lowest: how many rows of each class have the score, and twice how many of the other class they are placed above or below. */
  #forEachScore(
    visit: (positives: number, negatives: number, positivesPlace: number, negativesPlace: number) => void,
  ): void {
    const rows = this.#rows;
    let positivesAbove = this.#positives;
    let negativesBelow = 0;
    for (let row = 0; row < rows;) {
      let [positives, negatives] = [0, 0];
      do {
        if ((this.#entryAt(row++) & POSITIVE) === 0) negatives++;
        else positives++;
      } while (row < rows && (this.#entryAt(row) & TIED) !== 0);
      positivesAbove -= positives;
      visit(positives, negatives, 2 * negativesBelow + negatives, 2 * positivesAbove + positives);
      negativesBelow += negatives;
    }
  }

  #entryAt(row: number): number {
    return (this.#entries[row >>> 2]! >>> ((row & 3) << 1)) & ENTRY;
  }
}
