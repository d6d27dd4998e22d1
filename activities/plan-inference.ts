/** Plans inference: what is left to infer, laid out by the partition's segments and cut into tasks. */
import type { FeatureColumn } from '../adapters/onnx/signature.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { Segmentation } from '../domain/pipeline.js';
import { type InferTask, type ModelSize, largestFirst, planTasks, taskSizeFor } from '../domain/plan.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import { type ChunkSize, chunksOf } from '../domain/task-chunks.js';
import type { InferencePlan, InferredTask, PinnedRun, SegmentedData, TaskChunk } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { ROLES, type Role } from './infer-task.js';
import { findPredictions } from './known-predictions.js';
import { hasFeatures, layOut, storeLayout } from './layout.js';
import { type RunContext, loadContext } from './run-context.js';

export async function planInference(
  deps: ActivityDependencies,
  run: PinnedRun,
  segmented: SegmentedData,
): Promise<InferencePlan> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const known = {
      candidate: await findPredictions(deps, context, 'candidate'),
      baseline: await findPredictions(deps, context, 'baseline'),
    };
    const wanted = ROLES.filter((role) => known[role] === null && context[role] !== null);
    if (wanted.length === 0) return { known, layout: null, tasks: [] };

    const tables = await deps.store.readJson<readonly SegmentationTable[]>(segmented.tables);
    const partition = partitionOf(context.pipeline.segments.by)?.name ?? null;
    const table = tables.find(({ segmentation }) => segmentation === partition);
    const size = taskSizeFor(run.rows, modelsOf(context, wanted));
    // Without a partition the snapshot itself is the layout, and tasks are ranges of its rows.
    if (table === undefined)
      return {
        known,
        layout: null,
        ...(await inChunks(deps, largestFirst(planTasks('', [{ name: 'rows', rows: run.rows }], size)))),
      };
    const { features, title } = wantedFeatures(context, wanted);
    const made = segmented.layout ?? null;
    const layout =
      made !== null && (await hasFeatures(deps, made, features))
        ? made
        : await layoutBy(deps, context, { segmented, table, features, title }, signal);
    const tasks = largestFirst(planTasks(table.segmentation, table.segments, size));
    return { known, layout, ...(await inChunks(deps, tasks)) };
  });
}

/** What is known of the time that the models of these roles take. */
function modelsOf(context: RunContext, roles: readonly Role[]): readonly ModelSize[] {
  return roles.flatMap((role) => {
    const model = context[role];
    // Whether it is of trees is not known of a model that an older version looked at: most are.
    return model?.kind === 'registry'
      ? { bytes: model.file.bytes, isTreeEnsemble: model.signature.isTreeEnsemble ?? true }
      : [];
  });
}

interface LayoutRequest {
  readonly segmented: SegmentedData;
  readonly table: SegmentationTable;
  readonly features: readonly FeatureColumn[];
  readonly title: string;
}

/** Laid out by segments that all rows are in already. */
async function layoutBy(
  deps: ActivityDependencies,
  { manifest, snapshot }: RunContext,
  { segmented, table, features, title }: LayoutRequest,
  signal: AbortSignal,
): Promise<ArtifactRef> {
  const { codes: column, segmentation, segments } = table;
  if (column === null) throw new Error(`the segmentation "${segmentation}" has no codes to lay rows out by`);
  const job = {
    snapshot: await deps.store.localPath(snapshot),
    codes: await deps.store.localPath(segmented.codes),
    by: { column },
    segments: segments.length,
    rows: manifest.data.rows,
    features,
    title,
  };
  return storeLayout(deps, await layOut(deps, job, signal));
}

/** What the models of these roles are fed with, and how they are called in messages. */
export function wantedFeatures(
  context: RunContext,
  roles: readonly Role[],
): { readonly features: readonly FeatureColumn[]; readonly title: string } {
  const models = roles.map((role) => context[role]).filter((model) => model?.kind === 'registry');
  return {
    features: models.flatMap(({ signature }) => signature.features),
    title: models.map(({ title }) => title).join(' and '),
  };
}

/**
 * Tasks up to which they all are the run's own; beyond it, and at most so many each, child workflows have them. A task is up to
 * 7 events of a history, and Temporal wants histories below 4,096. A list of them is one payload, which is to stay below 256 KB: of 400
 * tasks it has 40 KB as a rule, and room for names in any script.
 */
const CHUNK: ChunkSize = { tasks: 400, bytes: 192 * 1024 };

/** The tasks themselves, or where the lists of them are kept. */
export async function inChunks(
  deps: Pick<ActivityDependencies, 'store' | 'chunkTasks'>,
  tasks: readonly InferTask[],
): Promise<Pick<InferencePlan, 'tasks' | 'chunks'>> {
  const parts = chunksOf(tasks, { ...CHUNK, tasks: deps.chunkTasks ?? CHUNK.tasks });
  if (parts.length <= 1) return { tasks };
  const chunks: TaskChunk[] = [];
  for (const part of parts) {
    const rows = part.reduce((sum, task) => sum + task.to - task.from, 0);
    chunks.push({ index: chunks.length, tasks: await deps.store.putJson(part), count: part.length, rows });
  }
  return { tasks: [], chunks };
}

/** The tasks of a chunk, for the workflow that fans them out. */
export async function openChunk(
  deps: Pick<ActivityDependencies, 'store'>,
  chunk: TaskChunk,
): Promise<readonly InferTask[]> {
  return whileBeating(() => deps.store.readJson<readonly InferTask[]>(chunk.tasks));
}

/** Puts away what tasks came to, so that a history carries one address for all of them. */
export async function keepInferred(
  deps: Pick<ActivityDependencies, 'store'>,
  tasks: readonly InferredTask[],
): Promise<ArtifactRef> {
  return whileBeating(() => deps.store.putJson(tasks));
}

/** The partition that inference follows: the clusters if there are any, else the first segmentation by columns. */
export function partitionOf(segmentations: readonly Segmentation[]): Segmentation | null {
  return (
    segmentations.find(({ kind }) => kind === 'clusters') ??
    segmentations.find(({ kind }) => kind === 'columns') ??
    null
  );
}
