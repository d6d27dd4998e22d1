/**
 * Lays a share of the snapshot's features out by segment, block by block. Where the segments are clusters the rows are put into theirs on
 * the way: both need the same columns, and reading them once more would take as long as all the rest.
 */
import type { ClusterModel } from '../../domain/slices/clusters.js';
import { type FloatColumn, NearestCentres } from '../../domain/slices/nearest-centres.js';
import { ColumnReader, writeColumnAt } from '../column-file.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN, explainValue } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { type SqlFragment, identifier, list, literal, statement } from '../duckdb/sql-file.js';
import { type LabelColumn, type LabelSource, codedLabel, newLabels } from '../measures/labels.js';
import { handedFeature, requireHeld } from '../onnx/handed-feature.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { clusterColumns } from '../segments/cluster-columns.js';
import { type LaidOut, LayoutWriter, type SectionItems, sectionsOf } from './layout-file.js';
import { OpenBlock } from './open-block.js';

export interface LayoutJob {
  readonly snapshot: string;
  /** Column file with the segment codes. */
  readonly codes: string;
  readonly by: LayoutSegments;
  /** Labels are put into the file of codes on the way; `offset`: the byte of it at which that of row 0 belongs. Absent: they are there, or not kept. */
  readonly labels?: LabelSource & { readonly offset: number };
  /** Codes that there are, from 0. */
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

export type LayoutSegments =
  /** The column of codes. */
  | { readonly column: string }
  /** The rows' codes are made here, and put into the file of codes; `offset`: the byte of it at which that of row 0 belongs, as Int32. */
  | { readonly clusters: ClusterModel; readonly offset: number };

/** What a block in memory may take, in bytes: small beside the models, large enough that a task reads stretches and not rows. */
const BLOCK_BYTES = 8 * 1024 * 1024;

/** Bytes of a feature of a row, about: 4 to 8 for numbers; of a text nobody knows. */
const FEATURE_BYTES = 8;

/** Rows of a block, where there are few features and where there are very many. */
const BLOCK_ROWS = { most: 131_072, fewest: 1_024 };

export async function writeLayout(job: LayoutJob): Promise<LaidOut> {
  const { from, to, segments } = job;
  const sections = sectionsOf(job.features);
  const features = sections.flatMap(({ element, columns }) => columns.map((column) => ({ column, element })));
  const wanted = Math.floor(BLOCK_BYTES / (FEATURE_BYTES * Math.max(1, features.length)));
  const blockRows = Math.min(to - from, BLOCK_ROWS.most, Math.max(BLOCK_ROWS.fewest, wanted));
  const block = new OpenBlock(blockRows, segments, sections);
  const writer = new LayoutWriter(job.output, segments, sections);
  const codes = codesOf(job, blockRows);
  const labels = labelsOf(job, blockRows);
  let next = from;
  const finish = (): void => {
    const first = next - block.filled;
    labels?.writeBlock(first, next);
    block.writeTo(writer, first, codes.ofBlock(first, next));
  };
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const { table, types } = await snapshotTable(database, job.snapshot);
    const handed = features.map((feature) => handedFeature(feature, types.get(feature.column)));
    const points = 'column' in job.by ? [] : clusterColumns(types, job.by.clusters, handed);
    const sql = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      // What clusters want beside the model's own columns comes behind them.
      features: list([
        ...handed.map(({ expression }) => expression),
        ...points.flatMap(({ own }) => own ?? []),
        ...(labels === null ? [] : [labels.expression]),
      ]),
      table,
      from: literal(from),
      to: literal(to),
    });
    let behind = features.length;
    const places = points.map(({ shared, own }) => (own === null ? shared : behind++));
    try {
      await forEachChunk(database.connection, { sql, rows: to - from }, ([numbers, ...items], rows) => {
        // Checked for every row: a row in another's place would get its prediction.
        for (let row = 0; row < rows; row++)
          if (numbers![row] !== next + row) throw new Error(`row ${numbers![row]!} came where ${next + row} should be`);
        requireHeld(handed, items);
        const coordinates = places.map((place) => items[place] as FloatColumn);
        for (let begin = 0; begin < rows;) {
          const { filled } = block;
          const end = block.fill(items as readonly SectionItems[], begin, rows);
          codes.assign(coordinates, begin, end, filled);
          labels?.take(items.at(-1) as LabelColumn, begin, end, filled);
          next += end - begin;
          begin = end;
          if (block.filled === block.capacity) finish();
        }
      });
    } catch (error) {
      throw explainValue(error, `the features of ${job.title}`);
    }
  });
  if (block.filled > 0) finish();
  return writer.close();
}

/** Labels of the job's rows, on their way into the file of codes. */
interface Labels {
  /** The last of the query's columns. */
  readonly expression: SqlFragment;
  /** Of rows `from` <= row < `to` of a chunk; the first is at `at` in its block. */
  readonly take: (column: LabelColumn, from: number, to: number, at: number) => void;
  /** Of the rows `first` <= number < `end`, a whole block. */
  readonly writeBlock: (first: number, end: number) => void;
}

function labelsOf({ labels, codes: file }: LayoutJob, blockRows: number): Labels | null {
  if (labels === undefined) return null;
  const { column, coding, offset } = labels;
  const taken = newLabels(coding.task, blockRows);
  return {
    expression: codedLabel(column, coding),
    take: (items, from, to, at) => taken.set(items.subarray(from, to), at),
    writeBlock: (first, end) =>
      writeColumnAt(file, offset + first * taken.BYTES_PER_ELEMENT, taken.subarray(0, end - first)),
  };
}

/** Segment codes of the job's rows. */
interface Codes {
  /** Finds those of rows `from` <= row < `to` of a chunk, where they are not known yet; the first is at `at` in its block. */
  readonly assign: (columns: readonly FloatColumn[], from: number, to: number, at: number) => void;
  /** Of the rows `first` <= number < `end`, a whole block; those that were found are put into the file of codes. */
  readonly ofBlock: (first: number, end: number) => Int32Array;
}

function codesOf({ by, codes: file }: LayoutJob, blockRows: number): Codes {
  if ('column' in by) {
    const known = ColumnReader.with(file, (columns) => columns.read(by.column));
    if (!(known instanceof Int32Array)) throw new Error(`${file} has no codes ${by.column}`);
    return { assign: () => undefined, ofBlock: (first, end) => known.subarray(first, end) };
  }
  const centres = new NearestCentres(by.clusters);
  const found = new Int32Array(blockRows);
  return {
    assign: (columns, from, to, at) => centres.assign(columns, from, to, found, at),
    ofBlock: (first, end) => {
      const codes = found.subarray(0, end - first);
      writeColumnAt(file, by.offset + first * Int32Array.BYTES_PER_ELEMENT, codes);
      return codes;
    },
  };
}
