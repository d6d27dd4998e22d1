import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../adapters/audit-log/index.js';
import { type Receiver, startReceiver } from '../receiver.js';
import { searched } from './planted.js';
import {
  type Cluster,
  FEWER_FLIGHTS,
  type Finished,
  type Project,
  Sandbox,
  editPipeline,
  resultOf,
  runIdIn,
  until,
} from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
/** The address of a chat's webhook is what entitles to post there. */
const PATH = `/hook/${randomBytes(18).toString('hex')}`;

describe('a pipeline that notifies', { timeout: 120_000 }, () => {
  let receiver: Receiver;
  let project: Project;
  let first: Finished;

  const run = (...args: string[]): Promise<Finished> =>
    sandbox.run(['run', 'pipeline.yaml', '--candidate', '2', '--baseline', '1', '--json', '-', ...args], {
      cwd: project.folder,
      env: { SEGMENTRY_NOTIFY_URL: receiver.origin + PATH, SEGMENTRY_NOTIFY_SECRET: SECRET },
    });

  beforeAll(async () => {
    receiver = await startReceiver();
    project = await sandbox.project({ select: FEWER_FLIGHTS });
    await editPipeline(project, 'onFail: [rollback]', 'onFail: [rollback, notify]');
    // Once away: the run goes on when it is back.
    receiver.statuses.push(503);
    first = await run();
  }, 120_000);
  afterAll(() => receiver.close());

  it('tells what failed and what was done about it, signed, under one id for every attempt', () => {
    expect(first.code, first.stderr).toBe(1);
    const id = runIdIn(first.stderr);
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`notify/${id}`]));
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    const { headers, body, path } = receiver.received[1]!;
    expect(path).toBe(PATH);
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'segmentry.verdict',
      data: {
        run: id,
        pipeline: 'flight-delays',
        verdict: 'FAIL',
        candidate: 'late-flight/2',
        baseline: 'late-flight/1',
        reasons: resultOf(first).reasons.slice(0, 5),
        actions: [{ action: 'rollback', outcome: 'done', from: '2', to: '1' }],
      },
    });
    expect(resultOf(first).actions).toMatchObject([
      { action: 'rollback', outcome: 'done' },
      { action: 'notify', outcome: 'done', reason: `${receiver.origin} was told` },
    ]);
  });

  it('tells it once: who joins the run finds it told', async () => {
    const again = await run();
    expect(again.code).toBe(1);
    expect(resultOf(again).actions[1]).toMatchObject({ action: 'notify', outcome: 'skipped' });
    expect(receiver.received).toHaveLength(2);
  });

  it('keeps it in the audit log, and the address and the secret nowhere', async () => {
    const audit = await sandbox.run(['audit', 'list'], { cwd: project.folder });
    expect(audit.stdout).toMatch(/notify.*late-flight\/2/);
    const planted = [PATH, SECRET, SECRET.replace('whsec_', '')];
    const { files, found } = await searched(project.folder, planted);
    expect(files).toBeGreaterThan(20);
    expect(found).toEqual([]);
    for (const one of planted) expect(first.stdout + first.stderr).not.toContain(one);
  });

  it('says what to set when the worker knows no receiver, and decides all the same', async () => {
    const other = await sandbox.project({ select: FEWER_FLIGHTS });
    await editPipeline(other, 'onFail: [rollback]', 'onFail: [rollback, notify]');
    const { code, stdout, stderr } = await sandbox.run(['run', 'pipeline.yaml', '--json', '-'], { cwd: other.folder });
    expect(code, stderr).toBe(1);
    expect(resultOf({ code, stdout, stderr }).actions).toMatchObject([
      { action: 'rollback', outcome: 'done' },
      { action: 'notify', outcome: 'failed', reason: expect.stringContaining('SEGMENTRY_NOTIFY_URL') as string },
    ]);
  });

  it('is not begun by a worker whose receiver is no address', async () => {
    const { code, stderr } = await sandbox.run(['run', 'pipeline.yaml', '--candidate', '1'], {
      cwd: project.folder,
      env: { SEGMENTRY_NOTIFY_URL: 'hooks.example.com' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('SEGMENTRY_NOTIFY_URL is no http or https address');
  });
});

describe('a notification of workers on a cluster', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await sandbox.cluster();
  }, 60_000);

  /** Workers that tell this receiver, and the delivery of a run that they are asked for. */
  async function telling(receiver: Receiver) {
    const project = await sandbox.project({ select: FEWER_FLIGHTS });
    await editPipeline(project, 'onFail: [rollback]', 'onFail: [notify]');
    const store = await sandbox.folder();
    const group = await cluster.group({ store, env: { SEGMENTRY_NOTIFY_URL: receiver.origin } });
    const ask = async (): Promise<{ readonly run: string; readonly delivery: WorkflowHandle }> => {
      const run = runIdIn((await sandbox.run(['run', project.pipeline, '--no-wait'], { env: group.env })).stderr);
      return { run, delivery: cluster.client.workflow.getHandle(`notify-${run}`) };
    };
    return { store, group, ask };
  }

  async function attemptOf(delivery: WorkflowHandle): Promise<number> {
    const { raw } = await delivery.describe();
    return raw.pendingActivities?.[0]?.attempt ?? 0;
  }

  it.each([
    ['a message that was taken', 204, 'done', 'COMPLETED'],
    ['a message that was refused', 404, 'failed', 'FAILED'],
  ])('is not sent again while the audit log cannot be written: %s', async (_what, status, outcome, end) => {
    let breakLog = (): void => undefined;
    const receiver = await startReceiver(() => breakLog());
    receiver.statuses.push(...Array<number>(20).fill(status));
    const { store, group, ask } = await telling(receiver);
    const [log, away] = [join(store, 'audit'), join(store, 'audit-away')];
    breakLog = () => {
      breakLog = () => undefined;
      renameSync(log, away);
      writeFileSync(log, 'no folder');
    };
    try {
      await group.startWorker();
      const { delivery } = await ask();
      await until('the receiver was asked', () => receiver.received.length > 0);
      await until('it was tried again, twice', async () => (await attemptOf(delivery)) > 3);
      rmSync(log);
      renameSync(away, log);
      await until('the delivery ends', async () => (await delivery.describe()).status.name === end);
      expect(receiver.received).toHaveLength(1);
      const { stdout } = await sandbox.run(['audit', 'list', '--json'], { env: group.env });
      const records = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditRecord);
      expect(records.filter(({ action }) => action === 'notify').map(({ details }) => details['outcome'])).toEqual([
        outcome,
      ]);
    } finally {
      await receiver.close();
    }
  });

  it('goes to a receiver that was away during a rollout, by workers of the next build', async () => {
    const receiver = await startReceiver();
    const { group, ask } = await telling(receiver);
    try {
      const old = await group.startWorker('--build-id', 'a');
      receiver.statuses.push(...Array<number>(100).fill(503));
      const { run, delivery } = await ask();
      await until('the receiver was asked', () => receiver.received.length > 0);
      await cluster.client.workflow.getHandle(run).result();
      await old.stop();
      const next = await group.startWorker('--build-id', 'b');
      await until('the next build gets the new runs', () => next.stderr().includes('it gets the new runs'), next);
      receiver.statuses.length = 0;
      expect(await delivery.result()).toBe(receiver.origin);
    } finally {
      await receiver.close();
    }
  });
});
