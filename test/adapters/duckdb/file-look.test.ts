import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import { describeData, findDataFiles } from '../../../adapters/duckdb/source.js';
import { newFolder } from '../../scratch-folder.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

const CSV = 'y,p\n0,0.1\n1,0.9\n';
const JSON_ROWS = '{"y":0,"p":0.1}\n{"y":1,"p":0.9}\n';
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]);
const inParquet = (begin: string, end: string): Buffer =>
  Buffer.concat([Buffer.from(begin), Buffer.alloc(60), Buffer.from(end)]);

/** What is said of the file behind its name; null: it is read. */
async function saysOf(name: string, content: string | Uint8Array): Promise<string | null> {
  const file = join(folder, name);
  await writeFile(file, content);
  try {
    await Database.with(Database.open({ threads: 1 }), async (database) =>
      describeData(database, await findDataFiles(name, folder)),
    );
    return null;
  } catch (error) {
    const { message } = error as Error;
    const named = `data.source: ${name}: the file ${file} `;
    expect(message.slice(0, named.length)).toBe(named);
    return message.slice(named.length);
  }
}

describe('a file whose name says something else than what is in it', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['text.parquet', CSV, 'looks like CSV, whatever its name says: let its name end in .csv'],
    ['semicolons.parquet', 'y;p\n0;0,1\n', 'looks like CSV, whatever its name says: let its name end in .csv'],
    ['lines.parquet', JSON_ROWS, 'looks like JSON, whatever its name says: let its name end in .json'],
    ['list.pq', `\ufeff[\n${JSON_ROWS}`, 'looks like JSON, whatever its name says: let its name end in .json'],
    [
      'page.parquet',
      '<!doctype html>',
      'looks like text that is neither CSV nor JSON, whatever its name says: write the data again',
    ],
    ['noise.parquet', Buffer.alloc(100, 7), 'is no Parquet file: write it as one'],
    ['pack.parquet', gzipSync(CSV), 'is a gzip file, whatever its name says: unpack it'],
    [
      'frame.parquet',
      inParquet('ARROW1', 'ARROW1'),
      'is an Arrow (Feather) file, whatever its name says: write it as Parquet',
    ],
    ['secret.parquet', inParquet('PARE', 'PARE'), 'is an encrypted Parquet file'],
    [
      'pointer.parquet',
      LFS,
      'is what Git LFS keeps in place of the data, whatever its name says: fetch the data with git lfs pull',
    ],
    ['cut.parquet', inParquet('PAR1', 'PAR'), 'begins like a Parquet file, and its end is missing'],
    ['short.parquet', 'PAR1PAR1', 'begins like a Parquet file, and its end is missing'],
    ['behead.parquet', inParquet('AR1', 'PAR1'), 'ends like a Parquet file, and its beginning is missing'],
    ['empty.parquet', '', 'is empty (0 bytes): write it again'],
    [
      'parquet.csv',
      inParquet('PAR1', 'PAR1'),
      'is a Parquet file, whatever its name says: let its name end in .parquet',
    ],
    [
      'pack.csv',
      gzipSync(CSV),
      'is a gzip file, whatever its name says: unpack it; CSV and JSON can be read as .csv.gz',
    ],
    ['workbook.csv', zip, 'is a ZIP archive, as Excel workbooks are too, whatever its name says: '],
    ['lines.csv', JSON_ROWS, 'looks like JSON, whatever its name says: let its name end in .json'],
    ['pointer.csv', LFS, 'is what Git LFS keeps in place of the data'],
    [
      'parquet.json',
      inParquet('PAR1', 'PAR1'),
      'is a Parquet file, whatever its name says: let its name end in .parquet',
    ],
    ['text.jsonl', CSV, 'looks like CSV, whatever its name says: let its name end in .csv'],
  ])('%s', async (name, content, says) => {
    const said = await saysOf(name, content);
    expect(said?.slice(0, says.length)).toBe(says);
  });
});

it.each<[string, string | Uint8Array]>([
  ['right.csv', CSV],
  ['one column.csv', 'y\n0\n1\n'],
  ['braces.csv', '{y},p\n0,0.1\n1,0.9\n'],
  ['mark.csv', `\ufeff${CSV}`],
  ['right.csv.gz', gzipSync(CSV)],
  ['right.json', `[${JSON_ROWS.trim().replace('\n', ',')}]`],
  ['spaced.json', ` \n[ { "y": 0 } ]`],
  ['right.jsonl', JSON_ROWS],
])('%s is read', async (name, content) => {
  expect(await saysOf(name, content)).toBeNull();
});
