/** Digests of files that others write, remembered for as long as a file looks as it did when it was hashed. */
import { stat } from 'node:fs/promises';
import type { ArtifactRef } from '../../domain/artifact.js';
import { hashFile } from './durable-files.js';
import { RecentMap } from './recent-map.js';

/**
 * A file that was changed less than this before it was hashed, in milliseconds, is hashed again: another change within one tick of the
 * file system's clock would not show. Clocks of file systems tick every 2 s at worst (FAT).
 */
const SETTLED_MS = 2_000;

/** Files that are remembered; a forgotten one costs no more than hashing it again. */
const MOST_FILES = 10_000;

interface Remembered {
  readonly appearance: string;
  readonly ref: ArtifactRef;
}

export class FileDigests {
  private readonly files = new RecentMap<string, Remembered>(MOST_FILES);

  /** SHA-256 and size of the file's bytes. */
  async of(path: string): Promise<ArtifactRef> {
    const known = await this.remembered(path);
    if (known !== null) return known;
    const before = await appearanceOf(path);
    const settled = Date.now() - before.changedMs >= SETTLED_MS;
    const ref = await hashFile(path);
    if (settled && (await appearanceOf(path)).text === before.text)
      this.files.set(path, { appearance: before.text, ref });
    return ref;
  }

  /** What was remembered of the file, if it has not changed since; the same object each time. */
  async remembered(path: string): Promise<ArtifactRef | null> {
    const known = this.files.get(path);
    if (known === undefined) return null;
    return (await appearanceOf(path)).text === known.appearance ? known.ref : null;
  }
}

/** What changes when a file does. A program can set the modification time back, the time of the change itself it cannot. */
async function appearanceOf(path: string): Promise<{ readonly text: string; readonly changedMs: number }> {
  const { size, mtimeNs, ctimeNs, ctimeMs, ino, dev } = await stat(path, { bigint: true });
  return { text: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, changedMs: Number(ctimeMs) };
}
