/**
 * Records the histories beside this file from real runs: `node test/histories/record.js NAME` after a build, for a new
 * scenario only. A recorded history is evidence of what Temporal keeps for somebody's run; it is never made again to turn
 * a test green (see README.md).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';

const dist = new URL('../../dist/', import.meta.url);
const { acquireDevServer, findTemporalBinary } = await import(new URL('workers/dev-server/index.js', dist).href);
const { connectClient, targetOfDevServer } = await import(new URL('workers/connection.js', dist).href);

/** Nothing of the machine that records is in this path, and none of it is needed to replay. */
const FOLDER = '/tmp/segmentry-demo';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../examples/flight-delays/', import.meta.url));
const CLI = fileURLToPath(new URL('cli/main.js', dist));

const only = process.argv[2];
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER);
for (const name of ['flights.parquet', 'pipeline.yaml', 'registry'])
  await cp(join(EXAMPLE, name), join(FOLDER, name), { recursive: true });
const segmentry = (...args) => spawn(process.execPath, [CLI, ...args], { cwd: FOLDER, stdio: 'inherit' });
for (const version of ['1', '2'])
  await once(segmentry('registry', 'alias', 'late-flight', 'serving', version), 'close');

if (only === 'chunked') {
  await recordChunked();
  process.exit(0);
}
const server = await acquireDevServer({ folder: FOLDER, ui: false });
const client = await connectClient(targetOfDevServer(server));
const worker = segmentry('worker', '--address', server.address, '--metrics', 'off', '--threads', '1');
try {
  // A rollback; the same again, joined; nothing to do; then what goes wrong.
  const demo = await request(client, {});
  await save('fail-rollback', demo);
  await save('side-by-side', demo);
  await save('joined', await request(client, { candidate: '2', baseline: '1' }));
  await save('pass', await request(client, {}));
  await edit('flights.parquet', 'gone.parquet');
  await save('failed', await request(client, {}));
  await edit('gone.parquet', 'flights.parquet');
  await edit('between: [-30, 120]', 'between: [30, 40]');
  const invalid = await request(client, {});
  await save('invalid-data', invalid);
  await save('side-by-side-invalid', invalid);
  await edit('between: [30, 40]', 'between: [-30, 120]');
  // Other rows, so that there is something to infer.
  await edit('label: late', 'label: late\n  where: "month < 12"');
  await save('cancelled', await request(client, { candidate: '2', baseline: '1' }, true));
} finally {
  worker.kill('SIGTERM');
  await once(worker, 'close');
  await client.connection.close();
  await server.release();
}

/**
 * A rollback whose inference is cut into chunks of a few tasks, on a service that wants histories to be short: the run, a chunk
 * that continued as new, the rest of it, and the workflow that applied the effect.
 */
async function recordChunked() {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const { path } = await findTemporalBinary({ env: process.env, onStep: () => undefined });
  const temporal = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=30'],
    },
  });
  const { startWorker } = await import(new URL('workers/worker.js', dist).href);
  const { createTelemetry } = await import(new URL('workers/telemetry.js', dist).href);
  const { createArtifactStore } = await import(new URL('adapters/artifact-store/index.js', dist).href);
  const chunked = await startWorker({
    connection: temporal.nativeConnection,
    client: temporal.client,
    namespace: 'default',
    taskQueue: 'segmentry',
    store: createArtifactStore(join(FOLDER, 'artifacts')),
    telemetry: createTelemetry(),
    threads: 1,
    chunkTasks: 2,
  });
  try {
    const asked = await request(temporal.client, {});
    const { run } = (await asked.query('evaluation')).evaluation;
    await write('chunked', temporal.client.workflow.getHandle(run));
    for await (const { workflowId, runId, type } of temporal.client.workflow.list()) {
      const handle = temporal.client.workflow.getHandle(workflowId, runId);
      if (type === 'modelEffects') await handle.result();
      if (type === 'modelEffects') await write('effects', handle);
      if (type === 'inferChunk' && workflowId.endsWith('/0')) await write('chunk', handle);
    }
    await recordContinued(temporal);
  } finally {
    await chunked.stop();
    await temporal.teardown();
  }
}

