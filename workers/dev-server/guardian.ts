/**
 * The guardian: a small process that belongs to a folder and to no terminal. It runs the folder's Temporal dev server for
 * as long as commands are connected to it. A connection is the one thing that the operating system ends with a
 * command however it dies, so no command has to clean up after itself.
 *
 * Started by `acquire.ts` as `node guardian.js '<GuardianOptions as JSON>'`. What it prints goes to `guardian.log`.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { claimGuardianship, isSuperseded, type GuardianRecord } from './claim.js';
import type { GuardianOptions } from './guardian-options.js';
import { send, type GuardianMessage } from './messages.js';
import { usualPorts, type ServerPorts } from './ports.js';
import { adoptServer, startServer, type RunningServer } from './server-process.js';
import { newSocketPath, readServerRecord, removeServerRecord, statePathsIn } from './state-files.js';

/** The next command of a script finds the server still warm. */
const LINGER_MS = 1000;
/** The command that started the guardian has to connect; one that was killed meanwhile never will. */
const FIRST_COMMAND_MS = 10_000;
/** A server that keeps dying is reported instead of being started for ever. */
const RESTART_LIMIT = 3;

const options = JSON.parse(process.argv[2] ?? '{}') as GuardianOptions;
const paths = statePathsIn(options.stateFolder);
const guardianPid = process.pid;
process.title = `segmentry dev server guardian of ${options.stateFolder}`;

const commands = new Set<Socket>();
const abort = new AbortController();
let message: GuardianMessage = { state: 'starting', guardianPid };
let farewell: NodeJS.Timeout | undefined;
let ending: Promise<never> | undefined;
let serving: Promise<RunningServer | null> = Promise.resolve(null);
let me: GuardianRecord | null = null;

function tell(news: GuardianMessage): void {
  message = news;
  for (const command of commands) send(command, news);
}

const socketPath = newSocketPath(paths.stateFolder);
const door = createServer((command) => {
  commands.add(command);
  clearTimeout(farewell);
  command.on('error', () => undefined); // The close that follows says all we need.
  command.on('close', () => {
    commands.delete(command);
    if (commands.size === 0) leaveAfter(LINGER_MS);
  });
  command.resume(); // Commands say nothing, but only a stream that is read notices its end.
  send(command, message);
});

function leaveAfter(milliseconds: number): void {
  clearTimeout(farewell);
  farewell = setTimeout(() => void end(), milliseconds);
}

/** Keeps the door open until the server is gone, so that no successor starts a second one on the same database. */
function end(): Promise<never> {
  ending ??= (async () => {
    if (message.state !== 'failed') tell({ state: 'stopping', guardianPid });
    abort.abort();
    try {
      const server = await serving.catch(() => null);
      // A successor that took over adopted the server together with its commands.
      if (server !== null && me !== null && !(await isSuperseded(paths.stateFolder, me))) {
        await server.stop();
        await removeServerRecord(paths, server.record.pid);
      }
      await rm(socketPath, { force: true });
      process.exit(0);
    } catch (error) {
      console.error('The server could not be ended:', error);
      process.exit(1);
    }
  })();
  return ending;
}

async function serve(restarts: number, previousPorts?: ServerPorts): Promise<RunningServer> {
  const orphan = restarts === 0 ? await readServerRecord(paths) : null;
  const adopted = orphan === null ? null : await adoptServer(paths, orphan);
  const ports = previousPorts ?? (await usualPorts());
  const server = adopted ?? (await startServer({ ...options, paths, ports, signal: abort.signal }));
  const { address, uiUrl, pid: serverPid } = server.record;
  if (ending === undefined) tell({ state: 'ready', guardianPid, address, uiUrl, serverPid });
  void server.ended.then((how) => {
    if (ending !== undefined) return;
    console.error(`The server (pid ${serverPid}) ${how}.`);
    if (restarts < RESTART_LIMIT) {
      tell({ state: 'starting', guardianPid });
      keepServing(restarts + 1, portsOf(server));
    } else fail(`The Temporal dev server ${how} for the ${restarts + 1}th time; see ${paths.serverLog}.`);
  });
  return server;
}

/** The same ports again: commands that are connected find the restarted server where the old one was. */
function portsOf({ record }: RunningServer): ServerPorts {
  return {
    frontend: Number(record.address.split(':')[1]),
    ui: Number(new URL(record.uiUrl ?? 'http://localhost:0').port),
    http: record.httpPort,
  };
}

function keepServing(restarts: number, previousPorts?: ServerPorts): void {
  serving = serve(restarts, previousPorts);
  serving.catch((error: unknown) => fail((error as Error).message));
}

/** Stays for a moment, so that every command that waits reads the reason. */
function fail(reason: string): void {
  console.error(reason);
  if (ending !== undefined) return;
  tell({ state: 'failed', guardianPid, reason });
  if (commands.size === 0) leaveAfter(LINGER_MS);
}

// The signals of a shutdown of the machine; the terminal's Ctrl-C does not reach a session of its own.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());

await new Promise<void>((resolve, reject) => {
  door.once('error', reject);
  door.listen(socketPath, resolve);
});
// A named pipe has no mode; a socket file must be this user's only, whoever connects keeps the server alive.
if (process.platform !== 'win32') await chmod(socketPath, 0o600);

// Before the claim makes the door known: whoever connects stops this clock. Set after it, the clock would run on behind the first command's back,
// and end a server that is in use.
leaveAfter(FIRST_COMMAND_MS);
me = await claimGuardianship(paths.stateFolder, socketPath);
if (me === null) {
  await rm(socketPath, { force: true });
  process.exit(0);
}
keepServing(0);
