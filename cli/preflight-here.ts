/** What a run would be refused for, found out by the command itself. */
import type { PipelineRequest } from '../adapters/preflight/load-pipeline.js';
import type { Preflight } from '../adapters/preflight/preflight.js';

/** Data and models are opened in a process of its own, as a worker does it: a file that crashes native code is then a message. */
export async function preflightHere(request: PipelineRequest): Promise<Preflight> {
  // DuckDB and what runs models are loaded by the commands that use them: every other one starts without.
  const { preflight } = await import('../adapters/preflight/preflight.js');
  const { createComputePool } = await import('../workers/compute-pool.js');
  const compute = createComputePool({ processes: 1 });
  try {
    return await preflight(request, {
      model: (path, title) => compute.inspectModel({ path, title }),
      data: (job) => compute.inspectData(job),
    });
  } finally {
    await compute.close();
  }
}
