/** The files that a person asks a command to write. */
import { access, constants, copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { explainIo } from '../adapters/artifact-store/io-errors.js';
import { SegmentryError } from '../domain/errors.js';

/** @throws SegmentryError (usage) */
export async function copyTo(from: string, to: string): Promise<void> {
  await intoFolder(to, () => copyFile(from, to));
}

/** @throws SegmentryError (usage) */
export async function writeTo(path: string, text: string): Promise<void> {
  await intoFolder(path, () => writeFile(path, text));
}

/**
 * That a file cannot be written is told before a run of minutes, not after it. Makes the folder, and no file: another command may be
 * writing the same one.
 *
 * @param paths "-" is stdout; undefined was not asked for
 * @throws SegmentryError (usage)
 */
export async function requireWritable(...paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of paths) {
    if (path === undefined || path === '-') continue;
    await intoFolder(path, async () => {
      const found = await stat(path).catch(() => null);
      if (found?.isDirectory() === true) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
      await access(found === null ? dirname(resolve(path)) : path, constants.W_OK);
    });
  }
}

async function intoFolder(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await work();
  } catch (error) {
    // The person who named the file is to name another one; the file system is as it should be.
    throw new SegmentryError(explainIo(error, 'write', path).message, 'usage');
  }
}
