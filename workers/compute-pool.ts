/** Threads for the jobs that would block the main one. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Compute } from '../activities/dependencies.js';
import { unwrap } from './portable-errors.js';

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
  // An aborted job ends its thread: ONNX Runtime and DuckDB cannot be interrupted in any other way.
  const job = <K extends keyof Compute>(name: K): Compute[K] =>
    (async (input: unknown, signal?: AbortSignal) =>
      unwrap<unknown>(await pool.run(input, signal === undefined ? { name } : { name, signal }))) as Compute[K];
  return {
    threads: options.threads,
    inspectModel: job('inspectModel'),
    assignSegments: job('assignSegments'),
    writeLayout: job('writeLayout'),
    inferRows: job('inferRows'),
    collectPredictions: job('collectPredictions'),
    measureSegmentation: job('measureSegmentation'),
    close: () => pool.destroy(),
  };
}
