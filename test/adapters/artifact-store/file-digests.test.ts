import { appendFile, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../../adapters/artifact-store/durable-files.js';
import { FileDigests } from '../../../adapters/artifact-store/file-digests.js';
import { newFolder } from '../../scratch-folder.js';

/** Longer than the time in which a change might not show. */
const SETTLES_MS = 2_100;

async function settledFile(content: string): Promise<string> {
  const path = join(await newFolder(), 'rows.csv');
  await writeFile(path, content);
  await new Promise((resolve) => setTimeout(resolve, SETTLES_MS));
  return path;
}

describe('the digest of a file of somebody else', () => {
  it('is remembered while the file stays as it is', async () => {
    const path = await settledFile('a,b\n1,2\n');
    const digests = new FileDigests();
    expect(await digests.remembered(path)).toBeNull();
    const ref = await digests.of(path);
    expect(ref).toEqual({ sha256: sha256Of('a,b\n1,2\n'), bytes: 8 });
    expect(await digests.of(path)).toBe(ref);
    expect(await digests.remembered(path)).toBe(ref);
  });

  it.each([
    [
      'it is written again, with the same length and the old time',
      async (path: string) => {
        const old = new Date(Date.now() - 60_000);
        await writeFile(path, 'a,b\n1,3\n');
        await utimes(path, old, old);
      },
    ],
    ['something is added', (path: string) => appendFile(path, '3,4\n')],
    [
      'another file takes its name',
      async (path: string) => {
        await writeFile(`${path}.new`, 'a,b\n9,9\n');
        await rename(`${path}.new`, path);
      },
    ],
  ])('is another one when %s', async (_how, change) => {
    const path = await settledFile('a,b\n1,2\n');
    const digests = new FileDigests();
    await digests.of(path);
    await change(path);
    expect(await digests.remembered(path)).toBeNull();
    expect((await digests.of(path)).sha256).toBe(sha256Of(await readFile(path)));
  });

  it('is not remembered of a file that was changed just now: the next change might not show', async () => {
    const path = join(await newFolder(), 'rows.csv');
    await writeFile(path, 'a');
    const digests = new FileDigests();
    expect((await digests.of(path)).sha256).toBe(sha256Of('a'));
    expect(await digests.remembered(path)).toBeNull();
  });
});
