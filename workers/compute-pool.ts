/**
 * Processes for the jobs that take a core. Processes and not threads: native code that crashes takes its whole process with
 * it, which here costs one job and not the worker; and a job that nobody wants any more can be ended at any instant, in
 * the middle of a native call, which in a thread aborts everything.
 */
import { fileURLToPath } from 'node:url';
import { type Pool, Promise as PoolPromise, TerminateError, pool as newPool } from 'workerpool';
import type { Compute } from '../activities/dependencies.js';
import { JobStopped, ProcessDied } from '../adapters/compute-errors.js';
import { GIVES_MEMORY_BACK } from './freed-memory.js';
import { withMemoryLimit } from './memory-limit.js';
import { unwrap } from './portable-errors.js';
import { type Place, Turns } from './turns.js';

export interface ComputePoolOptions {
  /** Jobs at once, each in a process of its own; one more for urgent ones, while these have no time. */
  readonly processes: number;
  /** Starts the processes now, and again where one ended. @default when the first job comes */
  readonly warm?: boolean;
  /** Bytes of private memory that a process may have, where the system can limit it. @default a share of the machine's */
  readonly memory?: number;
  /** The compiled process; tests that run from sources pass the built one. */
  readonly processFile?: URL;
}

/**
 * How long a process that has no work, or has not begun any, is asked to end by itself, in milliseconds. It is asked twice, then
 * killed. Jobs write to temporary names only, so there is nothing to wait for.
 */
const END_MS = 50;

/** How long closing waits for all of them, in milliseconds: one that died while it had nothing to do is waited for in vain. */
const CLOSE_MS = 2_000;

/**
 * How long an urgent job waits for one of the processes before one more is started for it, in milliseconds: most jobs end sooner, and a
 * process that was there already has the model's session perhaps, and takes no more memory.
 */
const PATIENCE_MS = 1_000;

/** How long the process for urgent jobs is kept with nothing to do, in milliseconds: acting asks twice, a moment apart. */
const SPARE_IDLE_MS = 10_000;

/**
 * Short jobs that other workflows wait for, before the others: of `act`, which takes a bad model out of service, and of `resolve`, without
 * which no run begins. What runs already may take minutes (a rule in SQL) and belong to another run.
 */
const URGENT: ReadonlySet<keyof Compute> = new Set<keyof Compute>(['inspectModel', 'inspectData', 'proveModel']);

/** Variables that a compute process needs. The others stay out of it: native code that reads untrusted files has no use for a secret. */
const PASSED_ON = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SystemRoot|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH)$/;

/**
 * ONNX Runtime tells its maker about every session (on Linux and macOS since 1.30), under an identifier of the machine that it keeps in
 * the home folder, and warns where it cannot write it. What models are judged here is nobody else's business, and a worker may have no
 * way out. It reads this variable when it is loaded, so it cannot be set any later.
 */
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' } as const;

export interface ComputePool extends Compute {
  readonly processes: number;
  close(): Promise<void>;
}

export function createComputePool(options: ComputePoolOptions): ComputePool {
  const file = options.processFile ?? new URL('./compute-process.cjs', import.meta.url);
  const poolOf = (minWorkers: number, maxWorkers: number): Pool =>
    newPool(fileURLToPath(file), {
      workerType: 'process',
      minWorkers,
      maxWorkers,
      workerTerminateTimeout: END_MS,
      // Typed arrays, undefined and infinities arrive as they were sent.
      forkOpts: { serialization: 'advanced', env: passedOn(process.env), ...withMemoryLimit(options.memory) },
    });
  // Started with the worker and not with its first job, which would wait for native libraries to load.
  const pool = poolOf(options.warm === true ? options.processes : 0, options.processes);
  // Made when a job comes to it, and ended when none does.
  let spare: Pool | undefined;
  let idle: NodeJS.Timeout | undefined;
  let ending: Promise<void> = Promise.resolve();
  const endSpare = (): void => {
    clearTimeout(idle);
    const unused = spare;
    spare = undefined;
    if (unused !== undefined) ending = ended(unused);
  };
  // The pool has a queue of its own, which it forgets when a process dies: its jobs would wait for ever.
  const turns = new Turns(options.processes, { afterMs: PATIENCE_MS });
  let closed = false;
  const run = async (name: keyof Compute, input: unknown, signal?: AbortSignal): Promise<unknown> => {
    try {
      const inPlace = (place: Place): Promise<unknown> =>
        place === 'spare' ? onSpare(name, input, signal) : now(pool, name, input, signal);
      return await turns.run(inPlace, signal, URGENT.has(name));
    } catch (error) {
      if (signal?.aborted === true) throw new JobStopped();
      throw error;
    }
  };
  const onSpare = async (name: keyof Compute, input: unknown, signal?: AbortSignal): Promise<unknown> => {
    clearTimeout(idle);
    try {
      spare ??= poolOf(0, 1);
      return await now(spare, name, input, signal);
    } finally {
      idle = setTimeout(endSpare, SPARE_IDLE_MS);
      // A command that is done does not wait for it.
      idle.unref();
    }
  };
  const now = async (processes: Pool, name: string, input: unknown, signal?: AbortSignal): Promise<unknown> => {
    // A job whose turn comes now would start a process that nobody ends.
    if (closed) throw new JobStopped();
    let pid: number | null = null;
    const job = processes.exec(name, [input], { on: (own: number) => (pid = own) });
    // The pool's own way to end a job waits for its process to end, for ever where that has just died of something else: no job would
    // be begun in its place. A process that is killed is one that died, and replaced.
    const abort = (): void => {
      if (pid === null) job.cancel();
      else kill(pid);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return unwrap<unknown>(await job);
    } catch (error) {
      throw explained(error, name);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };
  const job = <K extends keyof Compute>(name: K): Compute[K] =>
    ((input: unknown, signal?: AbortSignal) => run(name, input, signal)) as Compute[K];
  return {
    processes: options.processes,
    inspectModel: job('inspectModel'),
    inspectData: job('inspectData'),
    copyRows: job('copyRows'),
    validateData: job('validateData'),
    assignSegments: job('assignSegments'),
    assignClusters: job('assignClusters'),
    writeLayout: job('writeLayout'),
    inferRows: job('inferRows'),
    proveModel: job('proveModel'),
    joinPredictions: job('joinPredictions'),
    collectPredictions: job('collectPredictions'),
    writeMeasures: job('writeMeasures'),
    close: async () => {
      closed = true;
      endSpare();
      await Promise.all([ended(pool), ending]);
    },
  };
}

async function ended(pool: Pool): Promise<void> {
  await pool.terminate(true, CLOSE_MS).catch(() => undefined);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has just died by itself; whoever waits for the job will hear of it.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function explained(error: unknown, job: string): unknown {
  if (error instanceof PoolPromise.CancellationError) return new JobStopped();
  if (!(error instanceof TerminateError)) return error;
  const [, signal] = /signalCode: `(SIG\w+)`/.exec(error.message) ?? [];
  const [, code] = /exitCode: `(\d+)`/.exec(error.message) ?? [];
  return new ProcessDied(job, signal ?? (code === undefined ? null : `exit code ${code}`));
}

function passedOn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name))),
    ...NO_TELEMETRY,
    ...GIVES_MEMORY_BACK,
  };
}
