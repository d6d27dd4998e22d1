/** Where the data come from: files that DuckDB reads, by their ending. */
import { createHash } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { hashFile } from '../artifact-store/durable-files.js';
import { type Database, explain } from './database.js';
import { type SqlFragment, list, literal, raw } from './sql-file.js';

const READERS: readonly { readonly endings: RegExp; readonly reader: string }[] = [
  { endings: /\.(parquet|pq)$/i, reader: 'read_parquet' },
  { endings: /\.(csv|tsv|txt)(\.gz|\.zst)?$/i, reader: 'read_csv' },
  { endings: /\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, reader: 'read_json' },
];

export interface DataFiles {
  /** As written in the pipeline. */
  readonly source: string;
  /** The files that it names, by path in code-point order. */
  readonly files: readonly string[];
  /** The table expression that reads all of them. */
  readonly table: SqlFragment;
}

/**
 * @param source path or glob as the pipeline gives it
 * @param folder the folder that relative paths count from
 * @throws SegmentryError (usage) when the ending is unknown or no file is there
 */
export async function findDataFiles(database: Database, source: string, folder: string): Promise<DataFiles> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !source.startsWith('file://')) {
    throw new SegmentryError(
      `data.source: ${source}: only files can be read in this version; copy the data to a file (Parquet, CSV or JSON)`,
      'usage',
    );
  }
  const reader = READERS.find(({ endings }) => endings.test(source))?.reader;
  if (reader === undefined) {
    throw new SegmentryError(
      `data.source: ${source}: cannot tell its format; the name must end in .parquet, .csv, .tsv, .json, .jsonl or .ndjson`,
      'usage',
    );
  }
  const path = source.replace(/^file:\/\//, '');
  const pattern = isAbsolute(path) ? path : resolve(folder, path);
  const rows = await database.rows(`SELECT file FROM glob(${literal(pattern).sql})`);
  const files = rows.map(([file]) => String(file)).sort();
  if (files.length === 0) {
    const named = pattern === source ? '' : ` (${pattern})`;
    throw new SegmentryError(`data.source: no such file: ${source}${named}`, 'usage');
  }
  return { source, files, table: raw(`${reader}([${list(files.map(literal)).sql}])`) };
}

/** Names and types of the data's columns. @throws SegmentryError (data) when a file cannot be read */
export async function describeData(
  database: Database,
  data: DataFiles,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  try {
    return await database.describe(`SELECT * FROM ${data.table.sql}`);
  } catch (error) {
    throw new SegmentryError(`data.source: ${data.source} cannot be read: ${explain(error)}`, 'data');
  }
}

/** SHA-256 over the files' own digests, in path order: changes when any byte of any file does. */
export async function digestData(data: DataFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const file of data.files) hash.update(`${(await hashFile(file)).sha256}\n`);
  return hash.digest('hex');
}
