/**
 * Files `000001.json`, `000002.json`, ... in a folder. Each appears whole, under a number that nobody had, and is never
 * rewritten. That makes a compare-and-set between any processes that see the folder, without a lock that a killed process
 * could leave behind: of all that try to take a number, one gets it.
 */
import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncFolder, temporaryBeside, writeNew } from '../artifact-store/durable-files.js';
import { errorCode, ifPresent } from '../artifact-store/io-errors.js';
import { makeFolder } from '../artifact-store/make-folder.js';

/**
 * How long a file that another process writes in place (see {@link NumberedFiles.take}) is waited for, in milliseconds. By our own clock from
 * our first look: when the file was written is said by a clock of another machine.
 */
const WRITING_MS = 3000;

/** How often a file that is being written in place is looked at again. */
const LOOK_AGAIN_MS = 20;

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

export interface NumberedFilesOptions {
  /** Makes a hard link; tests replace it to stand for a file system that has none. */
  readonly link?: (from: string, to: string) => Promise<void>;
}

export class NumberedFiles {
  constructor(
    readonly folder: string,
    private readonly options: NumberedFilesOptions = {},
  ) {}

  pathOf(seq: number): string {
    return join(this.folder, fileNameOf(seq));
  }

  /** The highest number that is there, 0 for none or no folder. Lower ones may be missing from the listing that said so. */
  async newest(): Promise<number> {
    const names = (await ifPresent(() => readdir(this.folder))) ?? [];
    return names.reduce((newest, name) => Math.max(newest, numberOf(name)), 0);
  }

  /**
   * The text of a file, or null when it is missing. The newest one may still be in the making where it is written in
   * place: it is waited for, and returned half when that takes too long.
   */
  async text(seq: number, isNewest: boolean): Promise<string | null> {
    const path = this.pathOf(seq);
    const began = performance.now();
    for (;;) {
      const text = await ifPresent(() => readFile(path, 'utf8'));
      if (text === null || !isNewest || isWhole(text)) return text;
      if (performance.now() - began > WRITING_MS) return text;
      await sleep(LOOK_AGAIN_MS);
    }
  }

  /** Makes the file, whole, if nothing has its number. Of any number of processes that try, exactly one gets true. */
  async take(seq: number, text: string): Promise<boolean> {
    const path = this.pathOf(seq);
    await makeFolder(this.folder);
    const temporary = temporaryBeside(path);
    try {
      await writeNew(temporary, text);
      await (this.options.link ?? link)(temporary, path);
      await syncFolder(this.folder);
      return true;
    } catch (error) {
      const code = errorCode(error);
      // Over NFS the answer to a link that was made can get lost, and the repeated call then finds its own work. Two
      // names on our file say that it was us.
      if (code === 'EEXIST') return (await stat(temporary)).nlink > 1;
      if (code !== null && NO_HARD_LINKS.has(code)) return await takeInPlace(path, text);
      throw error;
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

/** For file systems without hard links. A process that dies in here leaves half a file, which readers report. */
async function takeInPlace(path: string, text: string): Promise<boolean> {
  try {
    await writeNew(path, text);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    // The name was ours, so what is there is our own half file.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Whether the text is JSON at all: a file that is still being written is not. */
export function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

export function fileNameOf(seq: number): string {
  return `${String(seq).padStart(6, '0')}.json`;
}

/** The number in a file's name, 0 for any other file. */
export function numberOf(name: string): number {
  return /^\d{6,15}\.json$/.test(name) ? Number.parseInt(name, 10) : 0;
}
