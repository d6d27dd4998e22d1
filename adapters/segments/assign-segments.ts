/** Puts every row of a snapshot into its segment of every segmentation: a table of segments and a file of codes. */
import { SegmentryError } from '../../domain/errors.js';
import { MISSING, OVERALL, type Segmentation } from '../../domain/pipeline.js';
import { type ClusterModel, clusterName, clusterRule } from '../../domain/slices/clusters.js';
import {
  OUTSIDE,
  type SegmentationTable,
  type SegmentValue,
  byName,
  segmentName,
  segmentRule,
} from '../../domain/slices/segment-table.js';
import { createColumnFile, writeColumnAt } from '../column-file.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, USER_SQL_LIMIT_MS, placed } from '../duckdb/database.js';
import { condition, identifier, list, raw, statement } from '../duckdb/sql-file.js';
import { requireBinding, requireCondition } from '../duckdb/user-sql.js';
import { LABEL_COLUMN, type LabelSource, keepLabels, labelType } from '../measures/labels.js';
import { fitClusters } from './fit-clusters.js';

/**
 * More segments than this in one segmentation is a key, not a segment: their intervals say nothing and nobody reads them.
 */
export const MAX_SEGMENTS = 50_000;

export interface AssignJob {
  /** The snapshot's Parquet file. */
  readonly snapshot: string;
  readonly rows: number;
  /**
   * Labels are kept beside the codes, `later` by whoever fills the clusters ({@link AssignedSegments.labelOffset}). Null: they are not, and
   * whoever measures reads them from the snapshot.
   */
  readonly label: (LabelSource & { readonly kept: 'now' | 'later' }) | null;
  readonly segmentations: readonly Segmentation[];
  readonly seed: number;
  readonly threads: number;
  /** Column file to write: the codes, one column a segmentation, and the labels, coded. Must not exist. */
  readonly output: string;
}

export interface AssignedSegments {
  /** `overall` first, then in the pipeline's order. Those by clusters have no segments yet. */
  readonly tables: readonly SegmentationTable[];
  /** The fitted clusters: an artifact, frozen. */
  readonly clusters: readonly FittedClusters[];
  /** Byte of the output at which the label of row 0 belongs; null: labels are not kept. */
  readonly labelOffset: number | null;
}

/** Clusters that no row is in yet: that is work for several processes ({@link assignClusters}). */
export interface FittedClusters {
  readonly segmentation: string;
  readonly model: ClusterModel;
  /** Byte of the output at which the code of row 0 belongs, as Int32. */
  readonly offset: number;
}

interface Assigned {
  readonly table: SegmentationTable;
  readonly codes: Int32Array;
}

export async function assignSegments(job: AssignJob): Promise<AssignedSegments> {
  const { snapshot, rows, label, output } = job;
  // Room for all columns, filled one by one: in memory are those of one segmentation at most.
  const codes = job.segmentations.map((_segmentation, index) => [columnOf(index), Int32Array] as const);
  const labels = label === null ? {} : { [LABEL_COLUMN]: labelType(label.coding.task) };
  const types = { ...Object.fromEntries(codes), ...labels };
  const offsets = createColumnFile(output, types, rows);
  const labelOffset = offsets[LABEL_COLUMN] ?? null;
  const [assigned] = await Promise.all([
    assignCodes(job, offsets),
    label?.kept === 'now' ? keepLabels(snapshot, label, rows, output, labelOffset!) : null,
  ]);
  return { ...assigned, labelOffset };
}

async function assignCodes(
  job: AssignJob,
  offsets: Readonly<Record<string, number>>,
): Promise<Omit<AssignedSegments, 'labelOffset'>> {
  const options = { threads: job.threads, temporaryFolder: `${job.output}.tmp` };
  return Database.with(Database.openSnapshot(job.snapshot, options), async (database) => {
    const tables: SegmentationTable[] = [
      {
        segmentation: OVERALL,
        kind: 'overall',
        codes: null,
        segments: [{ name: OVERALL, rule: 'true', rows: job.rows }],
      },
    ];
    const fitted: FittedClusters[] = [];
    for (const [index, segmentation] of job.segmentations.entries()) {
      const column = columnOf(index);
      const offset = offsets[column]!;
      let assigned: Assigned;
      if (segmentation.kind === 'columns') assigned = await byColumns(database, segmentation, column, job.rows);
      else if (segmentation.kind === 'where') assigned = await byCondition(database, segmentation, column, job.rows);
      else {
        const model = await fitClusters(database, {
          ...segmentation,
          segmentation: segmentation.name,
          seed: job.seed,
          rows: job.rows,
        });
        fitted.push({ segmentation: segmentation.name, model, offset });
        tables.push({ segmentation: segmentation.name, kind: 'clusters', codes: column, segments: [] });
        continue;
      }
      tables.push(assigned.table);
      writeColumnAt(job.output, offset, assigned.codes);
    }
    return { tables, clusters: fitted };
  });
}

