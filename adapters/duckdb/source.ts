/** Where the data come from: files that DuckDB reads, by their ending. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { refuseCredentials } from '../../domain/refused-address.js';
import { requireContent, requireEvenLines } from './data-trouble.js';
import { tableOf } from './data-table.js';
import { Database, placed } from './database.js';
import { requireDistinct } from './repeated-columns.js';
import { type SqlFragment, escapedGlob, literal } from './sql-file.js';
import { steadyTable } from './steady-types.js';
import { requireWhole } from './whole-files.js';

export type DataFormat = 'parquet' | 'csv' | 'json';

const FORMATS: readonly { readonly endings: RegExp; readonly format: DataFormat }[] = [
  { endings: /\.(parquet|pq)$/i, format: 'parquet' },
  { endings: /\.(csv|tsv|txt)(\.gz|\.zst)?$/i, format: 'csv' },
  { endings: /\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, format: 'json' },
];

export interface DataFiles {
  /** As written in the pipeline. */
  readonly source: string;
  /** The files that it names, by path in code-point order. */
  readonly files: readonly string[];
  readonly format: DataFormat;
  /** Whether folders of the source are columns too. */
  readonly partitioned: boolean;
  /** The table expression that reads all of them, with types as DuckDB guesses them: {@link describeData} has one that no value is changed by. */
  readonly table: SqlFragment;
}

/**
 * @param source path or glob as the pipeline gives it
 * @param folder the folder that relative paths count from
 * @throws SegmentryError (usage) when it holds a password, the ending is unknown or no file is there
 */
export async function findDataFiles(source: string, folder: string): Promise<DataFiles> {
  refuseCredentials(source, 'data.source');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !source.startsWith('file://')) {
    throw new SegmentryError(
      `data.source: ${source}: only files can be read in this version; copy the data to a file (Parquet, CSV or JSON)`,
      'usage',
    );
  }
  const found = FORMATS.find(({ endings }) => endings.test(source));
  if (found === undefined) {
    throw new SegmentryError(
      `data.source: ${source}: cannot tell its format; the name must end in .parquet, .csv, .tsv, .json, .jsonl or .ndjson`,
      'usage',
    );
  }
  const path = source.replace(/^file:\/\//, '');
  const pattern = isAbsolute(path) ? path : resolve(folder, path);
  const files = await matching(pattern, folder);
  if (files.length === 0) {
    const named = pattern === source ? '' : ` (${pattern})`;
    throw new SegmentryError(`data.source: no such file: ${source}${named}`, 'usage');
  }
  const odd = files.find((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
  if (odd !== undefined) {
    // A named pipe would be waited for, for ever.
    throw new SegmentryError(
      `data.source: ${odd} is not a file; name the files, or a pattern such as *.parquet`,
      'usage',
    );
  }
  const unreadable = files.find((file) => /[*?[]/.test(file) && file.includes('\\'));
  if (unreadable !== undefined) {
    throw new SegmentryError(
      `data.source: ${unreadable}: a path with a backslash and one of * ? [ in it cannot be read; rename it`,
      'usage',
    );
  }
  // Partitions in the folders of the source as it is written are columns. Those of the folders around it are not: the same
  // pipeline in another place would have other data.
  const partitioned = /[^/]=[^/]*\//.test(source);
  const { format } = found;
  return { source, files, format, partitioned, table: tableOf({ files, format, partitioned }) };
}

/** The files that a pattern names; a file that is called like a pattern is meant itself. */
async function matching(pattern: string, folder: string): Promise<readonly string[]> {
  if (statSync(pattern, { throwIfNoEntry: false }) !== undefined) return [pattern];
  // The folder around the pipeline is no pattern, whatever it is called.
  const escaped = pattern.startsWith(`${folder}/`) ? escapedGlob(folder) + pattern.slice(folder.length) : pattern;
  // Opened for patterns only: it takes longer than anything else here, and everything waits for it.
  const rows = await Database.with(Database.open({ threads: 1 }), (database) =>
    database.rows(`SELECT file FROM glob(${literal(escaped).sql})`),
  );
  return rows.map(([file]) => String(file)).sort();
}

export interface DescribedData {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Reads them with these types. */
  readonly table: SqlFragment;
}

/** Names and types of the data's columns. @throws SegmentryError (data) when a file cannot be read */
export async function describeData(database: Database, data: DataFiles): Promise<DescribedData> {
  for (const file of data.files) await requireWhole(file, data.source);
  await requireContent(data);
  try {
    const guesses = await database.describe(`SELECT * FROM ${data.table.sql}`);
    await requireEvenLines(data, guesses);
    await requireDistinct(database, data, guesses);
    const steady = await steadyTable(database, data, guesses);
    const table = steady ?? data.table;
    const columns = steady === null ? guesses : await database.describe(`SELECT * FROM ${table.sql}`);
    if (data.format === 'csv') await requireRow(database, data, columns);
    return { columns, table };
  } catch (error) {
    if (error instanceof SegmentryError) throw error;
    throw placed(error, `data.source: ${data.source} cannot be read`, 'data');
  }
}

/** Without a row every column of a CSV is text, and each number that is wanted would be a complaint about its type. */
async function requireRow(
  database: Database,
  { source, table }: DataFiles,
  columns: readonly { readonly name: string }[],
): Promise<void> {
  if ((await database.rows(`SELECT 1 FROM ${table.sql} LIMIT 1`)).length > 0) return;
  throw new SegmentryError(
    `data.source: ${source} has no rows, only a header of ${columns.length} ${columns.length === 1 ? 'column' : 'columns'}`,
    'data',
  );
}

/**
 * SHA-256 over the files' own digests, in path order: changes when any byte of any file does.
 *
 * @param digestFile SHA-256 of one file
 */
export async function digestData(
  data: DataFiles,
  digestFile: (path: string) => Promise<{ readonly sha256: string }>,
): Promise<string> {
  const digests: string[] = [];
  for (const file of data.files) digests.push((await digestFile(file)).sha256);
  return digestOf(digests);
}

/** The same from the files' digests. */
export function digestOf(digests: readonly string[]): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(`${digest}\n`);
  return hash.digest('hex');
}
