import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRows } from '../../../adapters/duckdb/copy-rows.js';
import { findDataFiles } from '../../../adapters/duckdb/source.js';
import { literal } from '../../../adapters/duckdb/sql-file.js';
import { newFolder } from '../../scratch-folder.js';
import { queryRows } from '../../snapshot.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

let sets = 0;

/** Type and values of x in a copy of files with these rows, in their order. */
async function copied(...queries: readonly string[]): Promise<unknown> {
  const name = `set-${++sets}`;
  for (const [at, query] of queries.entries())
    await queryRows(`COPY (${query}) TO ${literal(join(folder, `${name}-${at}.parquet`)).sql} (FORMAT parquet)`);
  const files = await findDataFiles(`${name}-*.parquet`, folder);
  const target = join(folder, `${name}.copy`);
  await copyRows({ files, where: null, window: 'true', threads: 2, target });
  return queryRows(
    `SELECT typeof(x), CAST(x AS VARCHAR) FROM read_parquet(${literal(target).sql}) ORDER BY segmentry_row`,
  );
}

describe('files whose column has another type in each', () => {
  it.each<[string, string, string, unknown]>([
    [
      'decimals behind whole numbers',
      '1::BIGINT',
      '2.6::DOUBLE',
      [
        ['DOUBLE', '1.0'],
        ['DOUBLE', '2.6'],
      ],
    ],
    [
      'larger numbers',
      '1::INTEGER',
      '5000000000',
      [
        ['BIGINT', '1'],
        ['BIGINT', '5000000000'],
      ],
    ],
    [
      'times behind days',
      "DATE '2026-01-02'",
      "TIMESTAMP '2026-01-03 12:30:00'",
      [
        ['TIMESTAMP', '2026-01-02 00:00:00'],
        ['TIMESTAMP', '2026-01-03 12:30:00'],
      ],
    ],
    [
      'text behind nothing',
      'NULL::INTEGER',
      "'a'",
      [
        ['VARCHAR', null],
        ['VARCHAR', 'a'],
      ],
    ],
  ])('are read with the wider one: %s', async (_what, first, second, rows) => {
    expect(await copied(`SELECT ${first} AS x`, `SELECT ${second} AS x, 7 AS more`)).toEqual(rows);
  });

  it.each([
    ['numbers and text', '1::BIGINT', "'01'", 'BIGINT', 'VARCHAR'],
    ['numbers that FLOAT cannot hold', '16777217::BIGINT', '1.5::FLOAT', 'BIGINT', 'FLOAT'],
  ])('are refused with both, where none is wide enough: %s', async (_what, first, second, one, other) => {
    await expect(copied(`SELECT ${first} AS x`, `SELECT ${second} AS x`)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(
        new RegExp(`the column "x" is ${one} in .*-0\\.parquet and ${other} in .*-1\\.parquet, .*: write all files`),
      ) as string,
    });
  });

  it('are refused where a later one has no such column', async () => {
    await expect(copied('SELECT 1 AS x, 2 AS y', 'SELECT 1 AS x')).rejects.toThrow(
      /the file .*-1\.parquet has no column "y", which .*-0\.parquet has: write all files with the same columns$/,
    );
  });
});
