/**
 * Files that are there whole or not at all, whatever is killed and whenever: written under a temporary name, flushed to
 * the disk, then renamed. Reading and hashing goes in pieces, so that a file's size never decides how much memory is used.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
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
 * Copies `from` to the new file `to`, flushed to the disk. The system copies, which is several times as fast as reading and writing; the
 * digest is of what arrived, so a source that changes meanwhile cannot end under a digest that is not its own.
 */
export async function copyDurably(from: string, to: string): Promise<ArtifactRef> {
  // A copy gets its source's permissions, and the source may be for one person only: those of a file of our own are put back.
  const mode = await withFile(to, 'wx', async (target) => (await target.stat()).mode);
  await copyFile(from, to);
  await chmod(to, mode);
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
  await makeFolder(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    await writeNew(temporary, bytes);
    await renameDurably(temporary, path);
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

/** Flushes a file that somebody else wrote (DuckDB, for one, does not). */
export async function syncFile(path: string): Promise<void> {
  await withFile(path, 'r+', (file) => file.sync());
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

async function readThrough(file: FileHandle): Promise<ArtifactRef> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
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
