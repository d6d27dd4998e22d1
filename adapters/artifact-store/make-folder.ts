/**
 * Making folders that may be there. Node's own `mkdir(path, { recursive: true })` never returns where the file system
 * answers "no such file" for a new folder in one that exists, as /proc does, so it is not used for a path that a user gives.
 */
import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { errorCode } from './io-errors.js';

/** Makes the folder and those above it; all is well when it is there. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    if (!missesParent(error, path)) throw error;
    await makeFolder(dirname(path));
    // Another process may have made it meanwhile.
    await mkdir(path).catch(async (again: unknown) => {
      if (!(await isFolder(path))) throw refused(again, path);
    });
  }
}

/** {@link makeFolder}, for a caller that cannot wait. */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isFolderSync(path)) return;
    if (!missesParent(error, path)) throw error;
    makeFolderSync(dirname(path));
    try {
      mkdirSync(path);
    } catch (again) {
      if (!isFolderSync(path)) throw refused(again, path);
    }
  }
}

function missesParent(error: unknown, path: string): boolean {
  return errorCode(error) === 'ENOENT' && dirname(path) !== path;
}

/** The folder above is there now, so "no such file" means that this place takes no folders. */
function refused(error: unknown, path: string): unknown {
  if (errorCode(error) !== 'ENOENT') return error;
  return new SegmentryError(
    `Cannot make the folder ${path}: its file system takes no new folders there. Choose another folder.`,
    'infrastructure',
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
