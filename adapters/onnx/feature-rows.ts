/** Features of a range of rows, piece by piece, from a layout or from the snapshot itself. */
import { ascendingOrder, sortedWords } from '../../domain/statistics/radix-order.js';
import { ENOUGH, forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { identifier, list, literal, statement } from '../duckdb/sql-file.js';
import { LayoutReader, type SectionItems, allocateItems } from '../layout/layout-file.js';
import { type Layout, type Stretch, stretchesOf } from '../layout/layout-range.js';
import { handedFeature, requireHeld } from './handed-feature.js';
import type { ElementType, FeatureColumn } from './signature.js';

/** A position is a row's place in the layout, or its number in the snapshot. */
export type FeatureSource = { readonly snapshot: string } | { readonly layout: Layout };

/** One column of a piece: the value of its row r is `items[offset + r * stride]`, a float32 of the snapshot perhaps as a double that is not rounded yet. */
export interface PieceColumn {
  readonly items: SectionItems;
  readonly offset: number;
  readonly stride: number;
}

export interface Piece {
  readonly rows: number;
  /** Of the rows in the snapshot. */
  readonly numbers: Int32Array;
  /** As they were asked for. */
  readonly columns: readonly PieceColumn[];
}

/** Rows with `from` <= position < `to`, without the first `skip` of those that come. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly skip: number;
}

/** Rows that are read from a layout at once: as many as a batch takes, so that what is read is used while it is in the cache. */
const PIECE_ROWS = 16_384;

/**
 * Calls `visit` for each piece until it returns {@link ENOUGH}. A piece is valid only until then. The same range gives the same rows in the
 * same order.
 * @throws Error where the source has not all rows of the range
 */
export async function forEachPiece(
  source: FeatureSource,
  columns: readonly FeatureColumn[],
  range: RowRange,
  visit: (piece: Piece) => Promise<typeof ENOUGH | undefined>,
): Promise<void> {
  if ('snapshot' in source) return fromSnapshot(source.snapshot, columns, range, visit);
  let skipped = range.skip;
  await withStretches(source.layout, range, async (stretches) => {
    for (const stretch of stretches) {
      for (let from = stretch.from; from < stretch.to; from += PIECE_ROWS) {
        const to = Math.min(stretch.to, from + PIECE_ROWS);
        if (skipped >= to - from) {
          skipped -= to - from;
          continue;
        }
        // Put in order as a whole, so that what was skipped is what came first the other time.
        const piece = withoutFirst(skipped, pieceOf({ ...stretch, from, to }, columns));
        skipped = 0;
        if ((await visit(piece)) === ENOUGH) return;
      }
    }
  });
}

/** The numbers of the range's rows in the snapshot, in the order of {@link forEachPiece}. */
export async function rowNumbers(source: FeatureSource, range: RowRange): Promise<Int32Array> {
  const { from, to, skip } = range;
  const numbers = new Int32Array(to - from - skip);
  if ('snapshot' in source) return numbers.map((_number, index) => from + skip + index);
  let at = 0;
  await forEachPiece(source, [], range, async (piece) => {
    numbers.set(piece.numbers, at);
    at += piece.rows;
    return Promise.resolve(undefined);
  });
  return numbers;
}

async function fromSnapshot(
  snapshot: string,
  columns: readonly FeatureColumn[],
  { from, to, skip }: RowRange,
  visit: (piece: Piece) => Promise<typeof ENOUGH | undefined>,
): Promise<void> {
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const { table, types } = await snapshotTable(database, snapshot);
    const handed = columns.map((feature) => handedFeature(feature, types.get(feature.column)));
    const sql = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      features: list(handed.map(({ expression }) => expression)),
      table,
      from: literal(from + skip),
      to: literal(to),
    });
    let next = from + skip;
    await forEachChunk(database.connection, { sql, rows: to - next }, ([numbers, ...features], rows) => {
      for (let row = 0; row < rows; row++, next++)
        if (numbers![row] !== next)
          throw new Error(`${snapshot} has row ${String(numbers![row])} where ${next} should be`);
      requireHeld(handed, features);
      const whole = features.map((items) => ({ items: items as SectionItems, offset: 0, stride: 1 }));
      return visit({ rows, numbers: numbers as Int32Array, columns: whole });
    });
  });
}

