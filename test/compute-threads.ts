/** Compute threads for tests. They run compiled code, which `npm test` builds first. */
import { existsSync } from 'node:fs';
import { type ComputePool, createComputePool } from '../workers/compute-pool.js';

export function newComputePool(threads = 1): ComputePool {
  const threadFile = new URL('../dist/workers/compute-thread.js', import.meta.url);
  if (!existsSync(threadFile)) {
    throw new Error('dist/workers/compute-thread.js is missing: run "npm run build" first ("npm test" does it)');
  }
  return createComputePool({ threads, threadFile });
}
