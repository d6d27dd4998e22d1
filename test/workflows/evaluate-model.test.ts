import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.js';
import type { ActionResult } from '../../domain/result.js';
import { computeQueue } from '../../workflows/task-queues.js';
import { type Cluster, Sandbox, until } from '../e2e/sandbox.js';

// The built workflows on a real service, with stages that do nothing but note that they were asked.
const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const REF = { sha256: '0'.repeat(64), bytes: 1 };
const RUN = {
  run: 'r',
  context: REF,
  rows: 20,
  segmentations: ['overall'],
  onFail: ['rollback'],
  onPass: [],
  act: true,
} as const;
const ROLLBACK: ActionResult = { action: 'rollback', outcome: 'done', from: '2', to: '1', key: 'k', reason: 'r' };

/** Stages that answer at once; `change` puts others in their place. */
function stages(called: string[], change: Partial<Activities>): Activities {
  const all: Activities = {
    resolve: () => Promise.resolve({ run: `run-${randomUUID()}`, title: 'a run', resolution: REF }),
    awaitRun: () => Promise.reject(new Error('nobody waits')),
    pin: () => Promise.resolve(RUN),
    validate: () => Promise.resolve({ valid: true, rules: 1, reasons: [], findings: REF }),
    segment: () => Promise.resolve({ tables: REF, codes: REF, segments: 1, sizes: [1] }),
    planInference: () =>
      Promise.resolve({
        known: { candidate: null, baseline: null },
        layout: null,
        tasks: [0, 1, 2].map((index) => ({ index, name: `task ${index}`, from: index, to: index + 1 })),
      }),
    infer: (_run, _plan, task) => Promise.resolve({ task: task.index, rows: 1, candidate: REF, baseline: null }),
    collectPredictions: () => Promise.resolve({ candidate: REF, baseline: null }),
    measure: () => Promise.resolve({ segments: REF, count: 1 }),
    decide: () => Promise.resolve({ decision: REF, verdict: 'FAIL', failed: { block: 1, warn: 0, shadow: 0 } }),
    recordVerdict: () => Promise.resolve(),
    act: () => Promise.resolve(ROLLBACK),
    report: ({ actions }) =>
      Promise.resolve({
        run: 'r',
        pinned: RUN,
        verdict: 'FAIL',
        digest: 'd',
        reasons: [],
        actions,
        resultFile: 'result.json',
        reportFile: 'report.html',
      }),
    ...change,
  };
  const noted = Object.entries(all).map(([name, stage]) => [
    name,
    (...args: never[]) => {
      called.push(name);
      return (stage as (...args: never[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(noted) as Activities;
}

function gate(): { readonly reached: () => boolean; readonly pass: () => Promise<void>; open(): void } {
  let reached = false;
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    reached: () => reached,
    pass: () => {
      reached = true;
      return opened;
    },
    open: () => open(),
  };
}

describe('a run', { timeout: 60_000 }, () => {
  let cluster: Cluster;
  let connection: NativeConnection;

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    cluster = await sandbox.cluster();
    connection = await NativeConnection.connect({ address: cluster.server.address });
  });
  afterAll(() => connection.close());

  async function withStages(
    change: Partial<Activities>,
    work: (start: (type: string, argument: unknown) => Promise<WorkflowHandle>) => Promise<void>,
  ): Promise<readonly string[]> {
    const called: string[] = [];
    const taskQueue = `stubs-${randomUUID()}`;
    const activities = stages(called, change);
    const workers = await Promise.all([
      Worker.create({ connection, taskQueue, workflowBundle: { codePath: BUNDLE }, activities }),
      Worker.create({ connection, taskQueue: computeQueue(taskQueue), activities }),
    ]);
    const [workflows, compute] = workers;
    await workflows.runUntil(
      compute.runUntil(() =>
        work((type, argument) =>
          cluster.client.workflow.start(type, { workflowId: `test-${randomUUID()}`, taskQueue, args: [argument] }),
        ),
      ),
    );
    return called;
  }

  const EVALUATION = { run: 'r', title: 'a run', resolution: REF };

  it('that is cancelled while it acts finishes what it began, once, and reports it', async () => {
    const acting = gate();
    const act = async (): Promise<ActionResult> => {
      await acting.pass();
      return ROLLBACK;
    };
    const called = await withStages({ act }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      await until('it acts', acting.reached);
      await handle.cancel();
      acting.open();
      expect(await handle.result()).toMatchObject({ verdict: 'FAIL', actions: [ROLLBACK] });
    });
    expect(called.filter((name) => name === 'act')).toHaveLength(1);
    expect(called.at(-1)).toBe('report');
  });

  it('that is cancelled before it acts changes nothing, and does not wait for the work under way', async () => {
    const inferring = gate();
    const infer: Activities['infer'] = async (_run, _plan, task) => {
      await inferring.pass();
      return { task: task.index, rows: 1, candidate: REF, baseline: null };
    };
    const called = await withStages({ infer }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      await until('it infers', inferring.reached);
      await handle.cancel();
      const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
      expect((error as Error).cause).toSatisfy(
        (cause) =>
          cause instanceof CancelledFailure ||
          (cause instanceof ActivityFailure && cause.cause instanceof CancelledFailure),
      );
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      inferring.open();
    });
    expect(called).not.toContain('recordVerdict');
    expect(called).not.toContain('act');
  });

  it('goes on when the request that began it is cancelled', async () => {
    const acting = gate();
    const id = `run-${randomUUID()}`;
    const change: Partial<Activities> = {
      resolve: () => Promise.resolve({ ...EVALUATION, run: id }),
      act: async () => {
        await acting.pass();
        return ROLLBACK;
      },
    };
    await withStages(change, async (start) => {
      const request = await start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      await until('it acts', acting.reached);
      await request.cancel();
      await request.result().catch(() => undefined);
      acting.open();
      expect(await cluster.client.workflow.getHandle(id).result()).toMatchObject({ actions: [ROLLBACK] });
    });
  });

  it('that failed may be tried again, and one that came to a verdict is joined', async () => {
    let broken = true;
    const id = `run-${randomUUID()}`;
    const change: Partial<Activities> = {
      resolve: () => Promise.resolve({ ...EVALUATION, run: id }),
      segment: () =>
        broken
          ? Promise.reject(ApplicationFailure.nonRetryable('no', 'DataError'))
          : Promise.resolve({ tables: REF, codes: REF, segments: 1, sizes: [1] }),
      awaitRun: (run) => cluster.client.workflow.getHandle(run).result() as ReturnType<Activities['awaitRun']>,
    };
    const called = await withStages(change, async (start) => {
      const request = (): Promise<WorkflowHandle> => start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      await expect((await request()).result()).rejects.toThrow();
      broken = false;
      expect(await (await request()).result()).toMatchObject({ verdict: 'FAIL', joined: false });
      expect(await (await request()).result()).toMatchObject({ verdict: 'FAIL', joined: true });
    });
    expect(called.filter((name) => name === 'report')).toHaveLength(1);
  });
});
