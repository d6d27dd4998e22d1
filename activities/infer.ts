/** infer: predictions of both models for every row, once per row and model, however often they are asked for. */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { ROW_COLUMN, Database } from '../adapters/duckdb/database.js';
import type { InferModel } from '../adapters/onnx/infer-rows.js';
import { writeColumnPredictions } from '../adapters/measures/labels.js';
import { POSITION_COLUMN } from '../adapters/segments/write-layout.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { canonicalJson } from '../domain/canonical-json.js';
import { type InferTask, planTasks } from '../domain/plan.js';
import type { Segmentation } from '../domain/pipeline.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { InferencePlan, InferredTask, PinnedRun, Predictions, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { type ModelBinding, type RunContext, loadContext } from './run-context.js';

const ROLES = ['candidate', 'baseline'] as const;
type Role = (typeof ROLES)[number];

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
    const partition = partitionOf(context.pipeline.segments.by);
    const table = tables.find(({ segmentation }) => segmentation === partition);
    // Without a partition the snapshot itself is the layout, and tasks are ranges of its rows.
    if (table === undefined) return { known, layout: null, tasks: planTasks('', [{ name: 'rows', rows: run.rows }]) };
    const output = deps.store.temporaryPath('.parquet');
    const temporaryFolder = `${output}.tmp`;
    const features = wanted.flatMap((role) => featuresOf(context[role])).map(({ column }) => column);
    await mkdir(temporaryFolder, { recursive: true });
    try {
      await deps.compute.writeLayout(
        {
          snapshot: await deps.store.localPath(context.snapshot),
          codes: await deps.store.localPath(segmented.codes),
          table,
          features: [...new Set(features)],
          threads: deps.threads,
          temporaryFolder,
          output,
        },
        signal,
      );
    } finally {
      await rm(temporaryFolder, { recursive: true, force: true });
    }
    return {
      known,
      layout: await deps.store.putFile(output, { move: true }),
      tasks: planTasks(table.segmentation, table.segments),
    };
  });
}

/** The partition that inference follows: the clusters if there are any, else the first segmentation by columns. */
function partitionOf(segmentations: readonly Segmentation[]): string | null {
  const found =
    segmentations.find(({ kind }) => kind === 'clusters') ?? segmentations.find(({ kind }) => kind === 'columns');
  return found?.name ?? null;
}

export async function infer(
  deps: ActivityDependencies,
  run: PinnedRun,
  plan: Pick<InferencePlan, 'known' | 'layout'>,
  task: InferTask,
): Promise<InferredTask> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const models: Partial<Record<Role, InferModel>> = {};
    for (const role of ROLES) {
      const model = context[role];
      if (plan.known[role] === null && model?.kind === 'registry') models[role] = await loadModel(deps, model);
    }
    const started = performance.now();
    const statistics = await deps.compute.inferRows(
      {
        task: context.pipeline.model.task,
        parquet: await deps.store.localPath(plan.layout ?? context.snapshot),
        positionColumn: plan.layout === null ? ROW_COLUMN : POSITION_COLUMN,
        from: task.from,
        to: task.to,
        models: Object.values(models),
      },
      signal,
    );
    deps.telemetry.inferred(statistics.rows, (performance.now() - started) / 1_000, statistics.batchMilliseconds);
    const keep = async (role: Role): Promise<ArtifactRef | null> => {
      const model = models[role];
      return model === undefined ? null : deps.store.putFile(model.output, { move: true });
    };
    return {
      task: task.index,
      rows: statistics.rows,
      candidate: await keep('candidate'),
      baseline: await keep('baseline'),
    };
  });
}

/** Puts the tasks' predictions together, in the snapshot's row order, and remembers them for every later run. */
export async function collectPredictions(
  deps: ActivityDependencies,
  run: PinnedRun,
  plan: Pick<InferencePlan, 'known'>,
  tasks: readonly InferredTask[],
): Promise<Predictions> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const collect = async (role: Role): Promise<ArtifactRef | null> => {
      const known = plan.known[role];
      const model = context[role];
      if (known !== null || model === null) return known;
      const parts: string[] = [];
      for (const task of tasks) parts.push(await deps.store.localPath(task[role]!));
      const output = deps.store.temporaryPath('.arrow');
      await deps.compute.collectPredictions({ parts, rows: run.rows, output }, signal);
      const predictions = await deps.store.putFile(output, { move: true });
      await deps.store.remember(PREDICTIONS, predictionsKey(context, model), predictions);
      return predictions;
    };
    const candidate = await collect('candidate');
    if (candidate === null) throw new Error('there are no predictions of the candidate');
    return { candidate, baseline: await collect('baseline') };
  });
}

/** Predictions that need no inference: made by an earlier run, or a column of the data. */
async function findPredictions(
  deps: ActivityDependencies,
  context: RunContext,
  role: Role,
): Promise<ArtifactRef | null> {
  const model = context[role];
  if (model === null) return null;
  const remembered = (await deps.store.recall(PREDICTIONS, predictionsKey(context, model))) as ArtifactRef | null;
  if (remembered !== null && (await deps.store.has(remembered.sha256))) return remembered;
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
  const predictions = await deps.store.putFile(output, { move: true });
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

function featuresOf(model: ModelBinding | null): readonly { readonly column: string }[] {
  return model?.kind === 'registry' ? model.signature.features : [];
}

async function loadModel(
  deps: ActivityDependencies,
  model: Extract<ModelBinding, { kind: 'registry' }>,
): Promise<InferModel> {
  return {
    title: model.title,
    sha256: model.pinned.sha256,
    path: await deps.store.localPath(model.file),
    signature: model.signature,
    names: model.names,
    output: deps.store.temporaryPath('.arrow'),
  };
}
