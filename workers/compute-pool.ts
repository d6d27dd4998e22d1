/** Threads for the jobs that would block the main one. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Compute } from '../activities/dependencies.js';
import { JobStopped, StopFlag } from '../adapters/stop-flag.js';
import { type PortableJob, unwrap } from './portable-errors.js';

export interface ComputePoolOptions {
  readonly threads: number;
  /** The compiled thread; tests that run from sources pass the built one. */
  readonly threadFile?: URL;
}

/** Threads that nobody uses end after this; a session that is loaded again costs some 20 ms. */
const IDLE_MS = 60_000;

export interface ComputePool extends Compute {
  readonly threads: number;
  close(): Promise<void>;
}

export function createComputePool(options: ComputePoolOptions): ComputePool {
  const file = options.threadFile ?? new URL('./compute-thread.js', import.meta.url);
  const pool = new Piscina({
    filename: fileURLToPath(file),
    minThreads: 0,
    maxThreads: options.threads,
    idleTimeout: IDLE_MS,
    concurrentTasksPerWorker: 1,
  });
  const flags = new Set<StopFlag>();
  const run = async (name: string, input: unknown, signal?: AbortSignal): Promise<unknown> => {
    if (signal?.aborted === true) throw new JobStopped();
    const flag = new StopFlag();
    flags.add(flag);
    let giveUp: (error: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject));
    // A job that runs ends by itself, soon; one that still waits for a thread is given up at once.
    const abort = (): void => {
      flag.stop();
      if (!flag.begun) giveUp(new JobStopped());
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const job: PortableJob<unknown> = { input, stop: flag.shared };
      return unwrap<unknown>(await Promise.race([pool.run(job, { name }), givenUp]));
    } finally {
      signal?.removeEventListener('abort', abort);
      flags.delete(flag);
    }
  };
  const job = <K extends keyof Compute>(name: K): Compute[K] =>
    ((input: unknown, signal?: AbortSignal) => run(name, input, signal)) as Compute[K];
  return {
    threads: options.threads,
    inspectModel: job('inspectModel'),
    assignSegments: job('assignSegments'),
    writeLayout: job('writeLayout'),
    inferRows: job('inferRows'),
    collectPredictions: job('collectPredictions'),
    measureSegmentation: job('measureSegmentation'),
    close: async () => {
      for (const flag of flags) flag.stop();
      await pool.close();
    },
  };
}
