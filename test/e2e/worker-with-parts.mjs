/**
 * A worker as `segmentry worker` starts it, but for the length of the parts of an inference task, which no user has a reason to set: its
 * argument, in milliseconds. Used by resume.test.ts, from the build.
 */
import { createArtifactStore } from '../../dist/adapters/artifact-store/index.js';
import { connectClient, connectWorker, resolveTarget } from '../../dist/workers/connection.js';
import { startMetricsServer } from '../../dist/workers/metrics-server.js';
import { createTelemetry } from '../../dist/workers/telemetry.js';
import { startWorker } from '../../dist/workers/worker.js';

const target = resolveTarget({ folder: process.cwd() });
const telemetry = createTelemetry();
const worker = await startWorker({
  connection: await connectWorker(target),
  client: await connectClient(target),
  namespace: target.namespace,
  taskQueue: process.env.SEGMENTRY_TASK_QUEUE,
  store: createArtifactStore(process.env.SEGMENTRY_STORE),
  telemetry,
  threads: 1,
  partMs: Number(process.argv[2]),
});
const metrics = await startMetricsServer('127.0.0.1:0', telemetry.registry, () => ({
  ok: worker.healthy(),
  worker: worker.state(),
  temporal: target.address,
}));
process.stderr.write(`metrics: ${metrics.url}\nworker ready\n`);
process.once('SIGTERM', async () => {
  await worker.stop();
  process.exit(0);
});
