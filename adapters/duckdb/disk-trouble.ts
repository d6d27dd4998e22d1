/** What DuckDB could not do because of the disk, and not because of the data or the SQL: it may pass, so a stage tries it again. */
import type { SegmentryError } from '../../domain/errors.js';
import { explainCode } from '../artifact-store/io-errors.js';

/** DuckDB tells them in the system's words. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Read-only file system': 'EROFS',
  'Input/output error': 'EIO',
  'Too many open files': 'EMFILE',
};

/**
 * Null for any other error.
 *
 * @param mayFillDisk false where what does not fit into memory has a limit of its own: then it is the SQL that wants too much
 */
export function diskTrouble(error: unknown, mayFillDisk: boolean): SegmentryError | null {
  const text = error instanceof Error ? error.message : '';
  if (mayFillDisk && text.startsWith('Out of Memory Error: failed to offload'))
    return explainCode('ENOSPC', 'put aside what does not fit into memory in', 'the artifact folder');
  if (!text.startsWith('IO Error')) return null;
  const [, code] = Object.entries(SYSTEM_ERRORS).find(([words]) => text.includes(words)) ?? [];
  if (code === undefined) return null;
  return explainCode(code, 'read or write', /"([^"]+)"/.exec(text)?.[1] ?? 'a file');
}
