import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../receiver.js';
import { searched } from './planted.js';
import { FEWER_FLIGHTS, type Finished, type Project, Sandbox, editPipeline, resultOf, runIdIn } from './sandbox.js';

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
