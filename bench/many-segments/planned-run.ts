/**
 * The workflows of a run over more rows than anybody wants to infer here: planned as a run plans them and fanned out by a real service,
 * by stages that answer at once with addresses of the usual length.
 */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { InferredChunk, InferredTask } from '../../activities/contract.js';
import type { Activities } from '../../activities/index.js';
import { inChunks, keepInferred, openChunk } from '../../activities/plan-inference.js';
import { createArtifactStore } from '../../adapters/artifact-store/index.js';
import type { ArtifactRef } from '../../domain/artifact.js';
import { type InferTask, type PlannedSegment, planTasks, taskSizeFor } from '../../domain/plan.js';
import { type HistorySize, historiesOf } from '../histories.js';
import { EVALUATION, RUN, withStages } from '../stub-stages.js';

export interface PlannedRun {
  readonly tasks: number;
  /** Indices of the tasks in the order in which they were collected. */
  readonly collected: readonly number[];
  readonly seconds: number;
  readonly histories: readonly HistorySize[];
}

/** @param treesBytes the heavier the models, the smaller the tasks */
export function planned(segments: readonly PlannedSegment[], treesBytes: number): readonly InferTask[] {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  return planTasks('shop', segments, taskSizeFor(rows, [{ bytes: treesBytes, isTreeEnsemble: true }]));
}

/** @param folder of an artifact store that only this run has */
export async function runPlanned(
  service: { readonly client: Client; readonly connection: NativeConnection },
  folder: string,
  tasks: readonly InferTask[],
): Promise<PlannedRun> {
  const deps = { store: createArtifactStore(folder) };
  let collected: readonly number[] = [];
  const stages: Partial<Activities> = {
    pin: () => Promise.resolve({ ...RUN, onFail: [] }),
    planInference: async () => ({
      known: { candidate: null, baseline: null },
      layout: refOf('layout'),
      ...(await inChunks(deps, tasks)),
    }),
    openChunk: (chunk) => openChunk(deps, chunk),
    keepInferred: (inferred) => keepInferred(deps, inferred),
    infer: (_run, _plan, { index, from, to }) =>
      Promise.resolve({
        task: index,
        rows: to - from,
        candidate: refOf(`candidate ${index}`),
        baseline: refOf(`baseline ${index}`),
        broken: [{ segment: '\u5e97'.repeat(60), rows: 1, role: 'candidate', reason: '\u5e97'.repeat(300) }],
      }),
    collectPredictions: async (_run, _plan, inferred, chunks: readonly InferredChunk[] = []) => {
      const all = [...inferred];
      for (const list of chunks.flatMap(({ results }) => results))
        all.push(...(await deps.store.readJson<readonly InferredTask[]>(list)));
      collected = all.map(({ task }) => task);
      return { candidate: refOf('candidate'), baseline: refOf('baseline') };
    },
  };
  const started = performance.now();
  let id = '';
  await withStages(service, stages, async (start) => {
    const handle = await start('evaluateModel', EVALUATION);
    id = handle.workflowId;
    await handle.result();
  });
  const seconds = (performance.now() - started) / 1_000;
  const histories = [
    ...(await historiesOf(service.client, `WorkflowId = "${id}"`)),
    ...(await historiesOf(service.client, `WorkflowId STARTS_WITH "${id}/"`)),
  ];
  return { tasks: tasks.length, collected, seconds, histories };
}

function refOf(what: string): ArtifactRef {
  return { sha256: createHash('sha256').update(what).digest('hex'), bytes: 1_234_567 };
}
