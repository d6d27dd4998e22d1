/**
 * What the end-to-end tests and the fault bench share: the built command line in processes of its own, fresh copies of the
 * example, a Temporal dev server and workers. Everything that was started is ended by its pid, every folder removed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { Database } from '../adapters/duckdb/database.js';
import { createRegistry } from '../adapters/registry/create-registry.js';
import type { AliasSet, VerdictRecorded } from '../domain/registry.js';
import type { Result } from '../domain/result.js';
import { connectClient, targetOfDevServer } from '../workers/connection.js';
import { type DevServer, acquireDevServer, describeDevServer } from '../workers/dev-server/index.js';

export const MODEL = 'late-flight';

/** The repository: the tests run this file from the sources, the bench from the build. */
const ROOT = ['..', '../..']
  .map((up) => fileURLToPath(new URL(up, import.meta.url)))
  .find((folder) => existsSync(join(folder, 'package.json')))!;
export const DIST = join(ROOT, 'dist');
export const CLI = join(DIST, 'cli/main.js');
const EXAMPLE = join(ROOT, 'examples/flight-delays');

/** Far more than anything here takes: a test that waits longer has failed, none measures time. */
const PATIENCE_MS = 90_000;
const POLL_MS = 50;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly pid: number;
  readonly finished: Promise<Finished>;
  hasEnded(): boolean;
  stdout(): string;
  stderr(): string;
  /** As when the reader of a pipe ends before the writer. */
  closeStdout(): void;
  /** To the command alone, as `kill` does it. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and its end. */
  stop(): Promise<Finished>;
}

/** A copy of the example that nothing else uses. */
export interface Project {
  readonly folder: string;
  readonly pipeline: string;
  readonly registry: string;
}

export interface Cluster {
  /** Where the server keeps its things. */
  readonly folder: string;
  readonly server: DevServer;
  readonly client: Client;
  /** Of one group of workers on this server: an artifact store and a task queue that no other group has. */
  group(options?: GroupOptions): Promise<WorkerGroup>;
  /** kill -9 to the server, whose guardian starts it again on its ports and its database, three times at most. */
  killServer(): Promise<void>;
  /** Lets go of the server before the sandbox does. */
  close(): Promise<void>;
}

export interface GroupOptions {
  /** In place of a folder that only this group has. */
  readonly store?: string;
  /** In place of a queue that only this group has. */
  readonly taskQueue?: string;
  /** For the group's processes. */
  readonly env?: Record<string, string>;
}

export interface WorkerGroup {
  readonly store: string;
  readonly taskQueue: string;
  /** For commands that start or watch runs of this group. */
  readonly env: Record<string, string>;
  startWorker(...args: string[]): Promise<Running>;
}

