import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payloadsIn, plainPayloadsIn, rawHistoryOf, readable } from './payloads.js';
import { type Cluster, FEWER_FLIGHTS, type Project, Sandbox, type WorkerGroup, runIdIn, until } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const KEY_A = randomBytes(32).toString('base64');
const KEY_B = randomBytes(32).toString('base64');
const TOKEN = randomBytes(12).toString('hex');
const A = { SEGMENTRY_ENCRYPTION_KEYS: `a:${KEY_A}` };
/** What the run says in clear of the changes that its code knows: a marker for each, and the search attribute TemporalChangeVersion. */
const PATCHED = [
  '{"id":"validate-and-segment-side-by-side","deprecated":false}',
  '["validate-and-segment-side-by-side"]',
  '{"id":"effects-one-by-one","deprecated":false}',
  '["effects-one-by-one","validate-and-segment-side-by-side"]',
];
/** While keys are rotated: the new one is known everywhere before it encrypts. */
const A_AND_B = { SEGMENTRY_ENCRYPTION_KEYS: `a:${KEY_A},b:${KEY_B}` };
const B_AND_A = { SEGMENTRY_ENCRYPTION_KEYS: `b:${KEY_B},a:${KEY_A}` };

describe('with encryption keys', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let group: WorkerGroup;
  let project: Project;
  let run: string;
  let output: string;
  let request: string;

  /** Of the workflow that changed what the model serves. */
  async function effectsId(): Promise<string> {
    const ids: string[] = [];
    await until('the workflow of the model is listed', async () => {
      const query = `WorkflowType = "modelEffects" AND TaskQueue = "${group.taskQueue}"`;
      for await (const { workflowId } of cluster.client.workflow.list({ query })) ids.push(workflowId);
      return ids.length > 0;
    });
    return ids[0]!;
  }

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    group = await cluster.group();
    project = await sandbox.project({ select: FEWER_FLIGHTS });
    const worker = sandbox.start(['worker', '--metrics', '127.0.0.1:0'], { env: { ...group.env, ...A } });
    await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
    const asked = await sandbox.run(['run', project.pipeline], { env: { ...group.env, ...A }, cwd: project.folder });
    expect(asked).toMatchObject({ code: 1, stdout: expect.stringContaining('FAIL') as string });
    run = runIdIn(asked.stderr);
    worker.kill('SIGTERM');
    output = asked.stdout + asked.stderr + (await worker.finished).stderr;
    const log = await readFile(join(group.store, 'audit/000001.json'), 'utf8');
    request = (JSON.parse(log) as { details: { request: string } }).details.request;
  }, 180_000);

  it('Temporal keeps ciphertext only, but for names of runs', async () => {
    const effects = await effectsId();
    for (const id of [run, request, effects]) {
      const history = await rawHistoryOf(cluster.client, id);
      expect(payloadsIn(history).length).toBeGreaterThan(3);
      // Search attributes are there to be searched, and Temporal's native core writes what a change of the code is called.
      expect(plainPayloadsIn(history)).toEqual(id === run ? PATCHED : []);
      const text = readable(history).replaceAll(id, '').replaceAll(run, '').replaceAll(request, '');
      // The name of the pipeline and the model, columns, segmentations, paths, a title, a summary of a task.
      for (const plain of [
        'flight-delays',
        'late-flight',
        'visib',
        'carrier',
        'flights.parquet',
        project.folder,
        group.store,
        'low visibility',
        'rollback',
      ])
        expect(text, `${id}: ${plain}`).not.toContain(plain);
    }
    // Titles and details are in memos and in what the UI shows.
    for (const id of [run, request, effects]) {
      const description = await cluster.client.workflowService.describeWorkflowExecution({
        namespace: 'default',
        execution: { workflowId: id },
      });
      const text = readable(JSON.parse(JSON.stringify(description)));
      expect(text.replaceAll(id, '').replaceAll(run, ''), id).not.toContain('late-flight');
    }
  });

  it('the codec server gives it back', async () => {
    const server = sandbox.start(['codec-server', '--port', '0'], {
      env: { ...B_AND_A, SEGMENTRY_CODEC_TOKEN: TOKEN },
    });
    await until('it listens', () => server.stdout().includes('\n'), server);
    const payloads = payloadsIn(await rawHistoryOf(cluster.client, run));
    const response = await fetch(`${server.stdout().trim()}/decode`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ payloads }),
    });
    expect(response.status).toBe(200);
    const text = readable(await response.json());
    for (const plain of ['late-flight: version 2 against version 1', 'FAIL', 'rollback']) expect(text).toContain(plain);
    server.kill('SIGTERM');
    const { code, stdout, stderr } = await server.finished;
    expect(code).toBe(0);
    output += stdout + stderr;
  });

  it('a run whose key is no longer the first is read, and joined', async () => {
    const worker = sandbox.start(['worker', '--metrics', '127.0.0.1:0'], { env: { ...group.env, ...B_AND_A } });
    await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
    const env = { ...group.env, ...B_AND_A };
    expect(await sandbox.run(['watch', run], { env })).toMatchObject({ code: 1 });
    expect(await sandbox.run(['status', run], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('verdict: FAIL') as string,
    });
    const again = await sandbox.run(['run', project.pipeline, '--candidate', '2', '--baseline', '1'], { env });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') as string });
    worker.kill('SIGTERM');
    output += again.stdout + again.stderr + (await worker.finished).stderr;
  });

  it('a command without the key says which one, and what to do', async () => {
    const { code, stderr } = await sandbox.run(['watch', run], { env: group.env });
    expect(code).toBe(3);
    expect(stderr).toMatch(/key "a".*SEGMENTRY_ENCRYPTION_KEYS/);
  });

  it('a worker without the key stops and harms nothing: one with the rotated keys ends the run', async () => {
    const other = await cluster.group();
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const ready = sandbox.start(['worker', '--metrics', '127.0.0.1:0'], { env: other.env });
    await until('the worker is ready', () => ready.stderr().includes('worker ready'), ready);
    const asked = sandbox.start(['run', mine.pipeline], { env: { ...other.env, ...A_AND_B } });
    // It was there before the run, took its first task, and stops.
    const stopped = await ready.finished;
    expect(stopped.code).toBe(3);
    expect(stopped.stderr).toMatch(/key "a", and this process has no keys/);
    // One that comes later takes nothing at all.
    const late = await sandbox.run(['worker', '--metrics', '127.0.0.1:0'], { env: other.env });
    expect(late.code).toBe(3);
    expect(late.stderr).not.toContain('worker ready');
    expect(late.stderr).toMatch(/key "a".*the run is unharmed/);
    const right = sandbox.start(['worker', '--metrics', '127.0.0.1:0'], { env: { ...other.env, ...B_AND_A } });
    await until('the worker is ready', () => right.stderr().includes('worker ready'), right);
    expect(await asked.finished).toMatchObject({ code: 1, stdout: expect.stringContaining('FAIL') as string });
    right.kill('SIGTERM');
    output += stopped.stderr + late.stderr + (await right.finished).stderr;
  });

  it('no key and no token is in the store, the registry, the project or anything that was printed', async () => {
    const secrets = [KEY_A, KEY_B, TOKEN];
    for (const secret of secrets) expect(output).not.toContain(secret);
    for (const folder of [group.store, project.folder]) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      expect(files.length).toBeGreaterThan(3);
      for (const file of files) {
        const text = await readFile(file, 'latin1');
        for (const secret of secrets) expect(text.includes(secret), file).toBe(false);
      }
    }
  });
});
