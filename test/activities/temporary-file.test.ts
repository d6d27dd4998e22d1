import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTemporaryFile } from '../../activities/temporary-file.js';
import { createArtifactStore } from '../../adapters/artifact-store/index.js';
import { newFolder } from '../scratch-folder.js';

describe('a file on its way into the store', () => {
  it('leaves nothing when what wrote it failed half way, with whatever was beside it', async () => {
    const folder = await newFolder();
    const failed = withTemporaryFile(createArtifactStore(folder), 'rows.parquet', async (path) => {
      await writeFile(path, 'half');
      await mkdir(`${path}.tmp`);
      await writeFile(join(`${path}.tmp`, 'spilled'), 'more');
      throw new Error('the disk is full');
    });
    await expect(failed).rejects.toThrow('the disk is full');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('may be moved into it', async () => {
    const folder = await newFolder();
    const store = createArtifactStore(folder);
    const ref = await withTemporaryFile(store, 'rows.parquet', async (path) => {
      await writeFile(path, 'whole');
      return store.putFile(path, { move: true });
    });
    expect(Buffer.from(await store.readBytes(ref)).toString()).toBe('whole');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});
