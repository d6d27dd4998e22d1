/** Features of a range of rows, piece by piece, from a layout or from the snapshot itself. */
import { ENOUGH, forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { identifier, list, literal, statement } from '../duckdb/sql-file.js';
import { LayoutReader, type SectionItems } from '../layout/layout-file.js';
import { type Layout, type Stretch, stretchesOf } from '../layout/layout-range.js';
import { featureExpression } from './feature-expression.js';
import type { FeatureColumn } from './signature.js';

/** A position is a row's place in the layout, or its number in the snapshot. */
export type FeatureSource = { readonly snapshot: string } | { readonly layout: Layout };

/** One column of a piece: the value of its row r is `items[offset + r * stride]`. */
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

/** Calls `visit` for each piece until it returns {@link ENOUGH}. A piece is valid only until then. The same range gives the same rows in the same order. */
export async function forEachPiece(
  source: FeatureSource,
  columns: readonly FeatureColumn[],
  range: RowRange,
  visit: (piece: Piece) => Promise<typeof ENOUGH | undefined>,
): Promise<void> {
  if ('snapshot' in source) return fromSnapshot(source.snapshot, columns, range, visit);
  await withStretches(source.layout, range, async (stretches) => {
    for (const stretch of stretches) {
      for (let from = stretch.from; from < stretch.to; from += PIECE_ROWS) {
        const to = Math.min(stretch.to, from + PIECE_ROWS);
        if ((await visit(pieceOf({ ...stretch, from, to }, columns))) === ENOUGH) return;
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
  await withStretches(source.layout, range, async (stretches) => {
    for (const stretch of stretches) {
      const found = stretch.reader.numbers(stretch.block, stretch.from, stretch.to);
      numbers.set(found, at);
      at += found.length;
    }
    return Promise.resolve();
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
    const query = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      features: list(columns.map(featureExpression)),
      table: await snapshotTable(database, snapshot),
      from: literal(from + skip),
      to: literal(to),
    });
    let next = from + skip;
    await forEachChunk(database.connection, query, ([numbers, ...features], rows) => {
      for (let row = 0; row < rows; row++, next++)
        if (numbers![row] !== next)
          throw new Error(`${snapshot} has row ${String(numbers![row])} where ${next} should be`);
      const whole = features.map((items) => ({ items: items as SectionItems, offset: 0, stride: 1 }));
      return visit({ rows, numbers: numbers as Int32Array, columns: whole });
    });
  });
}

async function withStretches(
  { files, starts }: Layout,
  { from, to, skip }: RowRange,
  use: (stretches: readonly Stretch[]) => Promise<void>,
): Promise<void> {
  const readers: LayoutReader[] = [];
  try {
    for (const file of files) readers.push(LayoutReader.open(file));
    let left = skip;
    await use(
      stretchesOf(readers, starts, from, to).flatMap((stretch) => {
        const skipped = Math.min(left, stretch.to - stretch.from);
        left -= skipped;
        return skipped === stretch.to - stretch.from ? [] : [{ ...stretch, from: stretch.from + skipped }];
      }),
    );
  } finally {
    for (const reader of readers) reader.close();
  }
}

function pieceOf({ reader, block, from, to }: Stretch, wanted: readonly FeatureColumn[]): Piece {
  const read = new Map<number, SectionItems>();
  const columns = wanted.map(({ column, element }): PieceColumn => {
    const section = reader.sections.findIndex(
      (candidate) => candidate.element === element && candidate.columns.includes(column),
    );
    const found = reader.sections[section];
    if (found === undefined) throw new Error(`the layout has no ${element} column ${column}`);
    const items = read.get(section) ?? reader.items(block, section, from, to);
    read.set(section, items);
    return { items, offset: found.columns.indexOf(column), stride: found.columns.length };
  });
  return { rows: to - from, numbers: reader.numbers(block, from, to), columns };
}
