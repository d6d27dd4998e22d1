/** Types of columns that hold for all of several Parquet files. DuckDB takes those of the first, and what the others have is made to fit: 1.4 becomes 1. */
import { SegmentryError } from '../../domain/errors.js';
import type { Database } from './database.js';
import { tableOf } from './data-table.js';
import type { DataFiles } from './source.js';
import { type SqlFragment, identifier, list, raw } from './sql-file.js';

interface Schema {
  readonly file: string;
  /** DuckDB's types by column. */
  readonly types: ReadonlyMap<string, string>;
}

/**
 * @returns the table with the widest type of each column that differs; null: none does
 * @throws SegmentryError (data) when a file lacks a column of the first, or no type holds the values of both
 */
export async function widestTable(database: Database, data: DataFiles): Promise<SqlFragment | null> {
  const schemas: Schema[] = [];
  for (const file of data.files) schemas.push({ file, types: await database.columnTypes(oneOf(data, file)) });
  const [first, ...others] = schemas;
  if (first === undefined) return null;
  for (const other of others) requireColumns(data, first, other);
  const differing = [...first.types].filter(([name, type]) => others.some(({ types }) => types.get(name) !== type));
  if (differing.length === 0) return null;
  const table = unionOf(data, first, others);
  const widest = await database.columnTypes(table);
  for (const [name] of differing) await requireKept(database, data, schemas, name, widest.get(name) ?? '');
  return table;
}

const oneOf = (data: DataFiles, file: string): SqlFragment => tableOf({ ...data, files: [file], partitioned: false });

function requireColumns({ source }: DataFiles, first: Schema, other: Schema): void {
  const missing = [...first.types.keys()].find((name) => !other.types.has(name));
  if (missing === undefined) return;
  throw new SegmentryError(
    `data.source: ${source}: the file ${other.file} has no column "${missing}", which ${first.file} has: write all files with the same columns`,
    'data',
  );
}

/** The columns of the first file alone, as it is where no type differs. */
function unionOf(data: DataFiles, first: Schema, others: readonly Schema[]): SqlFragment {
  const table = tableOf(data, 'union_by_name = true');
  const more = new Set(others.flatMap(({ types }) => [...types.keys()]).filter((name) => !first.types.has(name)));
  if (more.size === 0) return table;
  return raw(`(SELECT * EXCLUDE (${list([...more].map(identifier)).sql}) FROM ${table.sql})`);
}

async function requireKept(
  database: Database,
  data: DataFiles,
  schemas: readonly Schema[],
  name: string,
  widest: string,
): Promise<void> {
  for (const { file, types } of schemas) {
    const type = types.get(name) ?? '';
    if (keeps(type, widest)) continue;
    // A column that is empty in a file has whatever type its writer chose, often INTEGER: no value of it can change.
    if ((await database.count(`SELECT count(${identifier(name).sql}) FROM ${oneOf(data, file).sql}`)) === 0) continue;
    const other = schemas.find((schema) => schema.types.get(name) !== type);
    throw new SegmentryError(
      `data.source: ${data.source}: the column "${name}" is ${type} in ${file} and ${other?.types.get(name)} in ${other?.file}, and no type ` +
        'holds the values of both as they are: write all files with the same type',
      'data',
    );
  }
}

const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DECIMAL.*)$/;

/** Whether the values of one type are the same as another, which DuckDB makes of it and others. */
function keeps(type: string, widest: string): boolean {
  const isNested = /^(STRUCT|MAP|UNION)|\]$/.test(type);
  if (type === widest || isNested) return true;
  const isTime = /^(DATE|TIMESTAMP(_S|_MS|_NS)?)$/;
  if (isTime.test(type)) return isTime.test(widest);
  if (!NUMBER.test(type)) return false;
  // FLOAT has 24 bits of a whole number: DuckDB makes it of BIGINT and FLOAT all the same.
  return widest === 'FLOAT' ? /^U?(TINY|SMALL)INT$/.test(type) : widest === 'DOUBLE' || NUMBER.test(widest);
}
