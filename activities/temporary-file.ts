/** Files on their way into the store. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import { explained } from '../adapters/artifact-store/io-errors.js';

/**
 * Calls `use` with a name for a new file in a folder of its own, and leaves nothing there, whatever comes of it. A stage that failed half
 * way is tried again, several times: on a disk that is full, each attempt would otherwise take what little had been freed.
 */
export async function withTemporaryFile<T>(
  store: ArtifactStore,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = store.temporaryPath();
  await explained('write to the artifact folder', folder, () => mkdir(folder));
  try {
    return await use(join(folder, name));
  } finally {
    await rm(folder, { force: true, recursive: true }).catch(() => undefined);
  }
}
