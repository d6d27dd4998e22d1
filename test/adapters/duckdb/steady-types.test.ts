import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRows } from '../../../adapters/duckdb/copy-rows.js';
import { Database } from '../../../adapters/duckdb/database.js';
import { describeData, findDataFiles } from '../../../adapters/duckdb/source.js';
import { literal } from '../../../adapters/duckdb/sql-file.js';
import { newFolder } from '../../scratch-folder.js';
import { queryRows } from '../../snapshot.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

/** More than DuckDB takes the types from. */
const FIRST_ROWS = 25_000;

const csv = (early: string, late: string): string =>
  `x,s\n${`${early},a\n`.repeat(FIRST_ROWS)}${`${late},b\n`.repeat(3)}`;
const lines = (early: string, late: string): string =>
  `{"x":${early},"s":"a"}\n`.repeat(FIRST_ROWS) + `{"x":${late},"s":"b"}\n`.repeat(3);

/** The type of x in what a check looks at and in what a run copies, and the copy's values, as text, in their order. */
async function read(
  source: string,
): Promise<{ readonly types: readonly string[]; readonly values: readonly unknown[] }> {
  const files = await findDataFiles(source, folder);
  const target = join(folder, `${randomUUID()}.parquet`);
  await copyRows({ files, where: null, window: 'true', threads: 2, target });
  const { columns } = await Database.with(Database.open({ threads: 1 }), (database) => describeData(database, files));
  const from = `FROM read_parquet(${literal(target).sql})`;
  const values = await queryRows(`SELECT CAST(x AS VARCHAR) ${from} GROUP BY x ORDER BY min(segmentry_row)`);
  const [copied] = await queryRows(`SELECT typeof(x) ${from} LIMIT 1`);
  return {
    types: [String(columns.find(({ name }) => name === 'x')?.type), String(copied?.[0])],
    values: values.flat(),
  };
}

describe('a value far behind the beginning of the data stays what it is', () => {
  it.each<[string, string, string, string, string, readonly string[]]>([
    ['a decimal behind whole numbers', 'decimal.csv', '1', '1.5', 'DOUBLE', ['1.0', '1.5']],
    ['a power of ten', 'power.csv', '1', '1e2', 'DOUBLE', ['1.0', '100.0']],
    ['a code with a zero in front', 'zip.csv', '1234', '01234', 'VARCHAR', ['1234', '01234']],
    ['digits with a line between them', 'line.csv', '1000', '1_000', 'VARCHAR', ['1000', '1_000']],
    [
      'the time of a day',
      'time.csv',
      '2026-01-02',
      '2026-01-02 12:30:00',
      'TIMESTAMP',
      ['2026-01-02 00:00:00', '2026-01-02 12:30:00'],
    ],
    ['whole numbers with a space', 'space.csv', '1', ' 5', 'BIGINT', ['1', '5']],
    ['whole numbers and nothing', 'null.csv', '1', '', 'BIGINT', ['1', null as unknown as string]],
  ])('%s in CSV', async (_what, name, early, late, type, values) => {
    await writeFile(join(folder, name), csv(early, late));
    expect(await read(name)).toEqual({ types: [type, type], values });
  });

  it.each<[string, string, string, string, string, readonly string[]]>([
    ['a decimal behind whole numbers', 'decimal.jsonl', '1', '1.5', 'DOUBLE', ['1.0', '1.5']],
    ['true behind whole numbers', 'true.jsonl', '1', 'true', 'JSON', ['1', 'true']],
    ['whole numbers', 'whole.jsonl', '1', '5', 'BIGINT', ['1', '5']],
  ])('%s in JSON', async (_what, name, early, late, type, values) => {
    await writeFile(join(folder, name), lines(early, late));
    expect(await read(name)).toEqual({ types: [type, type], values });
  });

  it('text stays text where a number comes later, beside a column that has another type for it', async () => {
    const row = (x: string, n: string): string => `{"x":${x},"n":${n}}\n`;
    await writeFile(join(folder, 'mixed.jsonl'), row('"a \\"b\\""', '1').repeat(FIRST_ROWS) + row('1.5', '1.5'));
    expect(await read('mixed.jsonl')).toEqual({ types: ['VARCHAR', 'VARCHAR'], values: ['a "b"', '1.5'] });
    await writeFile(join(folder, 'texts.jsonl'), row('"a"', '1').repeat(FIRST_ROWS) + row('7', '1'));
    expect(await read('texts.jsonl')).toEqual({ types: ['VARCHAR', 'VARCHAR'], values: ['a', '7'] });
  });

  it('in the last of many JSON files', async () => {
    for (let file = 100; file < 140; file++)
      await writeFile(join(folder, `many-${file}.jsonl`), `{"x":${file === 139 ? '1.5, "late": 1' : 1}}\n`);
    expect(await read('many-*.jsonl')).toEqual({ types: ['DOUBLE', 'DOUBLE'], values: ['1.0', '1.5'] });
  });
});

it('text among numbers is told with its line', async () => {
  await writeFile(join(folder, 'text.csv'), csv('1', 'oops'));
  await expect(read('text.csv')).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringMatching(
      /text\.csv cannot be copied: the CSV cannot be read at line 25002: .*"oops"/,
    ) as string,
  });
});

describe("what DuckDB advises is left out of its messages: a pipeline has none of its readers' options", () => {
  it.each<[string, string, string]>([
    ['text in a CSV', csv('1', 'oops'), csv('1', 'oops')],
    ['a CSV without a column', 'x,s\n1,a\n', 'x\n1\n2\n'],
  ])('%s', async (what, first, second) => {
    const name = what.replaceAll(' ', '-');
    await writeFile(join(folder, `${name}-1.csv`), first);
    await writeFile(join(folder, `${name}-2.csv`), second);
    const error = (await read(`${name}-?.csv`).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toMatch(new RegExp(`${name}-\\?.csv cannot be (read|copied): .*(line 25002|x|s)`));
    expect(error.message).not.toMatch(/union_by_name|files_to_sniff|sample_size|types=|COPY|nullstr/);
  });
});
