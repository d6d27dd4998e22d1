import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferredChunk, InferredTask, TaskChunk } from '../../activities/contract.js';
import type { Activities } from '../../activities/index.js';
import type { ArtifactRef } from '../../domain/artifact.js';
import type { InferTask } from '../../domain/plan.js';
import { findTemporalBinary } from '../../workers/dev-server/index.js';
import { historiesOf, largestPayload } from '../../bench/histories.js';
import { planned, runPlanned } from '../../bench/many-segments/planned-run.js';
import { newFolder } from '../scratch-folder.js';
import { EVALUATION, RUN, withStages } from './stub-stages.js';

/** Temporal's own advice is 4,096 events; here a history is long much sooner. */
const LONG_HISTORY = 60;

/** Temporal warns of histories that are longer. */
const TOO_LONG = 10_240;

/** Temporal warns of payloads above this, and refuses those of eight times as much. */
const LARGE_PAYLOAD = 256 * 1024;

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await findTemporalBinary({ env: process.env, onStep: () => undefined });
  temporal = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${LONG_HISTORY}`],
    },
  });
});
afterAll(() => temporal.teardown());

/** A store of the tests: artifacts by a number. */
function artifacts() {
  const kept: unknown[] = [];
  return {
    put: (value: unknown): ArtifactRef => ({ sha256: String(kept.push(value) - 1).padStart(64, '0'), bytes: 1 }),
    get: ({ sha256 }: ArtifactRef): unknown => kept[Number(sha256)],
  };
}

/** Tasks whose names are as long as they ever get. */
function chunksOf(store: ReturnType<typeof artifacts>, sizes: readonly number[]): readonly TaskChunk[] {
  let next = 0;
  return sizes.map((count, index) => {
    const tasks = Array.from({ length: count }, (): InferTask => {
      const from = next++;
      return { index: from, name: `segment ${from} `.padEnd(150, 'x'), from, to: from + 1 };
    });
    return { index, tasks: store.put(tasks), count, rows: count };
  });
}

async function inferInChunks(
  sizes: readonly number[],
  afterwards: (run: WorkflowHandle) => Promise<void> = () => Promise.resolve(),
) {
  const store = artifacts();
  const chunks = chunksOf(store, sizes);
  const inferred: number[] = [];
  let collected: readonly InferredTask[] = [];
  const change: Partial<Activities> = {
    planInference: () =>
      Promise.resolve({ known: { candidate: null, baseline: null }, layout: null, tasks: [], chunks }),
    openChunk: ({ tasks }) => Promise.resolve(store.get(tasks) as readonly InferTask[]),
    keepInferred: (tasks) => Promise.resolve(store.put(tasks)),
    infer: (_run, _plan, task) => {
      inferred.push(task.index);
      return Promise.resolve({ task: task.index, rows: 1, candidate: store.put(task.index), baseline: null });
    },
    collectPredictions: (_run, _plan, tasks, parts: readonly InferredChunk[] = []) => {
      const lists = parts.flatMap(({ results }) => results);
      collected = [...tasks, ...lists.flatMap((list) => store.get(list) as readonly InferredTask[])];
      return Promise.resolve({ candidate: store.put('all'), baseline: null });
    },
    pin: () => Promise.resolve({ ...RUN, onFail: [] }),
  };
  const { client, nativeConnection: connection } = temporal;
  let id = '';
  await withStages({ client, connection }, change, async (start) => {
    const handle = await start('evaluateModel', EVALUATION);
    id = handle.workflowId;
    expect(await handle.result()).toMatchObject({ verdict: 'FAIL' });
    await afterwards(handle);
  });
  return { id, inferred, collected };
}

/** Runs it again from where an operator wants it. @returns the run from there */
async function resetTo(
  run: WorkflowHandle,
  event: proto.temporal.api.history.v1.IHistoryEvent,
): Promise<WorkflowHandle> {
  const { workflowId } = run;
  const { namespace } = temporal.client.options;
  const { runId } = await temporal.client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
    reason: 'a test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: event.eventId!,
  });
  return temporal.client.workflow.getHandle(workflowId, runId);
}

/** The histories of the children of a run, each with all the runs that it continued as. */
const chunkHistories = (id: string) =>
  historiesOf(temporal.client, `WorkflowType = "inferChunk" AND WorkflowId STARTS_WITH "${id}/"`);

describe('inference of many tasks', { timeout: 120_000 }, () => {
  it('is done in child workflows, every task once, together in order', async () => {
    const { id, inferred, collected } = await inferInChunks([25, 25, 7]);
    expect([...inferred].sort((a, b) => a - b)).toEqual(Array.from({ length: 57 }, (_, index) => index));
    expect(collected.map(({ task }) => task)).toEqual(Array.from({ length: 57 }, (_, index) => index));
    const children = await chunkHistories(id);
    expect(new Set(children.map(({ workflowId }) => workflowId)).size).toBe(3);
  });

  it.each([
    ['where all chunks were inferred', (tasks: readonly unknown[]) => tasks.length - 1],
    ['where no chunk was begun', () => 2],
  ])('goes on after a reset to %s', async (_when, which) => {
    await inferInChunks([25, 25, 7], async (run) => {
      const { events } = await run.fetchHistory();
      const tasks = events!.filter((event) => event.workflowTaskCompletedEventAttributes != null);
      const again = await resetTo(run, tasks[which(tasks)]!);
      expect(await again.result()).toMatchObject({ verdict: 'FAIL' });
    });
  });

  it('goes on in a new history where one gets long, and loses and repeats nothing', async () => {
    const { id, inferred, collected } = await inferInChunks([400, 400]);
    expect([...inferred].sort((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, index) => index));
    expect(collected.map(({ task }) => task)).toEqual(Array.from({ length: 800 }, (_, index) => index));
    const histories = await chunkHistories(id);
    expect(histories.filter(({ continued }) => continued).length).toBeGreaterThanOrEqual(2);
    expect(histories.filter(({ continued }) => !continued)).toHaveLength(2);
    for (const { largestPayload: bytes } of histories) expect(bytes).toBeLessThan(LARGE_PAYLOAD);
    const parent = await temporal.client.workflow.getHandle(id).fetchHistory();
    expect(parent.events?.length).toBeLessThan(120);
    expect(largestPayload(parent.events)).toBeLessThan(LARGE_PAYLOAD);
  });

  it('of a hundred million rows in 10,000 segments stays far below what Temporal takes, whatever the names', async () => {
    // Characters that take three bytes, and six as JSON.
    const name = '\u5e97'.repeat(40) + '\u0001'.repeat(20);
    const segments = Array.from({ length: 10_000 }, (_, index) => ({ name: `${name}${index}`, rows: 10_000 }));
    const tasks = planned(segments, 16_000_000);
    const { client, nativeConnection: connection } = temporal;
    const { collected, histories } = await runPlanned({ client, connection }, await newFolder(), tasks);
    expect(tasks.length).toBe(1_000);
    expect(collected).toEqual(tasks.map(({ index }) => index));
    expect(histories.length).toBeGreaterThan(3);
    for (const { largestPayload: bytes, events } of histories) {
      expect(bytes).toBeLessThan(LARGE_PAYLOAD);
      expect(events).toBeLessThan(TOO_LONG);
    }
  });
});
