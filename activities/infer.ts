/** infer: predictions of both models for every row, once per row and model, however often they are asked for. */
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Database } from '../adapters/duckdb/database.js';
import type { InferModel } from '../adapters/onnx/infer-rows.js';
import type { FeatureColumn } from '../adapters/onnx/signature.js';
import { writeColumnPredictions } from '../adapters/measures/labels.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { canonicalJson } from '../domain/canonical-json.js';
import { SegmentryError } from '../domain/errors.js';
import { type InferTask, type PlannedSegment, piecesOf, planTasks, taskSizeFor } from '../domain/plan.js';
import type { Segmentation } from '../domain/pipeline.js';
import { type ChunkSize, chunksOf } from '../domain/task-chunks.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type {
  InferencePlan,
  InferredChunk,
  InferredTask,
  PinnedRun,
  Predictions,
  SegmentedData,
  TaskChunk,
  TaskPlan,
  Unpredicted,
} from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { ROLES, type Role, inferTask } from './infer-task.js';
import { hasFeatures, layOut, openLayout, storeLayout } from './layout.js';
import { recallWhole } from './remembered.js';
import { type ModelBinding, type RunContext, loadContext } from './run-context.js';

/** Where predictions are remembered, by {@link predictionsKey}. */
const PREDICTIONS = 'predictions';

/** What is left to infer, laid out by the partition's segments and cut into tasks. */
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
    const size = taskSizeFor(run.rows, bytesOf(context, wanted));
    // Without a partition the snapshot itself is the layout, and tasks are ranges of its rows.
    if (table === undefined)
      return {
        known,
        layout: null,
        ...(await inChunks(deps, planTasks('', [{ name: 'rows', rows: run.rows }], size))),
      };
    const { features, title } = wantedFeatures(context, wanted);
    const made = segmented.layout ?? null;
    const layout =
      made !== null && (await hasFeatures(deps, made, features))
        ? made
        : await layoutBy(deps, context, { segmented, table, features, title }, signal);
    return { known, layout, ...(await inChunks(deps, planTasks(table.segmentation, table.segments, size))) };
  });
}

/** Of the models of these roles together. */
function bytesOf(context: RunContext, roles: readonly Role[]): number {
  return roles.reduce((sum, role) => {
    const model = context[role];
    return sum + (model?.kind === 'registry' ? model.file.bytes : 0);
  }, 0);
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
  return deps.store.readJson<readonly InferTask[]>(chunk.tasks);
}

/** Puts away what tasks came to, so that a history carries one address for all of them. */
export async function keepInferred(
  deps: Pick<ActivityDependencies, 'store'>,
  tasks: readonly InferredTask[],
): Promise<ArtifactRef> {
  return deps.store.putJson(tasks);
}

/** The partition that inference follows: the clusters if there are any, else the first segmentation by columns. */
export function partitionOf(segmentations: readonly Segmentation[]): Segmentation | null {
  return (
    segmentations.find(({ kind }) => kind === 'clusters') ??
    segmentations.find(({ kind }) => kind === 'columns') ??
    null
  );
}

export async function infer(
  deps: ActivityDependencies,
  run: PinnedRun,
  plan: TaskPlan,
  task: InferTask,
): Promise<InferredTask> {
  return whileBeating(async (signal, remember) => {
    const context = await loadContext(deps.store, run.context);
    const models: Partial<Record<Role, Omit<InferModel, 'output'>>> = {};
    for (const role of ROLES) {
      const model = context[role];
      if (plan.known[role] === null && model?.kind === 'registry') models[role] = await loadModel(deps, model);
    }
    const { info } = Context.current();
    const { files, broken } = await inferTask({
      deps,
      source: {
        task: context.pipeline.model.task,
        source:
          plan.layout === null
            ? { snapshot: await deps.store.localPath(context.snapshot) }
            : { layout: await openLayout(deps, plan.layout) },
      },
      from: task.from,
      to: task.to,
      models,
      pieces: async () => piecesOf(task, await segmentsOf(deps, context, plan)),
      attempt: info.attempt,
      before: info.heartbeatDetails as unknown,
      remember,
      signal,
    });
    return {
      task: task.index,
      rows: task.to - task.from,
      candidate: files.candidate ?? null,
      baseline: files.baseline ?? null,
      ...(broken.length === 0 ? {} : { broken }),
    };
  });
}

/** The segments in the order of the layout; null where the layout is the snapshot's own. */
async function segmentsOf(
  deps: ActivityDependencies,
  context: RunContext,
  { layout, tables }: TaskPlan,
): Promise<readonly PlannedSegment[] | null> {
  if (layout === null || tables === undefined) return null;
  const partition = partitionOf(context.pipeline.segments.by)?.name ?? null;
  const found = await deps.store.readJson<readonly SegmentationTable[]>(tables);
  return found.find(({ segmentation }) => segmentation === partition)?.segments ?? null;
}

