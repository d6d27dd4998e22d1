/** Snapshots as `pin` makes them, from a query. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Database, ROW_COLUMN } from '../adapters/duckdb/database.js';
import { identifier, literal, raw, statement } from '../adapters/duckdb/sql-file.js';

export interface Snapshot {
  readonly path: string;
  readonly rows: number;
  /** DuckDB's names of the columns' types. */
  readonly types: ReadonlyMap<string, string>;
}

/** Runs one query over the file system; small results only. */
export async function queryRows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return Database.with(Database.open({ threads: 1 }), (database) => database.rows(sql));
}

/** Writes the result of a query to a new file in the folder; the ending says the format. */
export async function newFile(folder: string, query: string, ending = '.parquet'): Promise<string> {
  const path = join(folder, `${randomUUID()}${ending}`);
  await Database.with(Database.open({ threads: 1 }), (database) =>
    database.run(`COPY (${query}) TO ${literal(path).sql}`),
  );
  return path;
}

/** The result of a query as a snapshot in the folder. */
export async function newSnapshot(folder: string, query: string): Promise<Snapshot> {
  const path = join(folder, `${randomUUID()}.parquet`);
  const copy = statement('pin/snapshot', {
    row: identifier(ROW_COLUMN),
    source: raw(`(${query})`),
    where: raw('true'),
    window: raw('true'),
    target: literal(path),
  });
  return Database.with(Database.open({ threads: 1 }), async (database) => {
    await database.run(copy);
    const from = `FROM read_parquet(${literal(path).sql})`;
    const columns = await database.describe(`SELECT * ${from}`);
    return {
      path,
      rows: await database.count(`SELECT count(*) ${from}`),
      types: new Map(columns.filter(({ name }) => name !== ROW_COLUMN).map(({ name, type }) => [name, type])),
    };
  });
}
