import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import { describeData, findDataFiles } from '../../../adapters/duckdb/source.js';
import { newFolder } from '../../scratch-folder.js';
import { newFile } from '../../snapshot.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

const namesIn = async (source: string): Promise<readonly string[]> => {
  const data = await findDataFiles(source, folder);
  const { columns } = await Database.with(Database.open({ threads: 1 }), (database) => describeData(database, data));
  return columns.map(({ name }) => name);
};

it.each([
  [
    'twice.csv',
    'zip,s,y,y\n1,0.5,0,1\n2,0.4,1,1\n',
    'has the column "y" 2 times, as columns 3 and 4: rename or remove',
  ],
  ['cases.csv', 'zip;Y;y\n1;0.5;1\n2;0.4;1\n', 'has the column "y" 2 times, as columns 2 and 3: rename or remove'],
])('a CSV with a column twice is refused: %s', async (name, text, says) => {
  await writeFile(join(folder, name), text);
  await expect(namesIn(name)).rejects.toMatchObject({
    kind: 'data',
    message: expect.stringContaining(`data.source: ${name}: ${join(folder, name)} ${says}`) as string,
  });
});

it('a Parquet file with a column twice is refused', async () => {
  const bytes = await readFile(await newFile(folder, 'SELECT 1 AS zip, 2 AS colA, 3 AS colB'));
  await writeFile(
    join(folder, 'twice.parquet'),
    Buffer.from(bytes.toString('latin1').replaceAll('colB', 'colA'), 'latin1'),
  );
  await expect(namesIn('twice.parquet')).rejects.toThrow(
    /twice\.parquet has the column "colA" 2 times, as columns 2 and 3/,
  );
});

it('columns whose names only look like those of repeated ones are read', async () => {
  await writeFile(join(folder, 'numbered.csv'), 'y,y_1,y_2\n0,1,2\n');
  expect(await namesIn('numbered.csv')).toEqual(['y', 'y_1', 'y_2']);
  const path = await newFile(folder, "SELECT {'y': 1, 'z': [1]} AS s, 1 AS y, 2 AS y_1");
  await copyFile(path, join(folder, 'nested.parquet'));
  expect(await namesIn('nested.parquet')).toEqual(['s', 'y', 'y_1']);
});
