/**
 * Files that are there whole or not at all, whatever is killed and whenever: written under a temporary name, flushed to
 * the disk, then renamed. Reading and hashing goes in pieces, so that a file's size never decides how much memory is used.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, copyFile, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ArtifactRef } from '../../domain/artifact.js';
import { errorCode } from './io-errors.js';
import { makeFolder } from './make-folder.js';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 as lower-case hex. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 and size of a file, as its bytes are read. */
export async function hashFile(path: string): Promise<ArtifactRef> {
  return withFile(path, 'r', (file) => readThrough(file));
}

/**
 * Copies `from` to the new file `to`. The system copies, which is several times as fast as reading and writing. It is not flushed to the
 * disk yet ({@link syncFile}).
 */
export async function copyNew(from: string, to: string): Promise<void> {
  // A copy gets its source's permissions, and the source may be for one person only: those of a file of our own are put back.
  const mode = await withFile(to, 'wx', async (target) => (await target.stat()).mode);
  await copyFile(from, to);
  await chmod(to, mode);
}

/** Copies `from` to the new file `to`, flushed to the disk; the digest is of what arrived. */
export async function copyDurably(from: string, to: string): Promise<ArtifactRef> {
  await copyNew(from, to);
  await syncFile(to);
  return hashFile(to);
}

/** Writes the new file `path`, flushed to the disk. It is not atomic: use a name that nobody reads. */
export async function writeNew(path: string, bytes: Uint8Array | string): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes);
    await file.sync();
  });
}

/** Replaces `path` by a file with these bytes; readers see the old one or the new one. Its folder is made when missing. */
export async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  await replace(path, (temporary) => writeNew(temporary, bytes), renameDurably);
}

/** The same for what is of no worth after a power cut, or shows that it is damaged: nobody waits for the disk. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await replace(path, (temporary) => writeFile(temporary, bytes, { flag: 'wx' }), rename);
}

async function replace(
  path: string,
  write: (temporary: string) => Promise<void>,
  putInPlace: (from: string, to: string) => Promise<void>,
): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    await write(temporary);
    await putInPlace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Renames, and flushes the folder so that the new name survives a power cut too. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/**
 * Flushes a file that somebody else wrote (DuckDB, for one, does not).
 *
 * @param unwritten called when the system could not write the file's bytes; not when the file could not be opened, which says nothing of them
 */
export async function syncFile(path: string, unwritten?: () => Promise<void>): Promise<void> {
  // Another user's file may be one that we can only read, which is enough where the system is not Windows.
  await withFile(path, process.platform === 'win32' ? 'r+' : 'r', async (file) => {
    try {
      await file.sync();
    } catch (error) {
      await unwritten?.();
      throw error;
    }
  });
}

/** Flushes a folder's list of names. Not every system can (Windows cannot): there, the rename itself must do. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await withFile(path, 'r', (folder) => folder.sync());
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** A name in the same folder (so on the same file system) that no other process uses and no reader looks at. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomUUID()}.tmp`);
}

/** Whether {@link temporaryBeside} gives such names. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

async function readThrough(file: FileHandle): Promise<ArtifactRef> {
  const hash = createHash('sha256');
  let [current, spare] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
  let bytes = 0;
  let reading = file.read(current, 0, CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
    // The next piece is read while this one is hashed: reading takes nearly as long.
    reading = file.read(spare, 0, CHUNK_BYTES);
    hash.update(current.subarray(0, bytesRead));
    bytes += bytesRead;
    [current, spare] = [spare, current];
  }
}

async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
