import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, LOOPBACK, type ServerPorts } from './ports.js';
import { isDevServer } from './process-identity.js';
import { lastLines, removeServerRecord, writeServerRecord, type ServerRecord, type StatePaths } from './state-files.js';

/** A cold start takes about a second; a loaded machine with two cores and a slow disk may need many. */
const START_TIMEOUT_MS = 60_000;
/** How often a starting server is asked whether it answers. */
const READY_POLL_MS = 50;
/** How often a server that is not our child is looked at, which is the only way to notice that it ended. */
const ADOPTED_POLL_MS = 500;
/** One question to a server on this machine. */
const QUESTION_TIMEOUT_MS = 5000;
/** Temporal ends itself in about two seconds; then it is killed, SQLite recovers from that. */
const STOP_TIMEOUT_MS = 10_000;
/** A port that looked free may be taken by the time the server binds it: other ports then, this often. */
const START_ATTEMPTS = 3;
/**
 * Temporal's dev server forgets finished workflows after one day. A team that looks at last month's runs finds them;
 * the run's results themselves do not depend on it.
 */
const RETENTION_SECONDS = 365 * 24 * 60 * 60;

/** A server that answers, started by us or found running. */
export interface RunningServer {
  readonly record: ServerRecord;
  /** Settles with the reason when the server ends, whoever ended it. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly paths: StatePaths;
  readonly binary: string;
  readonly ui: boolean;
  readonly ports: ServerPorts;
  /** Aborted when nobody waits for the server any more. */
  readonly signal: AbortSignal;
}

/** Starts the server and returns when its frontend answers, or throws with its last log lines. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  let { ports } = options;
  for (let attempt = 1; ; attempt += 1) {
    const started = await startOnce({ ...options, ports });
    if (typeof started !== 'string') return started;
    const log = await lastLines(options.paths.serverLog);
    if (attempt < START_ATTEMPTS && log.includes('address already in use')) {
      ports = await freePorts();
      continue;
    }
    throw new Error(
      `The Temporal dev server ${started}. Its last log lines (${options.paths.serverLog}):\n${log}\n` +
        `If its database was written by another version of Temporal, move ${options.paths.database}* away: ` +
        `the history of workflows is then lost, results and models are not.`,
    );
  }
}

/** The running server, or how the attempt ended. */
async function startOnce({ paths, binary, ui, ports, signal }: StartOptions): Promise<RunningServer | string> {
  await rename(paths.serverLog, paths.previousServerLog).catch(() => undefined);
  const log = await open(paths.serverLog, 'w');
  const child = spawn(binary, serverArguments(paths, ui, ports), {
    // A group of its own: a `temporal` that is a wrapper script is ended together with what it started.
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log.fd, log.fd],
    env: environmentOfServer(),
  });
  await log.close();
  const ended = Promise.race([
    once(child, 'exit').then(
      ([code, killedBy]) => `ended with ${killedBy === null ? `code ${code}` : String(killedBy)}`,
    ),
    once(child, 'error').then(([error]) => `cannot be started from ${binary}: ${(error as Error).message}`),
  ]).catch((error: unknown) => `cannot be started from ${binary}: ${(error as Error).message}`);
  const { pid } = child;
  if (pid === undefined) return await ended;

  const record: ServerRecord = {
    pid,
    address: `${LOOPBACK}:${ports.frontend}`,
    uiUrl: ui ? `http://${LOOPBACK}:${ports.ui}` : null,
    httpPort: ports.http,
    binary,
  };
  await writeServerRecord(paths, record);

  const running = { record, ended, stop: () => stopProcess(pid, ended, () => Promise.resolve(isRunning(child))) };
  const outcome = await Promise.race([ended, untilAnswering(record, signal)]);
  if (outcome === 'answers') {
    await keepHistory(record);
    return running;
  }
  await running.stop();
  await removeServerRecord(paths, pid);
  return outcome;
}

function isRunning(child: { exitCode: number | null; signalCode: NodeJS.Signals | null }): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Takes over a server whose guardian was killed, if it is ours and answers; ends it if it is ours and does not. */
export async function adoptServer(paths: StatePaths, record: ServerRecord): Promise<RunningServer | null> {
  const alive = (): Promise<boolean> => isDevServer(record.pid, paths.database);
  if (!(await alive())) return null;
  const ended = (async () => {
    while (await alive()) await delay(ADOPTED_POLL_MS);
    return 'ended';
  })();
  const stop = (): Promise<void> => stopProcess(record.pid, ended, alive);
  if (await answers(record.httpPort)) return { record, ended, stop };
  await stop();
  return null;
}

/** Whether the frontend behind this port of the HTTP API serves the default namespace. */
export async function answers(httpPort: number): Promise<boolean> {
  try {
    const response = await fetch(namespaceUrl(httpPort), { signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function namespaceUrl(httpPort: number): string {
  return `http://${LOOPBACK}:${httpPort}/api/v1/namespaces/default`;
}

async function untilAnswering(record: ServerRecord, signal: AbortSignal): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (signal.aborted) return 'was not needed any more';
    if (await answers(record.httpPort)) return 'answers';
    await delay(READY_POLL_MS);
  }
  return `did not answer at ${record.address} within ${START_TIMEOUT_MS / 1000} s`;
}

/** Best effort: a server that cannot do this runs workflows just as well. */
async function keepHistory(record: ServerRecord): Promise<void> {
  const body = JSON.stringify({ config: { workflowExecutionRetentionTtl: `${RETENTION_SECONDS}s` } });
  await fetch(`${namespaceUrl(record.httpPort)}/update`, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS),
  }).catch((error: unknown) => console.error('The namespace keeps its short retention:', error));
}

function serverArguments(paths: StatePaths, ui: boolean, ports: ServerPorts): string[] {
  return [
    // The two words that `isDevServer` looks for, then the database, which says whose server this is.
    ...['server', 'start-dev'],
    ...['--db-filename', paths.database],
    ...['--ip', LOOPBACK, '--port', String(ports.frontend), '--http-port', String(ports.http)],
    ...(ui ? ['--ui-port', String(ports.ui)] : ['--headless']),
    ...['--log-level', 'warn'],
    // Two to four times as many workflow steps per second as with SQLite's defaults, measured. What was acknowledged survives
    // a killed process; only a power cut may take the last moments, and never the database.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    // Its own look for newer versions: a dev server inside a command has no business on the internet.
    ...['--dynamic-config-value', 'frontend.enableServerVersionCheck=false'],
  ];
}

/** Without TEMPORAL_*: those configure clients, and the CLI would read a profile that has nothing to do with this server. */
function environmentOfServer(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function stopProcess(pid: number, ended: Promise<string>, isOurs: () => Promise<boolean>): Promise<void> {
  if (!(await isOurs())) return;
  signalGroup(pid, 'SIGTERM');
  const patience = new AbortController();
  const gone = await Promise.race([
    ended.then(() => true),
    delay(STOP_TIMEOUT_MS, false, { signal: patience.signal }).catch(() => true),
  ]);
  patience.abort();
  if (gone || !(await isOurs())) return;
  signalGroup(pid, 'SIGKILL');
  await ended;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    // Windows has no process groups; there, a signal ends the process itself.
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
