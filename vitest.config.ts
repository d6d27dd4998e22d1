import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native modules (DuckDB, ONNX Runtime, Temporal's core) crash when several worker threads of one process load them.
    pool: 'forks',
    // The build machine may have two cores only; a stage test starts threads of its own.
    maxWorkers: 2,
    // Tests that start and kill processes meet machines that are busy with other things. A test that needed its second try
    // says so in the output ("retry x1"), and is worth a look; while developing there is none.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Dates in goldens and labels do not depend on where the tests run. ONNX Runtime, which some tests load themselves, tells its maker nothing.
    env: { TZ: 'UTC', ORT_DISABLE_TELEMETRY: '1' },
  },
});
