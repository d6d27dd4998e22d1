/** A new folder that is gone after the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function newFolder(remove: (cleanup: () => Promise<void>) => void = onTestFinished): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'segmentry-test-'));
  remove(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
