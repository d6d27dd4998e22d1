import { randomBytes } from 'node:crypto';
import { readFile, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Encryption from '../../workers/encryption/index.js';
import { EncryptionCodec, readKeyring } from '../../workers/encryption/index.js';
import { searched } from './planted.js';
import { payloadsIn, plainPayloadsIn, rawHistoryOf, readable } from './payloads.js';
import {
  type Cluster,
  FEWER_FLIGHTS,
  type Finished,
  type Project,
  type Running,
  Sandbox,
  type WorkerGroup,
  editPipeline,
  runIdIn,
  until,
} from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const DIST = new URL('../../dist/', import.meta.url);

/** Planted: each is random, so that wherever it is found it was copied to. */
const secret = (): string => randomBytes(18).toString('hex');
const KEYS = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
const API_KEY = secret();
const TOKEN = secret();
const PASSWORD = secret();
const AWS_KEY = secret();
const DATABASE_PASSWORD = secret();
const SECRETS: readonly string[] = [
  ...KEYS,
  // The keys themselves, as bytes and as they are often written.
  ...KEYS.map((key) => Buffer.from(key, 'base64').toString('latin1')),
  ...KEYS.map((key) => Buffer.from(key, 'base64').toString('hex')),
  API_KEY,
  TOKEN,
  PASSWORD,
  AWS_KEY,
  DATABASE_PASSWORD,
];
const ENCRYPTION = { SEGMENTRY_ENCRYPTION_KEYS: `old:${KEYS[0]!},new:${KEYS[1]!}` };
const PLANTED = {
  ...ENCRYPTION,
  TEMPORAL_API_KEY: API_KEY,
  // With an API key the SDK wants TLS, which the dev server does not have.
  TEMPORAL_TLS: 'false',
  SEGMENTRY_CODEC_TOKEN: TOKEN,
  AWS_ACCESS_KEY_ID: 'segmentry-test',
  AWS_SECRET_ACCESS_KEY: AWS_KEY,
  DATABASE_URL: `postgres://ann:${DATABASE_PASSWORD}@db/flights`,
};

function secretsIn(text: string): readonly string[] {
  return SECRETS.filter((planted) => text.includes(planted));
}

describe('secrets that a process is given', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let group: WorkerGroup;
  let project: Project;
  let worker: Running;
  let run: string;
  let failed: string;
  const outputs: string[] = [];

  async function segmentry(...args: string[]): Promise<Finished> {
    const finished = await sandbox.run(args, { env: { ...group.env, ...PLANTED }, cwd: project.folder });
    outputs.push(finished.stdout, finished.stderr);
    return finished;
  }

  async function workflowsOf(type: string): Promise<readonly string[]> {
    return workflowsWhere(`WorkflowType = "${type}"`);
  }

  /** Not by the client's own list: it decodes memos, and has no keys here. */
  async function workflowsWhere(condition: string): Promise<readonly string[]> {
    const { executions } = await cluster.client.workflowService.listWorkflowExecutions({
      namespace: 'default',
      query: `TaskQueue = "${group.taskQueue}" AND ${condition}`,
    });
    return executions.map(({ execution }) => execution?.workflowId ?? '');
  }

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    group = await cluster.group();
    project = await sandbox.project({ select: FEWER_FLIGHTS });
    worker = sandbox.start(['worker', '--verbose', '--metrics', '127.0.0.1:0'], {
      env: { ...group.env, ...PLANTED },
    });
    await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
    const asked = await segmentry('run', project.pipeline, '--verbose', '--report', 'report.html', '--json', 'r.json');
    expect(asked, asked.stderr).toMatchObject({ code: 1 });
    run = runIdIn(asked.stderr);
  }, 180_000);

  it.runIf(process.platform === 'linux')('are not in the environment of compute processes', async () => {
    const children = await childrenOf(worker.pid, 'compute-process');
    expect(children.length).toBeGreaterThan(0);
    for (const pid of children) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      expect(secretsIn(environment)).toEqual([]);
      expect(environment).not.toMatch(/AWS_|TEMPORAL_|SEGMENTRY_|DATABASE_/);
    }
    // What was planted is in the worker's own, or this would say nothing.
    expect(secretsIn(await readFile(`/proc/${worker.pid}/environ`, 'utf8'))).toContain(AWS_KEY);
  });

  it('are refused in addresses, and not repeated', async () => {
    const bucket = `s3://KEY:${PASSWORD}@bucket/flights.parquet`;
    const right = await readFile(project.pipeline, 'utf8');
    const wrong = join(project.folder, 'wrong.yaml');
    const asked = join(await sandbox.folder(), 'asked.yaml');
    for (const file of [wrong, asked]) await writeFile(file, right.replace('flights.parquet', bucket));
    for (const command of ['run', 'check']) {
      const { code, stderr } = await segmentry(command, wrong);
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(/wrong\.yaml:5:11 data\.source is "s3:\/\/\*\*\*@bucket\/flights\.parquet".*environment/);
    }
    for (const args of [
      ['report', '--list', '--store', bucket],
      ['registry', 'list', '--registry', `mlflow://ann:${PASSWORD}@host`],
      ['audit', 'verify', '--registry', `mlflow://ann:${PASSWORD}@host`],
      ['run', project.pipeline, `--stor=${bucket}`],
    ]) {
      const { code, stderr } = await segmentry(...args);
      expect(code, stderr).toBe(2);
      expect(stderr).toContain('://***@');
    }
    const store = await sandbox.run(['report', '--list'], {
      env: { ...group.env, ...PLANTED, SEGMENTRY_STORE: bucket },
    });
    outputs.push(store.stdout, store.stderr);
    expect(store.code).toBe(2);
    expect(store.stderr).toMatch(/SEGMENTRY_STORE.*s3:\/\/\*\*\*@bucket/);
    // Past the command line, as from the Temporal UI: the worker reads the file and refuses it.
    const handle = await cluster.client.workflow.start('requestEvaluation', {
      workflowId: `request-refused-${group.taskQueue}`,
      taskQueue: group.taskQueue,
      args: [{ pipeline: asked, act: true }],
    });
    await expect(handle.result()).rejects.toThrow();
    // What holds the password itself is gone, so that the search finds copies.
    await writeFile(wrong, right);
  });

  it('a run that fails leaves no plain word of why in Temporal', async () => {
    await editPipeline(project, 'label: late', 'label: late\n  where: "CAST(carrier AS INTEGER) > 0"');
    const asked = await segmentry('run', project.pipeline);
    expect(asked.code).toBe(3);
    expect(asked.stderr).toContain('cannot be copied');
    failed = runIdIn(asked.stderr);
    const history = await rawHistoryOf(cluster.client, failed);
    expect(readable(history)).toContain('Encoded failure');
    expect(plainPayloadsIn(history)).toEqual([]);
    const text = readable(history).replaceAll(failed, '');
    for (const plain of ['cannot be copied', 'Conversion', 'carrier', 'flights.parquet', ' at ', project.folder])
      expect(text, plain).not.toContain(plain);
    expect(readable(await decoded(failed))).toContain('cannot be copied');
  });

  it('schedules, replays and the audit log work with encryption', async () => {
    await editPipeline(project, 'CAST(carrier AS INTEGER) > 0', 'month < 7');
    expect(await segmentry('schedule', 'create', project.pipeline, '--id', 'nightly', '--no-act')).toMatchObject({
      code: 0,
    });
    expect((await segmentry('schedule', 'list')).stdout).toContain('nightly  next');
    const shown = await segmentry('schedule', 'show', 'nightly');
    expect(shown.stdout).toContain(`pipeline  ${project.pipeline}`);
    const raw = await cluster.client.workflowService.describeSchedule({ namespace: 'default', scheduleId: 'nightly' });
    const action = readable(JSON.parse(JSON.stringify(raw.schedule?.action)));
    expect(action).toContain('binary/encrypted');
    for (const plain of ['carrier', 'flights.parquet', project.folder]) expect(action, plain).not.toContain(plain);
    const before = await workflowsOf('evaluateModel');
    expect(await segmentry('schedule', 'trigger', 'nightly')).toMatchObject({ code: 0 });
    let scheduled: string | undefined;
    await until('the schedule began a run', async () => {
      scheduled = (await workflowsOf('evaluateModel')).find((id) => !before.includes(id));
      return scheduled !== undefined;
    });
    const watched = await segmentry('watch', scheduled!, '--json', '-');
    expect([0, 1, 4], watched.stderr).toContain(watched.code);
    expect((await segmentry('schedule', 'show', 'nightly')).stdout).toContain('scheduled-nightly');
    expect((await segmentry('replay', run)).code).toBe(0);
    expect((await segmentry('audit', 'list', '--json')).stdout).toContain(run);
    expect((await segmentry('audit', 'verify')).code).toBe(0);
  });

  it('encrypted histories replay through today’s workflows', async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const built = (await import(new URL('workers/encryption/index.js', DIST).href)) as typeof Encryption;
    const keyring = built.readKeyring(ENCRYPTION);
    const bundle = await readFile(fileURLToPath(new URL('workflow-bundle.js', DIST)), 'utf8');
    const ids = [run, failed, ...(await workflowsOf('modelEffects')), ...(await workflowsOf('requestEvaluation'))];
    expect(ids.length).toBeGreaterThanOrEqual(6);
    const histories = await Promise.all(
      ids.map(async (workflowId) => {
        const { history } = await cluster.client.workflowService.getWorkflowExecutionHistory({
          namespace: 'default',
          execution: { workflowId },
        });
        return { workflowId, history };
      }),
    );
    const replayed: Record<string, string | undefined> = {};
    const options = {
      workflowBundle: { code: built.workflowCodeFor(keyring, bundle) },
      dataConverter: built.workerDataConverter(keyring),
    };
    for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
      replayed[workflowId] = error?.message;
    expect(replayed).toEqual(Object.fromEntries(ids.map((id) => [id, undefined])));
  });

  it('are in no history, neither raw nor decoded', async () => {
    const ids = await workflowsWhere('WorkflowType != "none"');
    for (const workflowId of ids) {
      expect(secretsIn(readable(await rawHistoryOf(cluster.client, workflowId))), workflowId).toEqual([]);
      expect(secretsIn(readable(await decoded(workflowId))), workflowId).toEqual([]);
    }
    expect(ids.length).toBeGreaterThanOrEqual(8);
  });

  it('are in no artifact, result, report, log, registry, output or file of the server', async () => {
    worker.kill('SIGTERM');
    const { stdout, stderr } = await worker.finished;
    expect(stderr).toContain('"level":20');
    expect(secretsIn([...outputs, stdout, stderr].join('\n'))).toEqual([]);
    for (const folder of [group.store, project.folder, cluster.folder]) {
      const { files, found } = await searched(folder, SECRETS);
      expect(found).toEqual([]);
      expect(files, folder).toBeGreaterThan(2);
    }
    // The search sees what is there.
    expect(await readFile(join(project.folder, 'report.html'), 'utf8')).toContain('late-flight');
  });

  /** As whoever has the keys reads it: all payloads of a history, with failures' messages among them. */
  async function decoded(workflowId: string): Promise<object> {
    const { Payloads } = proto.temporal.api.common.v1;
    const codec = new EncryptionCodec(readKeyring(ENCRYPTION));
    const { payloads } = Payloads.fromObject({ payloads: payloadsIn(await rawHistoryOf(cluster.client, workflowId)) });
    return Payloads.fromObject({ payloads: await codec.decode(payloads) }).toJSON();
  }
});

