/**
 * Segments of one binary model as counts and orders of labels, from columns that are read a piece at a time. The rows are gone
 * through once to count them, and then once for every {@link SORTED_ROWS} of them whose scores are put in order: a few bits a row are
 * kept, so that memory hardly depends on the number of rows.
 */
import { inPrecisionOf } from '../../domain/metrics/predictions.js';
import { nonFiniteRows } from '../../domain/metrics/rows.js';
import { LabelOrder, scoredWord } from '../../domain/statistics/label-order.js';
import { sortedWords } from '../../domain/statistics/radix-order.js';
import type { ColumnReader, NumericColumn } from '../column-file.js';
import type { Codes } from './codes.js';

export interface TalliedColumns {
  readonly rows: number;
  /** Of every row: 0, 1, or -1 where there is none. */
  readonly labels: Int8Array;
  /** `score` in single precision, or `class`. */
  readonly predictions: ColumnReader;
  /** Segments by number, or below 0 for none; null: all rows are in segment 0. */
  readonly codes: Codes | null;
  readonly segments: number;
  /** Scores from here on are positive. */
  readonly threshold: number;
}

export interface SegmentTally {
  readonly rows: number;
  readonly unlabelled: number;
  /** Of the labelled rows: by label (4) and predicted positive (2), as `BinaryCounts` has them. */
  readonly counts: readonly number[];
  /** Why no metric can use the scores, or null. */
  readonly problem: string | null;
  /** Null where there are no scores, or a problem with them. */
  readonly order: LabelOrder | null;
}

/** Rows of the columns that are in memory at once: what is read is used while it is in the cache. */
const PIECE_ROWS = 65_536;
/** Rows whose scores are sorted at once, 4 bytes each and as much again to sort them. More take another pass over the columns, of 5 ns a row. */
const SORTED_ROWS = 4_194_304;
/** Scores are told apart by so many upper bits where a segment is sorted a range at a time. */
const RANGE_BITS = 16;
const RANGES = 1 << RANGE_BITS;
const RANGE_SHIFT = 32 - RANGE_BITS;
const CELLS = 8;

/**
 * Calls `visit` for every segment, in order.
 * @param sortedRows for tests
 * @returns false, and calls nothing, where a score is below 0: such scores do not fit into the words that are sorted
 */
export function tallySegments(
  columns: TalliedColumns,
  visit: (tally: SegmentTally, segment: number) => void,
  sortedRows = SORTED_ROWS,
): boolean {
  const scan = new Scan(columns);
  const counted = new Counted(columns.segments);
  if (!scan.hasScores) {
    scan.forEach((piece) => countClasses(piece, counted));
    for (let segment = 0; segment < columns.segments; segment++) visit(counted.tallyOf(segment, null), segment);
    return true;
  }
  scan.forEach((piece) => countScores(piece, inPrecisionOf(piece.values, columns.threshold), counted));
  if (counted.hasNegativeScore) return false;
  const orders = Array.from({ length: columns.segments }, (_, segment) =>
    counted.nonFinite[segment] === 0 ? new LabelOrder(counted.labelled(segment)) : null,
  );
  let visited = 0;
  for (const batch of batchesOf(scan, counted, sortedRows)) {
    sortBatch(scan, batch, orders);
    // Orders go as soon as they were used, and are a few bits a row until then.
    for (; visited < batch.done; visited++) {
      visit(counted.tallyOf(visited, orders[visited]!), visited);
      orders[visited] = null;
    }
  }
  return true;
}

/** Segments with first <= number < end, and of their rows those whose words are from <= word < to. */
interface Batch {
  readonly first: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
  /** Rows, in order of the segments. */
  readonly sizes: readonly number[];
  /** How many segments have all of their rows in order after it. */
  readonly done: number;
}

/** A few segments at once or, of one that is too large for that, a range of its scores at a time from the lowest on. */
function batchesOf(scan: Scan, counted: Counted, sortedRows: number): Batch[] {
  const segments = counted.rows.length;
  const sizes = Array.from({ length: segments }, (_, segment) => counted.labelled(segment));
  const ranges = rangesOf(scan, sizes, sortedRows);
  const batches: Batch[] = [];
  for (let first = 0; first < segments;) {
    const ofOne = ranges.get(first);
    if (ofOne === undefined) {
      let end = first;
      for (let rows = 0; end < segments && rows + sizes[end]! <= sortedRows; end++) rows += sizes[end]!;
      batches.push({ first, end, from: 0, to: 2 ** 32, sizes: sizes.slice(first, end), done: end });
      first = end;
      continue;
    }
    for (let from = 0; from < RANGES;) {
      let to = from;
      let rows = 0;
      // A range of one upper half at least, however many rows have it.
      do rows += ofOne[to++]!;
      while (to < RANGES && rows + ofOne[to]! <= sortedRows);
      const done = to === RANGES ? first + 1 : first;
      batches.push({ first, end: first + 1, from: from * RANGES, to: to * RANGES, sizes: [rows], done });
      from = to;
    }
    first++;
  }
  return batches;
}

/** Of segments with more than so many rows: how many rows have each upper half of a word. */
function rangesOf(scan: Scan, sizes: readonly number[], sortedRows: number): ReadonlyMap<number, Uint32Array> {
  const ranges = new Map<number, Uint32Array>();
  for (const [segment, size] of sizes.entries()) if (size > sortedRows) ranges.set(segment, new Uint32Array(RANGES));
  if (ranges.size > 0) scan.forEach((piece) => countRanges(piece, ranges));
  return ranges;
}

