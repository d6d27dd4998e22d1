/** Lays a share of the snapshot's features out by segment, block by block. */
import { OUTSIDE } from '../../domain/slices/segment-table.js';
import { readColumnFile } from '../column-file.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN, explainValue } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { identifier, list, literal, statement } from '../duckdb/sql-file.js';
import { featureExpression } from '../onnx/feature-expression.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { LayoutWriter, type SectionItems, allocateItems, sectionsOf } from './layout-file.js';

export interface LayoutJob {
  readonly snapshot: string;
  /** Column file with the segment codes, and the column in it. */
  readonly codes: string;
  readonly column: string;
  /** Number of segments. */
  readonly segments: number;
  readonly features: readonly FeatureColumn[];
  /** Whose features they are, for messages: "late-flight version 2". */
  readonly title: string;
  /** Rows of the snapshot with from <= number < to. */
  readonly from: number;
  readonly to: number;
  /** File to write. Must not exist. */
  readonly output: string;
}

/** What a block in memory may take, in bytes: small beside the models, large enough that a task reads stretches and not rows. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/** Bytes of a feature of a row, about: 4 to 8 for numbers; of a text nobody knows. */
const FEATURE_BYTES = 8;

/** Rows of a block, where there are few features and where there are very many. */
const BLOCK_ROWS = { most: 131_072, fewest: 1_024 };

export async function writeLayout(job: LayoutJob): Promise<void> {
  const codes = readColumnFile(job.codes)[job.column];
  if (codes === undefined) throw new Error(`${job.codes} has no codes ${job.column}`);
  const sections = sectionsOf(job.features);
  const columns = sections.flatMap(({ element, columns: names }) => names.map((column) => ({ column, element })));
  const wanted = Math.floor(BLOCK_BYTES / (FEATURE_BYTES * Math.max(1, columns.length)));
  const blockRows = Math.min(job.to - job.from, BLOCK_ROWS.most, Math.max(BLOCK_ROWS.fewest, wanted));
  const writer = new LayoutWriter(job.output, job.segments, sections);
  let block = new OpenBlock(job, codes, job.from, blockRows);
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const query = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      features: list(columns.map(featureExpression)),
      table: await snapshotTable(database, job.snapshot),
      from: literal(job.from),
      to: literal(job.to),
    });
    try {
      await forEachChunk(database.connection, query, ([numbers, ...features], rows) => {
        for (let from = 0; from < rows;) {
          const to = Math.min(rows, from + block.missing);
          block.fill(numbers as Int32Array, features as readonly SectionItems[], from, to);
          from = to;
          if (block.missing > 0) continue;
          block.writeTo(writer);
          block = new OpenBlock(job, codes, block.to, blockRows, block);
        }
      });
    } catch (error) {
      throw explainValue(error, `the features of ${job.title}`);
    }
  });
  if (block.from !== job.to)
    throw new Error(`${job.snapshot} has no rows from ${block.from + block.filled} on, ${job.to} were expected`);
  writer.close();
}

/** Rows of one block on their way to their places in it. */
class OpenBlock {
  readonly to: number;
  filled = 0;
  private readonly starts: Int32Array;
  /** By row of the snapshot, from the block's first: its place in the block. */
  private readonly places: Int32Array;
  private readonly numbers: Int32Array;
  private readonly items: readonly SectionItems[];
  private readonly widths: readonly number[];

  /** @param before a full one, whose memory is used again */
  constructor(
    job: LayoutJob,
    codes: ArrayLike<number>,
    readonly from: number,
    rows: number,
    before?: OpenBlock,
  ) {
    this.to = Math.min(job.to, from + rows);
    const size = this.to - from;
    const sections = sectionsOf(job.features);
    this.widths = sections.map(({ columns }) => columns.length);
    this.starts = before?.starts.fill(0) ?? new Int32Array(job.segments + 1);
    const used = before?.numbers.length === size ? before : undefined;
    this.places = used?.places ?? new Int32Array(size);
    this.numbers = used?.numbers ?? new Int32Array(size);
    this.items =
      used?.items ?? sections.map(({ element }, index) => allocateItems(element, size * this.widths[index]!));
    this.sort(codes, job.segments);
  }

  get missing(): number {
    return this.to - this.from - this.filled;
  }

  fill(numbers: Int32Array, features: readonly SectionItems[], begin: number, end: number): void {
    const { places, from } = this;
    const first = from + this.filled;
    // Checked for every row: a row in another's place would get its prediction.
    for (let row = begin; row < end; row++) {
      const number = numbers[row]!;
      if (number !== first + row - begin) throw new Error(`row ${number} came where ${first + row - begin} should be`);
      this.numbers[places[number - from]!] = number;
    }
    let feature = 0;
    for (const [index, items] of this.items.entries()) {
      const width = this.widths[index]!;
      for (let column = 0; column < width; column++, feature++) {
        copyColumn(features[feature]!, items, begin, end, places, this.filled, width, column);
      }
    }
    this.filled += end - begin;
  }

  writeTo(writer: LayoutWriter): void {
    writer.add(this.numbers, this.starts, this.items);
  }

  /** A counting sort of the rows by segment, each segment's in their order. */
  private sort(codes: ArrayLike<number>, segments: number): void {
    const { starts, places, from, to } = this;
    for (let row = from; row < to; row++) {
      const code = codes[row]!;
      if (code <= OUTSIDE || code >= segments) throw new Error(`row ${row} is in no segment (${code} of ${segments})`);
      starts[code + 1]!++;
    }
    for (let segment = 0; segment < segments; segment++) starts[segment + 1]! += starts[segment]!;
    const next = starts.slice(0, segments);
    for (let row = from; row < to; row++) places[row - from] = next[codes[row]!]!++;
  }
}

/** A function of its own, so that it is compiled for each kind of array by itself. */
function copyColumn(
  source: SectionItems,
  target: SectionItems,
  begin: number,
  end: number,
  places: Int32Array,
  filled: number,
  width: number,
  column: number,
): void {
  for (let row = begin, place = filled; row < end; row++, place++)
    target[places[place]! * width + column] = source[row]!;
}
