/**
 * Snapshots: one Parquet file with all rows that a run is about, each with its number. A source that is such a file already is copied as it
 * is, and its rows' numbers are their places in it; reading everything, numbering it and writing it anew takes several times as long.
 */
import { type Database, ROW_COLUMN } from './database.js';
import type { DataFiles } from './source.js';
import { type SqlFragment, escapedGlob, identifier, literal, parquetFile, raw } from './sql-file.js';

/** DuckDB's name for a row's place in a Parquet file. */
const PLACE_COLUMN = 'file_row_number';

/**
 * Rows of a row group. A reader decodes whole ones: in larger ones the processes that share a snapshot would decode each other's rows
 * too, and in a file of many smaller ones every query spends its time on opening them.
 */
const ROW_GROUP = { most: 1_250_000, fewest: 8_192 };

/** Can the source's one file be the snapshot, byte by byte? The database must not be locked. */
export async function isSnapshot(database: Database, data: DataFiles): Promise<boolean> {
  const [file] = data.files;
  if (data.format !== 'parquet' || data.files.length !== 1 || file === undefined || data.partitioned) return false;
  const path = literal(escapedGlob(file)).sql;
  const columns = await database.describe(`SELECT * FROM ${data.table.sql}`);
  const taken = columns.some(({ name }) => [PLACE_COLUMN, ROW_COLUMN].includes(name.toLowerCase()));
  // Their Bloom filters tell -0.0 from 0.0, so that DuckDB 1.5 skips rows for which `x = 0` is true.
  const [row] = await database.rows(
    `SELECT count(bloom_filter_offset) FILTER (type IN ('FLOAT', 'DOUBLE')), max(row_group_num_rows), count(DISTINCT row_group_id)
     FROM parquet_metadata(${path})`,
  );
  const [blooms = 0, largest = 0, groups = 0] = (row ?? []).map(Number);
  const rows = await database.count(`SELECT sum(num_rows) FROM parquet_file_metadata(${path})`);
  const fewEnough = groups <= 1 || rows / groups >= ROW_GROUP.fewest;
  return !taken && blooms === 0 && largest <= ROW_GROUP.most && fewEnough;
}

export interface SnapshotTable {
  readonly table: SqlFragment;
  /** DuckDB's names of its columns' types. */
  readonly types: ReadonlyMap<string, string>;
}

/** The snapshot as a table with {@link ROW_COLUMN}, whether it was written with numbers or its rows are numbered by their places. */
export async function snapshotTable(database: Database, path: string): Promise<SnapshotTable> {
  const types = await database.columnTypes(parquetFile(path));
  if (types.has(ROW_COLUMN)) return { table: parquetFile(path), types };
  const place = identifier(PLACE_COLUMN).sql;
  const table = raw(
    `(SELECT ${place} AS ${identifier(ROW_COLUMN).sql}, * EXCLUDE (${place}) FROM ${parquetFile(path, `${PLACE_COLUMN} = true`).sql})`,
  );
  return { table, types };
}