/**
 * A chunk that continued as new. The example has too few flights for one, so its stages are stand-ins; the service and the
 * workflow are the real ones.
 */
async function recordContinued({ client, nativeConnection: connection }) {
  const ref = { sha256: '0'.repeat(64), bytes: 1 };
  const activities = {
    openChunk: () => Array.from({ length: 210 }, (_, index) => ({ index, name: `s${index}`, from: index, to: index + 1 })),
    infer: (_run, _plan, task) => ({ task: task.index, rows: 1, candidate: ref, baseline: null }),
    keepInferred: () => ref,
  };
  const options = { connection, taskQueue: 'continued', activities };
  const workers = [
    await Worker.create({ ...options, workflowBundle: { codePath: fileURLToPath(new URL('workflow-bundle.js', dist)) } }),
    await Worker.create({ ...options, taskQueue: 'continued-compute' }),
  ];
  const work = { run: {}, plan: {}, chunk: { index: 0, tasks: ref, count: 210, rows: 210 }, done: { tasks: 0, results: [] } };
  await workers[0].runUntil(
    workers[1].runUntil(async () => {
      const first = await client.workflow.start('inferChunk', { workflowId: 'chunk', taskQueue: 'continued', args: [work] });
      await first.result();
      await write('chunk-continued', client.workflow.getHandle('chunk', first.firstExecutionRunId));
      await write('chunk-continuation', client.workflow.getHandle('chunk'));
    }),
  );
}

async function request(
  { workflow },
  overrides,
  cancel = false,
) {
  const handle = await workflow.start('requestEvaluation', {
    workflowId: `request-${Date.now()}`,
    taskQueue: 'segmentry',
    args: [{ pipeline: join(FOLDER, 'pipeline.yaml'), act: true, ...overrides }],
  });
  if (cancel) {
    const run = await runOf(handle);
    while (!(await tasksRun(run))) await delay(20);
    await workflow.getHandle(run).cancel();
  }
  await handle.result().catch((error) => {
    console.log(`it failed, as it should: ${String(error)}`);
  });
  return handle;
}

async function runOf(handle) {
  for (;;) {
    const found = await handle.query('evaluation');
    if (found !== null) return found.evaluation.run;
    await delay(50);
  }
}

async function tasksRun(run) {
  const description = await client.workflow
    .getHandle(run)
    .describe()
    .catch(() => null);
  return (description?.raw.pendingActivities ?? []).some(
    ({ activityType, lastStartedTime }) => activityType?.name === 'infer' && lastStartedTime != null,
  );
}

/** The request's history and, where it began a run, the run's. */
async function save(name, handle) {
  if (only !== undefined && only !== name) return;
  await write(`request-${name}`, handle);
  const found = await handle.query('evaluation').catch(() => null);
  if (found !== null && name !== 'joined') await write(name, client.workflow.getHandle(found.evaluation.run));
}

async function write(name, handle) {
  // Not `historyToJSON`: in 1.24.0 it throws "type must be a Type". The static classes say the same.
  const { History } = proto.temporal.api.history.v1;
  const history = History.fromObject(await handle.fetchHistory());
  const json = JSON.stringify(History.toObject(history, { enums: String, longs: String, bytes: String }), null, 1);
  // Stack traces name files, identities the machine.
  const neutral = json
    .replaceAll(ROOT, '/segmentry/')
    .replaceAll(`@${hostname()}`, '@worker')
    .replaceAll(/\d+@worker/g, '1@worker');
  await writeFile(new URL(`${name}.json`, import.meta.url), `${neutral}\n`);
  console.log(`written: ${name}.json`);
}

async function edit(from, to) {
  const file = join(FOLDER, 'pipeline.yaml');
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`the pipeline does not say ${from}`);
  await writeFile(file, text.replace(from, to));
}
