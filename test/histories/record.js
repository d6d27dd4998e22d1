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

const dist = new URL('../../dist/', import.meta.url);
const { acquireDevServer } = await import(new URL('workers/dev-server/index.js', dist).href);
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

const server = await acquireDevServer({ folder: FOLDER, ui: false });
const client = await connectClient(targetOfDevServer(server));
const worker = segmentry('worker', '--address', server.address, '--metrics', 'off', '--threads', '1');
try {
  // A rollback; the same again, joined; nothing to do; then what goes wrong.
  const demo = await request(client, {});
  await save('fail-rollback', demo);
  await save('joined', await request(client, { candidate: '2', baseline: '1' }));
  await save('pass', await request(client, {}));
  await edit('flights.parquet', 'gone.parquet');
  await save('failed', await request(client, {}));
  await edit('gone.parquet', 'flights.parquet');
  await edit('between: [-30, 120]', 'between: [30, 40]');
  await save('invalid-data', await request(client, {}));
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
    const evaluation = await handle.query('evaluation');
    if (evaluation !== null) return evaluation.run;
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
  const evaluation = await handle.query('evaluation').catch(() => null);
  if (evaluation !== null && name !== 'joined') await write(name, client.workflow.getHandle(evaluation.run));
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