export class Sandbox {
  private readonly children: ChildProcess[] = [];
  private readonly folders: string[] = [];
  private readonly closers: (() => Promise<unknown>)[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'segmentry-e2e-'));
    this.folders.push(folder);
    return folder;
  }

  /** The example with both versions promoted, 2 after 1; `data` says which flights, in place of all of them. */
  async project(data: { readonly select?: string; readonly promoted?: boolean } = {}): Promise<Project> {
    const folder = await this.folder();
    const registry = join(folder, 'registry');
    await cp(join(EXAMPLE, 'registry'), registry, { recursive: true });
    await cp(join(EXAMPLE, 'pipeline.yaml'), join(folder, 'pipeline.yaml'));
    if (data.select === undefined) await cp(join(EXAMPLE, 'flights.parquet'), join(folder, 'flights.parquet'));
    else await writeFlights(data.select, join(folder, 'flights.parquet'));
    if (data.promoted !== false) await promoteBoth(registry);
    return { folder, pipeline: join(folder, 'pipeline.yaml'), registry };
  }

  /** Starts `segmentry` with these arguments. */
  start(
    args: readonly string[],
    options: {
      readonly cwd?: string;
      readonly env?: Record<string, string>;
      /** A script in place of the command line. */
      readonly script?: string;
    } = {},
  ): Running {
    const child = spawn(process.execPath, [options.script ?? CLI, ...args], {
      cwd: options.cwd ?? tmpdir(),
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(child);
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
    const finished = once(child, 'close').then(() => ({ code: child.exitCode, ...texts }));
    return {
      pid: child.pid!,
      finished,
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      stdout: () => texts.stdout,
      stderr: () => texts.stderr,
      closeStdout: () => void child.stdout.destroy(),
      kill: (signal) => void child.kill(signal),
      stop: () => {
        child.kill('SIGTERM');
        return finished;
      },
    };
  }

  run(
    args: readonly string[],
    options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
  ): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** A dev server that lives as long as the sandbox. */
  async cluster(): Promise<Cluster> {
    const folder = await this.folder();
    const server = await acquireDevServer({ folder, ui: false });
    const client = await connectClient(targetOfDevServer(server));
    let open = true;
    const close = async (): Promise<void> => {
      if (!open) return;
      open = false;
      await client.connection.close();
      await server.release();
    };
    this.closers.push(close);
    return {
      folder,
      server,
      client,
      close,
      killServer: async () => {
        let pid: number | undefined;
        // Its guardian may be starting it again at this moment.
        await until('a dev server runs that can be killed', async () => {
          pid = (await describeDevServer(folder))?.pid;
          return pid !== undefined;
        });
        process.kill(pid!, 'SIGKILL');
      },
      group: async (options = {}) => {
        const store = options.store ?? (await this.folder());
        // Ports are used again: a worker that some other test left behind must not find its queue here.
        const taskQueue = options.taskQueue ?? `segmentry-${randomUUID()}`;
        const env = {
          TEMPORAL_ADDRESS: server.address,
          SEGMENTRY_STORE: store,
          SEGMENTRY_TASK_QUEUE: taskQueue,
          SEGMENTRY_THREADS: '2',
          ...options.env,
        };
        return {
          store,
          taskQueue,
          env,
          startWorker: async (...args) => {
            const worker = this.start(['worker', '--metrics', '127.0.0.1:0', ...args], { env });
            await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
            return worker;
          },
        };
      },
    };
  }

  /** Called before the sandbox's folders are removed, the last first. */
  atEnd(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  async cleanUp(): Promise<void> {
    for (const child of this.children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    for (const close of this.closers.splice(0).reverse()) await close();
    for (const folder of this.folders.splice(0)) {
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  }
}

/** Some flights of the example that tell its story: all in low visibility, a sixth of the others. */
export const FEWER_FLIGHTS = 'SELECT * FROM flights WHERE visib < 3 OR hash(flight_id) % 6 = 0 ORDER BY flight_id';

/** Writes flights that a query over the example's `flights` selects. */
export async function writeFlights(select: string, target: string): Promise<void> {
  const source = join(EXAMPLE, 'flights.parquet');
  await Database.with(Database.open({ threads: 2 }), (database) =>
    database.run(
      `COPY (WITH flights AS (SELECT * FROM read_parquet('${source}')) ${select}) TO '${target}' (FORMAT parquet)`,
    ),
  );
}

/** Version 1 served, and then version 2. */
export async function promoteBoth(registry: string): Promise<void> {
  for (const version of ['1', '2']) {
    await createRegistry(registry).setAlias(MODEL, 'serving', version, {
      expect: undefined,
      actor: 'a test',
      reason: 'set up',
    });
  }
}

export async function serving(project: Project): Promise<string | undefined> {
  return (await createRegistry(project.registry).describe(MODEL)).aliases['serving'];
}

export async function rollbacks(project: Project): Promise<readonly AliasSet[]> {
  const { events } = await createRegistry(project.registry).describe(MODEL);
  return events.filter((event): event is AliasSet => event.kind === 'alias-set' && event.effect === 'rollback');
}

export async function verdicts(project: Project): Promise<readonly VerdictRecorded[]> {
  const { events } = await createRegistry(project.registry).describe(MODEL);
  return events.filter((event): event is VerdictRecorded => event.kind === 'verdict');
}

/** Every file of a folder with its bytes. */
export async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.sort().map((file) => readFile(file, 'base64')));
  return Object.fromEntries(files.map((file, index) => [file, contents[index]!]));
}

/** Replaces a part of the pipeline file that must be there. */
export async function editPipeline(project: Project, from: string, to: string): Promise<void> {
  const text = await readFile(project.pipeline, 'utf8');
  if (!text.includes(from)) throw new Error(`the pipeline does not say ${from}`);
  await writeFile(project.pipeline, text.replace(from, to));
}

/** The result that `--json -` printed. */
export function resultOf(finished: Finished): Result {
  try {
    return JSON.parse(finished.stdout) as Result;
  } catch {
    throw new Error(
      `stdout is not a result (exit code ${String(finished.code)}):\n${finished.stdout}${finished.stderr}`,
    );
  }
}

export function runIdIn(stderr: string): string {
  const id = /^run: (\S+)$/m.exec(stderr)?.[1];
  if (id === undefined) throw new Error(`no run id in:\n${stderr}`);
  return id;
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  running?: Running,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline || running?.hasEnded() === true)
      throw new Error(`Waited in vain: ${what}.\n${running?.stderr() ?? ''}`);
    await delay(POLL_MS);
  }
}

/** Nothing that is set on this machine reaches the commands, but for where the Temporal CLI is. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(TEMPORAL_|SEGMENTRY_|VITEST|NODE_OPTIONS)/.test(name) || name === 'SEGMENTRY_TEMPORAL_CLI',
  );
  return { ...Object.fromEntries(entries), NO_COLOR: '1' };
}
