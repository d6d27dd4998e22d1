import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { latestGuardian } from '../../workers/dev-server/claim.js';
import { commandLineOf } from '../../workers/dev-server/process-identity.js';

/** Far more than anything here takes, also on a busy machine: a test that waits longer has failed, none measures time. */
const PATIENCE_MS = 40_000;
const POLL_MS = 50;

export interface Command {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly address: string;
  readonly uiUrl: string | null;
  readonly started: boolean;
  /** Everything it said, also later. */
  readonly said: Record<string, unknown>[];
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Lets it end by itself. */
  finish(): Promise<number | null>;
}

/** The folders and processes of one test; `cleanUp` ends and removes all of them. */
export class Commands {
  private readonly folders: string[] = [];
  private readonly children: ChildProcess[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'segmentry-dev-server-test-'));
    this.folders.push(folder);
    return folder;
  }

  /** Starts a command and returns when it has its server. */
  async start(folder: string, ...args: string[]): Promise<Command> {
    const script = fileURLToPath(new URL('./dev-server-command.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, folder, ...args], {
      // A group of its own, as a shell gives each command: Ctrl-C is a signal to the whole group.
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.children.push(child);
    const said: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) =>
      said.push(JSON.parse(line) as Record<string, unknown>),
    );
    const exited = once(child, 'exit');
    await until('the command has its server', () => said.some((what) => 'address' in what) || child.exitCode !== null);
    const got = said.find((what) => 'address' in what) as { address: string; uiUrl: string | null; started: boolean };
    return {
      ...got,
      process: child,
      pid: child.pid!,
      said,
      kill: async (signal) => {
        process.kill(-child.pid!, signal);
        await exited;
      },
      finish: async () => {
        child.stdin.write('end\n');
        await exited;
        return child.exitCode;
      },
    };
  }

  async cleanUp(): Promise<void> {
    for (const child of this.children.splice(0))
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    for (const folder of this.folders.splice(0)) {
      await untilNothingRuns(folder);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

export async function serverPid(folder: string): Promise<number> {
  const record = await readFile(join(folder, '.segmentry', 'temporal', 'server.json'), 'utf8');
  return (JSON.parse(record) as { pid: number }).pid;
}

/** Null while one guardian has gone and the next one is not there yet. */
export async function guardianNow(folder: string): Promise<number | null> {
  return (await latestGuardian(join(folder, '.segmentry', 'temporal')))?.pid ?? null;
}

export async function guardianPid(folder: string): Promise<number> {
  const pid = await guardianNow(folder);
  if (pid === null) throw new Error(`no guardian is there for ${folder}`);
  return pid;
}

export async function isAlive(pid: number): Promise<boolean> {
  return (await commandLineOf(pid)) !== null;
}

/** The server and the guardian of a folder are both gone, and have removed the server's record. */
export async function untilNothingRuns(folder: string): Promise<void> {
  await until(`nothing runs in ${folder}`, async () => {
    const guardian = await latestGuardian(join(folder, '.segmentry', 'temporal')).catch(() => null);
    if (guardian !== null && (await isAlive(guardian.pid))) return false;
    const pid = await serverPid(folder).catch(() => null);
    return pid === null || !(await isAlive(pid));
  });
}

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}.`);
    await delay(POLL_MS);
  }
}
