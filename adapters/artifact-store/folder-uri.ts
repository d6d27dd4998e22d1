/** What a place written in a pipeline or a setting means: a folder, or something that is not one. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SegmentryError } from '../../domain/errors.js';
import { refuseCredentials } from '../../domain/refused-address.js';

/**
 * The absolute path of a folder given as a path or a `file://` URI; null when the URI has another scheme.
 *
 * @param what what the place is for, in messages
 */
export function folderOf(uri: string, what: string): string | null {
  if (uri.trim() === '') {
    throw new SegmentryError(`The place of the ${what} is empty: give a folder, such as ./${what}.`, 'usage');
  }
  refuseCredentials(uri, `The place of the ${what}`);
  // A Windows path (C:\x) has a colon too, but no slashes after it.
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(uri);
  if (scheme !== 'file') return null;
  try {
    return fileURLToPath(uri);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SegmentryError(`${uri} does not name a folder for the ${what}: ${why}.`, 'usage');
  }
}
