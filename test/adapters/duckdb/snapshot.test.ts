import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import { isSnapshot } from '../../../adapters/duckdb/snapshot.js';
import { findDataFiles } from '../../../adapters/duckdb/source.js';
import { literal } from '../../../adapters/duckdb/sql-file.js';
import { newFolder } from '../../scratch-folder.js';
import { newFile, newSnapshot } from '../../snapshot.js';

/** x is 1, 2, NaN, 3, -0.0, and the file's statistics say that nothing is larger than 3. */
const NAN = fileURLToPath(new URL('../../golden/parquet/nan.parquet', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

async function isOne(source: string): Promise<boolean> {
  return Database.with(Database.open({ threads: 1 }), async (database) =>
    isSnapshot(database, await findDataFiles(source, folder)),
  );
}

/** A Parquet file with options of DuckDB's COPY. */
async function written(name: string, query: string, options = ''): Promise<string> {
  const path = join(folder, name);
  await Database.with(Database.open({ threads: 1 }), (database) =>
    database.run(`COPY (${query}) TO ${literal(path).sql} (FORMAT parquet${options})`),
  );
  return path;
}

describe('a Parquet file', () => {
  it('can be a snapshot as it is', async () => {
    expect(await isOne(NAN)).toBe(true);
    expect(await isOne(await newFile(folder, 'SELECT range AS x FROM range(300_000)'))).toBe(true);
    expect(await isOne(await newFile(folder, 'SELECT 1 AS x WHERE false'))).toBe(true);
  });

  it('can not, where reading it as it is would be wrong or slow', async () => {
    await mkdir(join(folder, 'day=1'), { recursive: true });
    await written('day=1/a.parquet', 'SELECT 1 AS x');
    expect(await isOne('day=1/a.parquet'), 'a folder is a column').toBe(false);
    await written('many-1.parquet', 'SELECT 1 AS x');
    await written('many-2.parquet', 'SELECT 1 AS x');
    expect(await isOne('many-*.parquet'), 'two files').toBe(false);
    expect(await isOne(await newFile(folder, 'SELECT 1 AS x', '.csv')), 'CSV').toBe(false);
    const taken = 'SELECT 1 AS "File_Row_Number"';
    expect(await isOne(await newFile(folder, taken)), 'a name that is needed').toBe(false);
    const repeated = 'SELECT (range % 3)::DOUBLE AS x FROM range(100_000)';
    expect(await isOne(await written('bloom.parquet', repeated)), 'a Bloom filter of numbers').toBe(false);
    const narrow = await written('narrow.parquet', 'SELECT range AS x FROM range(10_000)', ', ROW_GROUP_SIZE 2048');
    expect(await isOne(narrow), 'small row groups').toBe(false);
    const wide = await written(
      'wide.parquet',
      'SELECT 1 AS x FROM range(1_300_000)',
      ', ROW_GROUP_SIZE 1_300_480, WRITE_BLOOM_FILTER false',
    );
    expect(await isOne(wide), 'a huge row group').toBe(false);
  });
});

describe('a snapshot', () => {
  const rowsOf = (path: string, query: string) =>
    Database.with(Database.openSnapshot(path, { threads: 1 }), (database) => database.rows(query));

  it('numbers its rows, whether it is a copy or was written so', async () => {
    const query = "SELECT i AS x, 'v' || i AS y FROM range(5000) AS rows(i)";
    const [copy, numbered] = [await newFile(folder, query), (await newSnapshot(folder, query)).path];
    for (const path of [copy, numbered]) {
      const columns = await rowsOf(path, 'SELECT column_name FROM (DESCRIBE data)');
      expect(columns.flat()).toEqual(['segmentry_row', 'x', 'y']);
      expect(await rowsOf(path, 'SELECT count(*)::INTEGER, max(abs(segmentry_row - x))::INTEGER FROM data')).toEqual([
        [5000, 0],
      ]);
    }
  });

  it('has the rows with NaN, which is larger than every number, whatever the file says of its largest', async () => {
    const inside = async (condition: string) =>
      (await rowsOf(NAN, `SELECT segmentry_row::INTEGER FROM data WHERE ${condition} ORDER BY 1`)).flat();
    expect(await inside('x > 5')).toEqual([2]);
    expect(await inside("x = 'nan'")).toEqual([2]);
    expect(await inside('NOT x <= 3')).toEqual([2]);
    expect(await inside('x = 0')).toEqual([4]);
  });
});
