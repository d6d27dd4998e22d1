import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import { describeData, findDataFiles } from '../../../adapters/duckdb/source.js';
import { requireWhole } from '../../../adapters/duckdb/whole-files.js';
import { newFolder } from '../../scratch-folder.js';
import { newFile } from '../../snapshot.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

const columnsOf = (file: string): Promise<unknown> =>
  Database.with(Database.open({ threads: 1 }), async (database) =>
    (await describeData(database, await findDataFiles(file, folder))).columns.map(({ name }) => name),
  );

/** Blocks that are compressed, in rows that differ, and blocks that repeat one byte. */
const ROWS = "SELECT range AS x, hash(range) AS y, repeat(' ', 300000 * (range = 7)::INTEGER) AS z FROM range(20000)";

describe.each(['csv.gz', 'csv.zst', 'json.gz', 'json.zst'])('a file that ends in %s', (ending) => {
  let bytes: Buffer;
  const fileOf = async (name: string, content: Uint8Array): Promise<string> => {
    const file = join(folder, `${name}.${ending}`);
    await writeFile(file, content);
    return file;
  };

  beforeAll(async () => {
    bytes = await readFile(await newFile(folder, ROWS, `.${ending}`));
  });

  it('is read when it is whole, alone and twice in one', async () => {
    expect(await columnsOf(await fileOf('whole', bytes))).toEqual(['x', 'y', 'z']);
    expect(await columnsOf(await fileOf('twice', Buffer.concat([bytes, bytes])))).toEqual(['x', 'y', 'z']);
  });

  it('is refused wherever it was cut off, though DuckDB reads a part of it', async () => {
    const lengths = [0, 1, 3, 4, 5, 9, 100, bytes.length >> 1, bytes.length - 4, bytes.length - 1];
    for (const length of lengths) {
      const cut = columnsOf(await fileOf('cut', bytes.subarray(0, length)));
      await expect(cut, `${length} bytes`).rejects.toMatchObject({
        kind: 'data',
        message: expect.stringMatching(
          /cut\.\S+ is not a whole (gzip|Zstandard) file \(.+\): copy it again$/,
        ) as unknown,
      });
    }
  });

  it('is refused when something else follows', async () => {
    const longer = columnsOf(await fileOf('longer', Buffer.concat([bytes, Buffer.from('x,y,z\n')])));
    await expect(longer).rejects.toThrow('is not a whole');
  });
});

describe('a file of Zstandard', () => {
  /** `printf 'y,p\n0,0.1\n' | zstd --check` */
  const CHECKED = Buffer.from('28b52ffd0458510000792c700a302c302e310ab4bd39eb', 'hex');
  const wholeness = async (bytes: Uint8Array): Promise<unknown> => {
    const file = join(folder, 'frames.csv.zst');
    await writeFile(file, bytes);
    return requireWhole(file, 'frames.csv.zst');
  };

  it('has a checksum at its end where it says so', async () => {
    await expect(wholeness(CHECKED)).resolves.toBeUndefined();
    await expect(wholeness(CHECKED.subarray(0, -4))).rejects.toThrow('unexpected end of file');
  });

  it('may hold frames that are for others', async () => {
    const skipped = Buffer.from('502a4d1803000000616263', 'hex');
    await expect(wholeness(Buffer.concat([skipped, CHECKED]))).resolves.toBeUndefined();
    await expect(wholeness(skipped.subarray(0, -1))).rejects.toThrow('unexpected end of file');
  });

  it.each([
    ['another file with its name', Buffer.from('y,p\n0,0.1\n')],
    ['a block of a kind that there is not', Buffer.from('28b52ffd0458570000792c700a302c302e310ab4bd39eb', 'hex')],
  ])('is not %s', async (_what, bytes) => {
    await expect(wholeness(bytes)).rejects.toMatchObject({ kind: 'data' });
  });
});
