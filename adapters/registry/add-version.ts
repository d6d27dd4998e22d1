/** Puts a model file into the registry as a new version, which from then on never changes. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { registryName } from '../../domain/registry.js';
import { removeAbandoned } from '../artifact-store/abandoned.js';
import { copyDurably, hashFile, renameDurably, writeNew } from '../artifact-store/durable-files.js';
import { errorCode, explained, ifPresent } from '../artifact-store/io-errors.js';
import { makeFolder } from '../artifact-store/make-folder.js';
import type { AddVersion } from './registry.js';
import {
  EVENTS_FOLDER,
  type FoundVersion,
  listVersions,
  METADATA_FILE,
  MODEL_FILE,
  MODEL_FORMAT,
} from './version-folders.js';

/** Folders of versions on their way are called so, and a UUID. */
const STAGING = '.adding-';

export interface VersionFolder {
  readonly version: FoundVersion;
  /** Of the bytes that are in the registry. */
  readonly sha256: string;
}

/** @param folder of the model; it is made when missing */
export async function addVersionFolder(
  folder: string,
  model: string,
  file: string,
  options: AddVersion,
): Promise<VersionFolder> {
  if (options.version !== undefined) checkVersionName(options.version);
  const source = await explained('read the model', file, () => ifPresent(() => stat(file)));
  if (!source?.isFile()) throw new SegmentryError(`There is no model file at ${file}: give an ONNX file.`, 'usage');
  await explained('add a version in', folder, () => makeFolder(folder));
  // What an addition left that was killed: a copy of a model, which may be large.
  await removeAbandoned(folder, (name) => name.startsWith(STAGING));
  for (let least = 1; ;) {
    const version = options.version ?? nextVersion(await listVersions(folder, model), least);
    const sha256 = await createVersion(folder, version, file, options);
    const there = (await listVersions(folder, model)).find((known) => known.version === version);
    if (sha256 !== null && there !== undefined) return { version: there, sha256 };
    if (options.version !== undefined) return existing(there, model, version, file, folder);
    // Somebody took the number between the look and the rename.
    least = Number(version) + 1;
  }
}

function checkVersionName(version: string): void {
  if (registryName(version, 'version') !== EVENTS_FOLDER) return;
  throw new SegmentryError(`A version cannot be called "${EVENTS_FOLDER}": that folder holds the event log.`, 'usage');
}

function nextVersion(known: readonly FoundVersion[], least: number): string {
  const numbers = known.map(({ version }) => (/^\d{1,15}$/.test(version) ? Number(version) + 1 : 1));
  return String(Math.max(least, ...numbers));
}

/**
 * Makes the version's folder under a temporary name, then renames it, so that a version is there whole or not at all.
 * Returns the SHA-256 of the model, or null when the version's name is taken.
 */
async function createVersion(
  folder: string,
  version: string,
  file: string,
  options: AddVersion,
): Promise<string | null> {
  const staging = join(folder, `${STAGING}${randomUUID()}`);
  const final = join(folder, version);
  return explained('add a version in', folder, async () => {
    if (await exists(final)) return null;
    try {
      await mkdir(staging);
      const { sha256 } = await copyDurably(file, join(staging, MODEL_FILE));
      const { description, metadata } = options;
      const described = { ...metadata, ...(description === undefined ? {} : { description }) };
      const text = JSON.stringify({ ...described, format: MODEL_FORMAT, version, file: MODEL_FILE, sha256 }, null, 2);
      await writeNew(join(staging, METADATA_FILE), `${text}\n`);
      await renameDurably(staging, final);
      return sha256;
    } catch (error) {
      const lostRace = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '') && (await exists(final));
      if (lostRace) return null;
      throw error;
    } finally {
      await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    }
  });
}

/** The version that is there already, if it has the same bytes: then this is the second try of what was done. */
async function existing(
  there: FoundVersion | undefined,
  model: string,
  version: string,
  file: string,
  folder: string,
): Promise<VersionFolder> {
  if (there === undefined) {
    throw new SegmentryError(`Something that is no model version is already at ${join(folder, version)}.`, 'usage');
  }
  const [given, stored] = await Promise.all(
    [file, there.path].map((path) => explained('read the model', path, () => hashFile(path))),
  );
  if (given!.sha256 === stored!.sha256) return { version: there, sha256: stored!.sha256 };
  throw new SegmentryError(
    `${model} already has a version ${version}, with other bytes than ${file}. A version never changes: add it as a new one.`,
    'usage',
  );
}

async function exists(path: string): Promise<boolean> {
  return (await ifPresent(() => stat(path))) !== null;
}
