import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the dev server of one folder keeps its things. */
export interface StatePaths {
  readonly stateFolder: string;
  /** Temporal's SQLite file: workflows survive a restart of the server. */
  readonly database: string;
  readonly serverRecord: string;
  readonly serverLog: string;
  /** The log of the server before this one: a crash is still readable after the next start. */
  readonly previousServerLog: string;
  readonly guardianLog: string;
}

/** What `server.json` says about the server that was started last. Written before it answers, so that no crash hides it. */
export interface ServerRecord {
  readonly pid: number;
  readonly address: string;
  readonly uiUrl: string | null;
  readonly httpPort: number;
  readonly binary: string;
}

/** Paths for a folder, by its real path: the same folder through two names has one server. Creates the state folder. */
export async function prepareStatePaths(folder: string): Promise<StatePaths> {
  const stateFolder = join(await realpath(folder), '.segmentry', 'temporal');
  await mkdir(stateFolder, { recursive: true });
  return statePathsIn(stateFolder);
}

/** Like {@link prepareStatePaths}, but looks only: `null` when nothing ever ran in this folder. */
export async function findStatePaths(folder: string): Promise<StatePaths | null> {
  try {
    return statePathsIn(await realpath(join(folder, '.segmentry', 'temporal')));
  } catch {
    return null;
  }
}

export function statePathsIn(stateFolder: string): StatePaths {
  return {
    stateFolder,
    database: join(stateFolder, 'temporal.db'),
    serverRecord: join(stateFolder, 'server.json'),
    serverLog: join(stateFolder, 'server.log'),
    previousServerLog: join(stateFolder, 'server.previous.log'),
    guardianLog: join(stateFolder, 'guardian.log'),
  };
}

/** The longest path that a unix socket may have on every system that we run on (macOS allows 104 bytes with the NUL). */
const SOCKET_PATH_LIMIT_BYTES = 103;

/**
 * A socket path of this process's own, never used before, so that binding it cannot collide with a dead one.
 * Not in the state folder: that path may be too long, or on a file system without sockets.
 */
export function newSocketPath(stateFolder: string): string {
  const folderHash = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
  const name = `segmentry-${folderHash}-${process.pid}-${Date.now().toString(36)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const inTemporaryFolder = join(tmpdir(), `${name}.sock`);
  return Buffer.byteLength(inTemporaryFolder) <= SOCKET_PATH_LIMIT_BYTES ? inTemporaryFolder : `/tmp/${name}.sock`;
}

/** Written aside and renamed: a reader sees the old record or the new one, never half of one. */
export async function writeServerRecord(paths: StatePaths, record: ServerRecord): Promise<void> {
  const temporary = `${paths.serverRecord}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, paths.serverRecord);
}

/** `null` when there is none, or when it is not a record of ours: nothing may be concluded from it then. */
export async function readServerRecord(paths: StatePaths): Promise<ServerRecord | null> {
  try {
    const record = JSON.parse(await readFile(paths.serverRecord, 'utf8')) as Partial<ServerRecord> | null;
    const { pid, address, uiUrl = null, httpPort, binary = 'temporal' } = record ?? {};
    if (typeof pid !== 'number' || typeof address !== 'string' || typeof httpPort !== 'number') return null;
    return { pid, address, uiUrl, httpPort, binary };
  } catch {
    return null;
  }
}

/** Removes the record of this server, not of one that somebody started meanwhile. */
export async function removeServerRecord(paths: StatePaths, pid: number): Promise<void> {
  if ((await readServerRecord(paths))?.pid === pid) await rm(paths.serverRecord, { force: true });
}

/** Enough to see why a server did not start, without hiding the sentence before it. */
const LOG_TAIL_LINES = 15;

export async function lastLines(file: string): Promise<string> {
  try {
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    return lines.slice(-LOG_TAIL_LINES).join('\n') || '(the log is empty)';
  } catch {
    return '(there is no log)';
  }
}
