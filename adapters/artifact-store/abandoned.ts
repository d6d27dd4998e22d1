/** What killed writers leave behind: files that nobody finishes, under names that nobody reads. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What was not touched for this long is deleted, in milliseconds; no writer works that long on one file. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** How often one process looks, in milliseconds. A worker lives for months; listing folders for every file that it writes would slow it. */
const SWEPT_EVERY_MS = ABANDONED_AFTER_MS;

/** Says when it is time to look again: the first time that it is asked, and once a day. */
export class SweepTimes {
  private last = Number.NEGATIVE_INFINITY;

  due(): boolean {
    const now = Date.now();
    if (now - this.last < SWEPT_EVERY_MS) return false;
    this.last = now;
    return true;
  }
}

/** Deletes what was abandoned in a folder; best effort, because it is nobody's result. */
export async function removeAbandoned(folder: string, isTemporary: (name: string) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporary)) {
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(path, { force: true, recursive: true }).catch(() => undefined);
  }
}