describe('the embedded server with encryption keys', { timeout: 180_000 }, () => {
  it('runs, joins and keeps neither keys nor plain payloads in its files', async () => {
    const project = await sandbox.project({ select: FEWER_FLIGHTS });
    const options = { env: { ...ENCRYPTION, AWS_SECRET_ACCESS_KEY: AWS_KEY }, cwd: project.folder };
    const first = await sandbox.run(['run', 'pipeline.yaml', '--verbose'], options);
    expect(first, first.stderr).toMatchObject({ code: 1, stdout: expect.stringContaining('FAIL') as string });
    const run = runIdIn(first.stderr);
    const watched = await sandbox.run(['watch', run], options);
    expect(watched).toMatchObject({ code: 1 });
    const replayed = await sandbox.run(['replay', run], options);
    expect(replayed).toMatchObject({ code: 0 });
    for (const { stdout, stderr } of [first, watched, replayed]) expect(secretsIn(stdout + stderr)).toEqual([]);
    const { found } = await searched(await realpath(project.folder), SECRETS);
    expect(found).toEqual([]);
    const server = join(project.folder, '.segmentry', 'temporal');
    const files = (await readdir(server)).filter((name) => name.startsWith('temporal.db'));
    const bytes = (await Promise.all(files.map((name) => readFile(join(server, name), 'latin1')))).join('');
    expect(bytes).toContain(run);
    expect(bytes).toContain('binary/encrypted');
    for (const plain of ['low visibility', 'carrier', 'flights.parquet', 'pipeline.yaml', `${project.folder}/registry`])
      expect(bytes.includes(plain), plain).toBe(false);
  });
});

/** Processes that `pid` started, by what their command line says. Only where there is a /proc. */
async function childrenOf(pid: number, command: string): Promise<readonly number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // It may have ended since it was listed.
    const [stat, line] = await Promise.all(
      ['stat', 'cmdline'].map((name) => readFile(`/proc/${entry}/${name}`, 'utf8').catch(() => '')),
    );
    const parent = Number(stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === pid && line!.includes(command)) children.push(Number(entry));
  }
  return children;
}