/** Where the codes of the pipeline's `index`-th segmentation are. */
const columnOf = (index: number): string => `s${index}`;

async function byColumns(
  database: Database,
  { name, columns }: Extract<Segmentation, { kind: 'columns' }>,
  codesColumn: string,
  rows: number,
): Promise<Assigned> {
  const dictionary = identifier(`segmentry_values_${codesColumn}`);
  await database.run(statement('segment/values', { dictionary, columns: list(columns.map(identifier)) }));
  const count = await database.count(`SELECT count(*) FROM ${dictionary.sql}`);
  if (count > MAX_SEGMENTS) {
    throw new SegmentryError(
      `segmentation "${name}": ${columns.join(', ')} has ${count} different values in ${rows} rows; at most ${MAX_SEGMENTS} ` +
        'segments can be judged. Segment by a coarser column, by conditions (where) or by clusters',
      'data',
    );
  }
  const types = await database.describe(`SELECT ${list(columns.map(identifier)).sql} FROM ${dictionary.sql}`);
  const texts = list(columns.map((column) => raw(`CAST(${identifier(column).sql} AS VARCHAR)`)));
  const values = await database.rows(`SELECT segmentry_code, segmentry_rows, ${texts.sql} FROM ${dictionary.sql}`);
  const keywords = await readKeywords(database);
  const named = values.map(([code, size, ...parts]) => {
    const segmentValues: SegmentValue[] = columns.map((column, index) => ({
      column,
      // DuckDB groups -0.0 with 0.0 and keeps the one that it met first, which depends on its threads.
      text: parts[index] === '-0.0' ? '0.0' : (parts[index] as string | null),
      numeric: /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/.test(types[index]?.type ?? ''),
    }));
    return {
      code: Number(code),
      name: segmentName(segmentValues),
      rule: segmentRule(segmentValues, keywords),
      rows: Number(size),
    };
  });
  const sorted = [...named].sort(byName);
  const place = new Int32Array(count);
  sorted.forEach(({ code }, index) => (place[code] = index));

  const codes = new Int32Array(rows).fill(OUTSIDE);
  const match = list(
    columns.map((column) => raw(`d.${identifier(column).sql} IS NOT DISTINCT FROM v.${identifier(column).sql}`)),
    ' AND ',
  );
  const sql = statement('segment/codes', { dictionary, match });
  await forEachChunk(database.connection, { sql, rows }, ([numbers, found], size) => {
    for (let index = 0; index < size; index++) codes[Number(numbers![index])] = place[Number(found![index])]!;
  });
  const segments = sorted.map(({ name: segment, rule, rows: size }) => ({ name: segment, rule, rows: size }));
  return { table: { segmentation: name, kind: 'columns', codes: codesColumn, segments }, codes };
}

/** The words that cannot name a column without quotes. */
async function readKeywords(database: Database): Promise<ReadonlySet<string>> {
  const words = await database.rows(
    "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'",
  );
  return new Set(words.map(([word]) => String(word)));
}

async function byCondition(
  database: Database,
  { name, where }: Extract<Segmentation, { kind: 'where' }>,
  codesColumn: string,
  rows: number,
): Promise<Assigned> {
  const sql = statement('segment/where', { condition: condition(where) });
  const columns = (await database.describe('SELECT * FROM data')).map((column) => column.name);
  const place = `segmentation "${name}": where: ${where}`;
  await requireCondition(database, where, columns, place, 'all');
  await requireBinding(database, sql, place);
  const codes = new Int32Array(rows).fill(OUTSIDE);
  let inside: number;
  try {
    // Counted first, because a stream does not tell of a value that cannot be read, nor of the end of its time.
    const [counted] = await database.rows(`SELECT count(*) FROM (${sql}\n)`, USER_SQL_LIMIT_MS);
    inside = Number(counted?.[0]);
    await database.guarded(
      () =>
        forEachChunk(database.connection, { sql, rows: inside }, ([numbers], size) => {
          for (let index = 0; index < size; index++) codes[Number(numbers![index])] = 0;
        }),
      USER_SQL_LIMIT_MS,
    );
  } catch (error) {
    throw placed(error, place, 'data');
  }
  const segments = [{ name, rule: where, rows: inside }];
  return { table: { segmentation: name, kind: 'where', codes: codesColumn, segments }, codes };
}

/** The segments that clusters make. @param sizes as {@link assignClusters} counts them */
export function clusterSegments(model: ClusterModel, sizes: readonly number[]): SegmentationTable['segments'] {
  const segments = model.centres.map((_centre, cluster) => ({
    name: clusterName(model, cluster),
    rule: clusterRule(model, cluster),
    rows: sizes[cluster]!,
  }));
  const missing = sizes[model.centres.length]!;
  if (missing === 0) return segments;
  const rule = model.features.map((feature) => `${feature} is missing`).join(' or ');
  return [...segments, { name: MISSING, rule, rows: missing }];
}