function sortBatch(scan: Scan, batch: Batch, orders: readonly (LabelOrder | null)[]): void {
  const { first, end, sizes } = batch;
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const words = scan.wordsOf(rows);
  const next = new Int32Array(end - first);
  for (let index = 1; index < next.length; index++) next[index] = next[index - 1]! + sizes[index - 1]!;
  scan.forEach((piece) => collectWords(piece, batch, words, next));
  for (let index = 0; index < next.length; index++) {
    const order = orders[first + index];
    if (order === null || order === undefined) continue;
    const own = words.subarray(next[index]! - sizes[index]!, next[index]);
    order.add(sortedWords(own, scan.spareOf(own.length)));
  }
}

/** Rows from `from` on, as many as there are labels. */
interface Piece {
  readonly labels: Int8Array;
  readonly codes: NumericColumn;
  /** Scores, or classes. */
  readonly values: NumericColumn;
  /** Of the scores. */
  readonly bits: Uint32Array;
}

/** The columns, piece by piece, and the memory that is used again for each pass. */
class Scan {
  readonly hasScores: boolean;
  private readonly codes: NumericColumn;
  private readonly values: NumericColumn;
  private words = new Uint32Array(0);
  private spare = new Uint32Array(0);

  constructor(private readonly columns: TalliedColumns) {
    const { predictions, codes, rows } = columns;
    const size = Math.min(PIECE_ROWS, rows);
    this.hasScores = predictions.columns.has('score');
    this.values = predictions.allocate(this.name, size);
    this.codes = codes === null ? new Uint8Array(size) : codes.file.allocate(codes.column, size);
  }

  private get name(): string {
    return this.hasScores ? 'score' : 'class';
  }

  forEach(visit: (piece: Piece) => void): void {
    const { rows, predictions, codes } = this.columns;
    for (let from = 0; from < rows; from += PIECE_ROWS) {
      const size = Math.min(PIECE_ROWS, rows - from);
      const values = predictions.readInto(this.values.subarray(0, size), this.name, from);
      const own = this.codes.subarray(0, size);
      if (codes !== null) codes.file.readInto(own, codes.column, from);
      const bits = new Uint32Array(values.buffer, values.byteOffset, this.hasScores ? size : 0);
      visit({ labels: this.columns.labels.subarray(from, from + size), codes: own, values, bits });
    }
  }

  wordsOf(length: number): Uint32Array {
    if (this.words.length < length) this.words = new Uint32Array(length);
    return this.words;
  }

  spareOf(length: number): Uint32Array {
    if (this.spare.length < length) this.spare = new Uint32Array(length);
    return this.spare;
  }
}

/** What is counted of each segment. */
class Counted {
  readonly rows: Int32Array;
  /** Segment after segment. */
  readonly cells: Int32Array;
  readonly nonFinite: Int32Array;
  hasNegativeScore = false;

  constructor(segments: number) {
    this.rows = new Int32Array(segments);
    this.cells = new Int32Array(segments * CELLS);
    this.nonFinite = new Int32Array(segments);
  }

  labelled(segment: number): number {
    return this.countsOf(segment).reduce((sum, count) => sum + count, 0);
  }

  tallyOf(segment: number, order: LabelOrder | null): SegmentTally {
    const rows = this.rows[segment]!;
    return {
      rows,
      unlabelled: rows - this.labelled(segment),
      counts: [...this.countsOf(segment)],
      problem: nonFiniteRows(this.nonFinite[segment]!, 'score'),
      order,
    };
  }

  private countsOf(segment: number): Int32Array {
    return this.cells.subarray(segment * CELLS, (segment + 1) * CELLS);
  }
}

// The loops over rows are functions of their own, so that each is compiled for the kinds of arrays that it gets.

function countClasses({ labels, codes, values }: Piece, { rows, cells }: Counted): void {
  for (let row = 0; row < labels.length; row++) {
    const code = codes[row]!;
    if (code < 0) continue;
    rows[code]!++;
    const label = labels[row]!;
    if (label >= 0) cells[CELLS * code + 4 * label + (values[row] === 1 ? 2 : 0)]!++;
  }
}

function countScores({ labels, codes, values }: Piece, threshold: number, counted: Counted): void {
  const { rows, cells, nonFinite } = counted;
  let isNegative = false;
  for (let row = 0; row < labels.length; row++) {
    const code = codes[row]!;
    if (code < 0) continue;
    rows[code]!++;
    const label = labels[row]!;
    if (label < 0) continue;
    const score = values[row]!;
    cells[CELLS * code + 4 * label + (score >= threshold ? 2 : 0)]!++;
    // Of what is not finite, nothing is 0.
    if (score - score !== 0) nonFinite[code]!++;
    else if (score < 0) isNegative = true;
  }
  if (isNegative) counted.hasNegativeScore = true;
}

function countRanges({ labels, codes, bits }: Piece, ranges: ReadonlyMap<number, Uint32Array>): void {
  for (const [segment, counts] of ranges) {
    for (let row = 0; row < labels.length; row++) {
      if (codes[row] !== segment || labels[row]! < 0) continue;
      counts[scoredWord(bits[row]!, 0) >>> RANGE_SHIFT]!++;
    }
  }
}

function collectWords(
  { labels, codes, bits }: Piece,
  { first, end, from, to }: Batch,
  words: Uint32Array,
  next: Int32Array,
): void {
  for (let row = 0; row < labels.length; row++) {
    const code = codes[row]!;
    const label = labels[row]!;
    if (code < first || code >= end || label < 0) continue;
    const word = scoredWord(bits[row]!, label);
    if (word < from || word >= to) continue;
    words[next[code - first]!++] = word;
  }
}
