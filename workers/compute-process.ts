/** What a compute process can do. The pool calls the jobs by name (`compute-pool.ts`). */
import { worker, workerEmit } from 'workerpool';
import type { Compute } from '../activities/dependencies.js';
import { copyRows } from '../adapters/duckdb/copy-rows.js';
import { writeMeasures } from '../adapters/measures/write-measures.js';
import { collectPredictions } from '../adapters/onnx/collect-predictions.js';
import { inferRows } from '../adapters/onnx/infer-rows.js';
import { joinPredictions } from '../adapters/onnx/join-predictions.js';
import { inspectModel } from '../adapters/onnx/session.js';
import { inspectData } from '../adapters/preflight/inspect-data.js';
import { assignClusters } from '../adapters/segments/assign-clusters.js';
import { assignSegments } from '../adapters/segments/assign-segments.js';
import { writeLayout } from '../adapters/layout/write-layout.js';
import { validateData } from '../adapters/validation/validate-data.js';
import { portable } from './portable-errors.js';

// Ctrl-C reaches every process of the terminal at once. The worker decides what becomes of the jobs, not the key.
process.on('SIGINT', () => undefined);

// A worker that was killed cannot end its processes: its end of the channel closes, and a job that goes on would take a core and memory
// for nobody, for ever. The listener of the pool, which comes after this one, exits; that waits for native code on other threads.
process.prependListener('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});

const jobs: Record<keyof Compute, (input: never) => unknown> = {
  inspectModel: ({ path, title }: { readonly path: string; readonly title: string }) => inspectModel(path, title),
  inspectData,
  copyRows,
  validateData,
  assignSegments,
  assignClusters,
  writeLayout,
  inferRows,
  proveModel: inferRows,
  joinPredictions,
  collectPredictions,
  writeMeasures,
};

/** As the pool calls it. */
function called(job: (input: never) => unknown): (input: never) => Promise<unknown> {
  return portable((input: never) => {
    // Who ends the job ends this process, and has to know which one it is.
    workerEmit(process.pid);
    return job(input);
  });
}

worker(Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, called(job)])));
