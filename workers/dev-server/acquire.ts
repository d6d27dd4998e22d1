import { SegmentryError } from '../../domain/errors.js';
import { findTemporalBinary } from './find-binary.js';
import { joinGuardian, type Joined } from './join-guardian.js';
import { isDevServer } from './process-identity.js';
import { answers } from './server-process.js';
import { startGuardian } from './start-guardian.js';
import { findStatePaths, lastLines, prepareStatePaths, readServerRecord, type StatePaths } from './state-files.js';
import { setTimeout as delay } from 'node:timers/promises';

/** The namespace that every dev server has; one folder's runs need no other. */
const NAMESPACE = 'default';
/** Longer than the guardian waits for the server, so that its reason arrives and not our impatience. */
const ACQUIRE_TIMEOUT_MS = 90_000;
/** How soon a guardian that was just started is looked for again. */
const JOIN_POLL_MS = 50;

export interface AcquireOptions {
  /** The folder whose `.segmentry/temporal/` holds the server's database. */
  readonly folder: string;
  /** Told each thing that takes a moment or that a person may want to know. */
  readonly onStep?: (message: string) => void;
  /** Whether a server that has to be started serves Temporal's UI. @default true */
  readonly ui?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

export interface DevServer {
  /** `127.0.0.1:port` of the frontend. */
  readonly address: string;
  /** `null` when the server that runs here was started without UI. */
  readonly uiUrl: string | null;
  readonly namespace: typeof NAMESPACE;
  /** Whether this call started the server; false when it ran already. */
  readonly started: boolean;
  /** Lets go of the server; it ends when nobody holds it. Dying without calling this does the same. */
  release(): Promise<void>;
}

/**
 * The Temporal dev server of a folder: joined when it runs, else started. It runs for as long as some process holds it.
 *
 * @throws SegmentryError of kind `infrastructure`, or `usage` for a wrong SEGMENTRY_TEMPORAL_CLI
 */
export async function acquireDevServer(options: AcquireOptions): Promise<DevServer> {
  const paths = await statePathsOf(options.folder);
  let joined = await joinOrStart(paths, options);
  let released = false;

  // A guardian that was killed takes no server with it. While we still need the server, the next guardian takes it over.
  const rejoinWhenLost = ({ connection }: Joined): void => {
    connection.once('close', () => {
      if (released) return;
      joinOrStart(paths, options).then(
        (next) => {
          if (next.server.address !== joined.server.address) {
            options.onStep?.(`The Temporal dev server moved from ${joined.server.address} to ${next.server.address}.`);
          }
          joined = next;
          if (released) next.connection.destroy();
          else rejoinWhenLost(next);
        },
        (error: unknown) => options.onStep?.(`The Temporal dev server is lost: ${(error as Error).message}`),
      );
    });
  };
  rejoinWhenLost(joined);

  return {
    address: joined.server.address,
    uiUrl: joined.server.uiUrl,
    namespace: NAMESPACE,
    started: joined.started,
    release: async () => {
      released = true;
      const { connection } = joined;
      if (connection.destroyed) return;
      await new Promise((resolve) => connection.once('close', resolve).destroy());
    },
  };
}

/** What runs in a folder, without starting anything. */
export interface DevServerDescription {
  readonly address: string;
  readonly uiUrl: string | null;
  readonly namespace: typeof NAMESPACE;
  readonly pid: number;
  /** False for a server left behind by a guardian that was killed; the next command takes it over. */
  readonly guarded: boolean;
}

export async function describeDevServer(folder: string): Promise<DevServerDescription | null> {
  const paths = await findStatePaths(folder);
  if (paths === null) return null;
  const joined = await joinGuardian(paths, ACQUIRE_TIMEOUT_MS);
  if (joined !== null) {
    joined.connection.destroy();
    const { address, uiUrl, serverPid } = joined.server;
    return { address, uiUrl, namespace: NAMESPACE, pid: serverPid, guarded: true };
  }
  const record = await readServerRecord(paths);
  if (record === null || !(await isDevServer(record.pid, paths.database)) || !(await answers(record.httpPort)))
    return null;
  return { address: record.address, uiUrl: record.uiUrl, namespace: NAMESPACE, pid: record.pid, guarded: false };
}

async function statePathsOf(folder: string): Promise<StatePaths> {
  try {
    return await prepareStatePaths(folder);
  } catch (error) {
    throw new SegmentryError(
      `The embedded Temporal needs a folder that can be written, and ${folder} is not: ${(error as Error).message}. ` +
        'Run the command in another folder, or set TEMPORAL_ADDRESS to a Temporal service.',
      'infrastructure',
    );
  }
}

/** Whoever of several commands comes first starts the guardian; all of them join the one that won. */
async function joinOrStart(paths: StatePaths, options: AcquireOptions): Promise<Joined & { started: boolean }> {
  const { onStep = () => undefined, ui = true, env = process.env } = options;
  let deadline = performance.now() + ACQUIRE_TIMEOUT_MS;
  let guardian: ReturnType<typeof startGuardian> | undefined;
  while (performance.now() < deadline) {
    const joined = await joinGuardian(paths, deadline - performance.now());
    if (joined !== null) return { ...joined, started: joined.server.guardianPid === guardian?.pid };
    if (guardian === undefined) {
      const binary = await findTemporalBinary({ env, onStep });
      // Fetching it may take minutes, once; how long the server takes to start is another matter.
      deadline = performance.now() + ACQUIRE_TIMEOUT_MS;
      onStep(`Starting the Temporal dev server of ${options.folder} (Temporal CLI ${binary.version}).`);
      guardian = startGuardian(paths, { stateFolder: paths.stateFolder, binary: binary.path, ui });
    } else if (guardian.state() === 'failed') {
      throw new SegmentryError(
        `The guardian of the Temporal dev server did not start. Its last log lines (${paths.guardianLog}):\n` +
          (await lastLines(paths.guardianLog)),
        'infrastructure',
      );
    } else if (guardian.state() === 'left') {
      guardian = undefined;
    }
    await delay(JOIN_POLL_MS);
  }
  throw new SegmentryError(
    `No Temporal dev server came up for ${options.folder} within ${ACQUIRE_TIMEOUT_MS / 1000} s. ` +
      `The server's last log lines (${paths.serverLog}):\n${await lastLines(paths.serverLog)}`,
    'infrastructure',
  );
}
