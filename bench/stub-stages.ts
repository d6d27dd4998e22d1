/** The built workflows on a real service, with stages that do nothing but note that they were asked. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../activities/index.js';
import type { ActionResult } from '../domain/result.js';
import { PATIENT } from '../workers/worker.js';
import { applyEffect } from '../workers/other-workflows.js';
import { DIST } from './sandbox.js';
import { computeQueue, waitingQueue } from '../workflows/task-queues.js';

const BUNDLE = join(DIST, 'workflow-bundle.js');

export const REF = { sha256: '0'.repeat(64), bytes: 1 };
export const RUN = {
  run: 'r',
  context: REF,
  rows: 20,
  segmentations: ['overall'],
  onFail: ['rollback'],
  onPass: [],
  act: true,
} as const;
export const ROLLBACK: ActionResult = {
  action: 'rollback',
  outcome: 'done',
  from: '2',
  to: '1',
  key: 'k',
  reason: 'r',
};

/** Stages that answer at once; `change` puts others in their place. */
function stages(called: string[], change: Partial<Activities>, effects: Activities['requestEffect']): Activities {
  const all: Activities = {
    resolve: () => Promise.resolve({ run: `run-${randomUUID()}`, title: 'a run', resolution: REF }),
    awaitRun: () => Promise.reject(new Error('nobody waits')),
    pin: () => Promise.resolve(RUN),
    validate: () => Promise.resolve({ valid: true, rules: 1, reasons: [], findings: REF }),
    segment: () => Promise.resolve({ tables: REF, codes: REF, segments: 1 }),
    planInference: () =>
      Promise.resolve({
        known: { candidate: null, baseline: null },
        layout: null,
        tasks: [0, 1, 2].map((index) => ({ index, name: `task ${index}`, from: index, to: index + 1 })),
      }),
    infer: (_run, _plan, task) => Promise.resolve({ task: task.index, rows: 1, candidate: REF, baseline: null }),
    openChunk: () => Promise.reject(new Error('there are no chunks')),
    keepInferred: () => Promise.resolve(REF),
    collectPredictions: () => Promise.resolve({ candidate: REF, baseline: null }),
    measure: () => Promise.resolve({ segments: REF, count: 1 }),
    decide: () => Promise.resolve({ decision: REF, verdict: 'FAIL', failed: { block: 1, warn: 0, shadow: 0 } }),
    recordVerdict: () => Promise.resolve(),
    act: () => Promise.resolve(ROLLBACK),
    requestEffect: effects,
    notify: () => Promise.resolve('https://hooks.example.com'),
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

export const EVALUATION = { run: 'r', title: 'a run', resolution: REF };

export type Start = (type: string, argument: unknown) => Promise<WorkflowHandle>;

/**
 * Runs `work` with workers whose stages are these. Returns the names of the stages that were asked, in order.
 *
 * @param effectsBy puts something before the asking for an effect
 */
export async function withStages(
  { client, connection }: { readonly client: Client; readonly connection: NativeConnection },
  change: Partial<Activities>,
  work: (start: Start) => Promise<void>,
  effectsBy: (usual: Activities['requestEffect']) => Activities['requestEffect'] = (usual) => usual,
): Promise<readonly string[]> {
  const called: string[] = [];
  const taskQueue = `stubs-${randomUUID()}`;
  const model = { registry: taskQueue, name: 'a-model' };
  const usual: Activities['requestEffect'] = (request) =>
    applyEffect({ client, taskQueue }, model, request, {
      asking: `${request.run.run}/${request.action}`,
      signal: new AbortController().signal,
    });
  const activities = stages(called, change, effectsBy(usual));
  const [workflows, compute, waiting] = await Promise.all([
    Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath: BUNDLE },
      activities,
      ...PATIENT,
    }),
    Worker.create({ connection, taskQueue: computeQueue(taskQueue), activities }),
    Worker.create({ connection, taskQueue: waitingQueue(taskQueue), activities }),
  ]);
  const start: Start = (type, argument) =>
    client.workflow.start(type, { workflowId: `test-${randomUUID()}`, taskQueue, args: [argument] });
  await workflows.runUntil(compute.runUntil(waiting.runUntil(() => work(start))));
  return called;
}