async function withStretches(
  { files, starts }: Layout,
  { from, to }: RowRange,
  use: (stretches: readonly Stretch[]) => Promise<void>,
): Promise<void> {
  const readers: LayoutReader[] = [];
  try {
    for (const file of files) readers.push(LayoutReader.open(file));
    await use(stretchesOf(readers, starts, from, to));
  } finally {
    for (const reader of readers) reader.close();
  }
}

/**
 * Rows of several segments come in the order in which they are in the data, where neighbours are mostly alike: a tree ensemble goes the same
 * ways through its trees for them, and takes two thirds of the time.
 */
function pieceOf({ reader, block, from, to }: Stretch, wanted: readonly FeatureColumn[]): Piece {
  const numbers = reader.numbers(block, from, to);
  const order = ascendingPlaces(numbers);
  const read = new Map<number, SectionItems>();
  const columns = wanted.map(({ column, element }): PieceColumn => {
    const section = reader.sections.findIndex(
      (candidate) => candidate.element === element && candidate.columns.includes(column),
    );
    const found = reader.sections[section];
    if (found === undefined) throw new Error(`the layout has no ${element} column ${column}`);
    const stride = found.columns.length;
    const items = read.get(section) ?? inOrder(reader.items(block, section, from, to), element, stride, order);
    read.set(section, items);
    return { items, offset: found.columns.indexOf(column), stride };
  });
  return { rows: to - from, numbers: inOrder(numbers, 'int32', 1, order), columns };
}

/** The rows' places in the order of their numbers; null: they are in it. */
function ascendingPlaces(numbers: Int32Array): Uint32Array | null {
  const { length } = numbers;
  let row = 1;
  while (row < length && numbers[row - 1]! < numbers[row]!) row++;
  return row >= length ? null : (byPackedWords(numbers) ?? ascendingOrder(Float64Array.from(numbers)));
}

/** A block's numbers lie so close together that one word holds a number and its place, which takes a fifth of the time; null: they do not. */
function byPackedWords(numbers: Int32Array): Uint32Array | null {
  const { length } = numbers;
  const placeBits = WORD_BITS - Math.clz32(length - 1);
  let [least, most] = [numbers[0]!, numbers[0]!];
  for (let row = 1; row < length; row++) {
    const number = numbers[row]!;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  if ((most - least + 1) * 2 ** placeBits > 2 ** WORD_BITS) return null;
  const words = new Uint32Array(length);
  for (let row = 0; row < length; row++) words[row] = ((numbers[row]! - least) << placeBits) | row;
  const sorted = sortedWords(words, new Uint32Array(length));
  const mask = 2 ** placeBits - 1;
  for (let place = 0; place < length; place++) sorted[place] = sorted[place]! & mask;
  return sorted;
}

const WORD_BITS = 32;

function inOrder<Items extends SectionItems>(
  items: Items,
  element: ElementType,
  stride: number,
  order: Uint32Array | null,
): Items {
  if (order === null) return items;
  const sorted = allocateItems(element, items.length) as Items;
  copyRows(items, stride, order, sorted);
  return sorted;
}

/** A function of its own, so that it is compiled for each kind of array by itself. */
function copyRows(from: SectionItems, stride: number, order: Uint32Array, to: SectionItems): void {
  for (let row = 0, at = 0; row < order.length; row++) {
    const source = order[row]! * stride;
    for (let column = 0; column < stride; column++) to[at++] = from[source + column]!;
  }
}

function withoutFirst(count: number, { rows, numbers, columns }: Piece): Piece {
  if (count === 0) return { rows, numbers, columns };
  return {
    rows: rows - count,
    numbers: numbers.subarray(count),
    columns: columns.map((column) => ({ ...column, offset: column.offset + count * column.stride })),
  };
}
