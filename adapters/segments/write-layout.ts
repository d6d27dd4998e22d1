/** Lays the features out by segment, so that an inference task reads a contiguous piece of one file. */
import { DuckDBDataChunk, INTEGER } from '@duckdb/node-api';
import { type SegmentationTable, groupRows } from '../../domain/slices/segment-table.js';
import { readColumnFile } from '../column-file.js';
import { Database } from '../duckdb/database.js';
import { identifier, list, literal, parquetFile, statement } from '../duckdb/sql-file.js';

/** The row's place in the layout, from 0. */
export const POSITION_COLUMN = 'segmentry_position';

/** Rows of a DuckDB vector. */
const CHUNK_ROWS = 2_048;

/** Small, so that a task that reads its rows reads few others with them. */
const ROW_GROUP_ROWS = 20_480;

export interface LayoutJob {
  readonly snapshot: string;
  /** Column file with the segment codes. */
  readonly codes: string;
  readonly table: SegmentationTable;
  readonly features: readonly string[];
  readonly threads: number;
  /** Folder for sorting more than fits into memory. */
  readonly temporaryFolder: string;
  /** Parquet file to write. Must not exist. */
  readonly output: string;
}

export async function writeLayout(job: LayoutJob): Promise<void> {
  const codes = readColumnFile(job.codes)[job.table.codes ?? ''];
  if (codes === undefined) throw new Error(`${job.codes} has no codes of "${job.table.segmentation}"`);
  const { rows } = groupRows(codes, job.table.segments.length);
  const positions = new Int32Array(rows.length);
  for (let position = 0; position < rows.length; position++) positions[rows[position]!] = position;

  await Database.with(
    Database.open({ threads: job.threads, temporaryFolder: job.temporaryFolder }),
    async (database) => {
      const position = identifier(POSITION_COLUMN);
      await database.run(`CREATE TEMP TABLE positions (${position.sql} INTEGER)`);
      await append(database, positions);
      await database.run(
        statement('infer/layout', {
          position,
          features: list(job.features.map(identifier)),
          snapshot: parquetFile(job.snapshot),
          output: literal(job.output),
          rows: literal(ROW_GROUP_ROWS),
        }),
      );
    },
  );
}

async function append(database: Database, values: Int32Array): Promise<void> {
  const appender = await database.connection.createAppender('positions');
  for (let from = 0; from < values.length; from += CHUNK_ROWS) {
    const piece = values.subarray(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([INTEGER], piece.length);
    const vector = chunk.getColumnVector(0);
    // The vector's typed array is private in the declaration only; setItem() would check and box every value.
    (vector as unknown as { readonly items: Int32Array }).items.set(piece);
    vector.flush();
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
