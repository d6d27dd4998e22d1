import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (DuckDB, ONNX Runtime, Temporal's core) crash when several worker threads of one process load them.
    pool: 'forks',
    // The build machine may have two cores only; a stage test starts threads of its own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Dates in goldens and labels do not depend on where the tests run.
    env: { TZ: 'UTC' },
  },
});
