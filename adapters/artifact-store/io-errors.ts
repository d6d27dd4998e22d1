/** What the file system refuses, in words that say where and what to do. */
import { SegmentryError } from '../../domain/errors.js';

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied. Give the user that runs Segmentry access to it, or choose another folder',
  EPERM: 'the operation is not permitted. Give the user that runs Segmentry access to it, or choose another folder',
  EROFS: 'the file system is read-only. Mount it writable, or choose another folder',
  ENOSPC: 'the disk is full. Free some space, then run again: what is done is not done twice',
  EDQUOT: 'the disk quota is used up. Free some space, then run again: what is done is not done twice',
  ENOTDIR: 'a part of this path is a file, not a folder. Move the file away, or choose another folder',
  EEXIST: 'something else is already at this path. Move it away, or choose another folder',
  EISDIR: 'this is a folder, and a file is needed',
  ENOENT: 'there is no such file or folder',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n) or lower the concurrency',
  EIO: 'the device reports an error. Check the disk',
};

/** The code of a Node system error ("ENOENT"), or null for any other error. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/**
 * `error` as one that a user understands: "Cannot write the artifact /data/x: the disk is full. ...". One that is
 * explained already passes through.
 *
 * @param doing what was tried, as in "write the artifact"
 */
export function explainIo(error: unknown, doing: string, path: string): SegmentryError {
  if (error instanceof SegmentryError) return error;
  const advice = ADVICE[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
  const explained = new SegmentryError(`Cannot ${doing} ${path}: ${advice}.`, 'infrastructure');
  explained.cause = error;
  return explained;
}

/** {@link explainIo} for an error of which only the code is known ("ENOSPC"). */
export function explainCode(code: string, doing: string, path: string): SegmentryError {
  return explainIo(Object.assign(new Error(code), { code }), doing, path);
}

/** Runs `operation`; what the file system refuses becomes an explained error. */
export async function explained<T>(doing: string, path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw explainIo(error, doing, path);
  }
}

/** {@link explained}, for an operation that is done when it returns. */
export function explainedSync<T>(doing: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw explainIo(error, doing, path);
  }
}

/** The result of `operation`, or null when the file or folder is not there. */
export async function ifPresent<T>(operation: () => Promise<T>): Promise<T | null> {
  try {
    return await operation();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
