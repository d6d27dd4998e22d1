/** Compute processes for tests. They run compiled code, which `npm test` builds first. */
import { existsSync } from 'node:fs';
import { type ComputePool, type ComputePoolOptions, createComputePool } from '../workers/compute-pool.js';

export function newComputePool(processes = 1, options: Pick<ComputePoolOptions, 'memory'> = {}): ComputePool {
  const processFile = new URL('../dist/workers/compute-process.cjs', import.meta.url);
  if (!existsSync(processFile)) {
    throw new Error('dist/workers/compute-process.cjs is missing: run "npm run build" first ("npm test" does it)');
  }
  return createComputePool({ processes, processFile, ...options });
}