/** Puts the tasks' predictions together, in the snapshot's row order, and remembers them for every later run. */
export async function collectPredictions(
  deps: ActivityDependencies,
  run: PinnedRun,
  plan: Pick<InferencePlan, 'known'>,
  inferred: readonly InferredTask[],
  chunks: readonly InferredChunk[] = [],
): Promise<Predictions> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const tasks = [...inferred];
    for (const list of chunks.flatMap(({ results }) => results))
      tasks.push(...(await deps.store.readJson<readonly InferredTask[]>(list)));
    const unpredicted: Omit<Unpredicted, 'segment'>[] = [];
    const collect = async (role: Role): Promise<ArtifactRef | null> => {
      const known = plan.known[role];
      const model = context[role];
      if (known !== null || model === null) return known;
      const parts: string[] = [];
      for (const task of tasks) parts.push(await deps.store.localPath(task[role]!));
      const output = deps.store.temporaryPath('.arrow');
      const collected = await deps.compute.collectPredictions({ parts, rows: run.rows, output }, signal);
      const { unpredicted: rows, reason } = collected;
      if (reason !== null && rows === run.rows) {
        throw new SegmentryError(`none of the ${rows} rows has a prediction of the ${role}: ${reason}`, 'data');
      }
      const predictions = await deps.store.putFile(output, { move: true, flush: 'later' });
      // Predictions with gaps are this run's alone: another one tries again.
      if (reason === null) await deps.store.remember(PREDICTIONS, predictionsKey(context, model), predictions);
      else unpredicted.push({ rows, role, reason });
      return predictions;
    };
    const candidate = await collect('candidate');
    if (candidate === null) throw new Error('there are no predictions of the candidate');
    const baseline = await collect('baseline');
    return { candidate, baseline, ...(unpredicted.length === 0 ? {} : { unpredicted }) };
  });
}

/** The roles whose model no run has asked about these rows. */
export async function rolesToInfer(deps: ActivityDependencies, context: RunContext): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (const role of ROLES) {
    const model = context[role];
    if (model?.kind === 'registry' && (await recallPredictions(deps, context, model)) === null) roles.push(role);
  }
  return roles;
}

async function recallPredictions(
  deps: ActivityDependencies,
  context: RunContext,
  model: ModelBinding,
): Promise<ArtifactRef | null> {
  return recallWhole<ArtifactRef>(deps.store, PREDICTIONS, predictionsKey(context, model), (ref) => [ref]);
}

/** Predictions that need no inference: made by an earlier run, or a column of the data. */
async function findPredictions(
  deps: ActivityDependencies,
  context: RunContext,
  role: Role,
): Promise<ArtifactRef | null> {
  const model = context[role];
  if (model === null) return null;
  const remembered = await recallPredictions(deps, context, model);
  if (remembered !== null) return remembered;
  if (model.kind === 'registry') return null;
  const output = deps.store.temporaryPath('.arrow');
  const snapshot = await deps.store.localPath(context.snapshot);
  await Database.with(Database.openSnapshot(snapshot, { threads: deps.threads }), (database) =>
    writeColumnPredictions(
      database,
      model.pinned.column,
      model.type,
      context.coding,
      context.manifest.data.rows,
      output,
    ),
  );
  const predictions = await deps.store.putFile(output, { move: true, flush: 'later' });
  await deps.store.remember(PREDICTIONS, predictionsKey(context, model), predictions);
  return predictions;
}

/** Everything that predictions depend on; segments and thresholds are not among it, so changing those infers nothing. */
function predictionsKey(context: RunContext, model: ModelBinding): string {
  const source =
    model.kind === 'registry'
      ? { sha256: model.pinned.sha256, signature: model.signature, names: model.names }
      : { column: model.pinned.column, coding: context.coding };
  const { task } = context.pipeline.model;
  const facts = { source, task, snapshot: context.snapshot.sha256, onnxruntime: context.manifest.versions.onnxruntime };
  return createHash('sha256').update(canonicalJson(facts)).digest('hex');
}

async function loadModel(
  deps: ActivityDependencies,
  model: Extract<ModelBinding, { kind: 'registry' }>,
): Promise<Omit<InferModel, 'output'>> {
  return {
    title: model.title,
    sha256: model.pinned.sha256,
    path: await deps.store.localPath(model.file),
    signature: model.signature,
    names: model.names,
  };
}
