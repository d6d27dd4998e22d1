/** infer: predictions of both models for every row, once per row and model, however often they are asked for. */
import { Context } from '@temporalio/activity';
import type { InferModel } from '../adapters/onnx/infer-rows.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { SegmentryError } from '../domain/errors.js';
import { addLatencies } from '../domain/latency.js';
import { type InferTask, type PlannedSegment, piecesOf } from '../domain/plan.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type {
  InferencePlan,
  InferredChunk,
  InferredTask,
  PinnedRun,
  Predictions,
  TaskPlan,
  Unpredicted,
} from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { ROLES, type Role, inferTask } from './infer-task.js';
import { rememberPredictions } from './known-predictions.js';
import { openLayout } from './layout.js';
import { partitionOf } from './plan-inference.js';
import { type ModelBinding, type RunContext, loadContext } from './run-context.js';
import { requireProbabilities } from './score-range.js';
import { withTemporaryFile } from './temporary-file.js';

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
    const { files, broken, latency } = await inferTask({
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
      latency,
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
      return withTemporaryFile(deps.store, 'predictions.arrow', async (output) => {
        const collected = await deps.compute.collectPredictions({ parts, rows: run.rows, output }, signal);
        const { unpredicted: rows, reason } = collected;
        if (reason !== null && rows === run.rows) {
          throw new SegmentryError(`none of the ${rows} rows has a prediction of the ${role}: ${reason}`, 'data');
        }
        const predictions = await deps.store.putFile(output, { move: true, flush: 'later' });
        // Predictions with gaps are this run's alone: another one tries again.
        if (reason === null) await rememberPredictions(deps, context, model, predictions);
        else unpredicted.push({ rows, role, reason });
        return predictions;
      });
    };
    const collectUsable = async (role: Role): Promise<ArtifactRef | null> => {
      const predictions = await collect(role);
      const model = context[role];
      // Those that an earlier run has made too: it may have asked for nothing that needs probabilities.
      if (predictions !== null && model !== null) await requireProbabilities(deps, context, model, predictions);
      return predictions;
    };
    const candidate = await collectUsable('candidate');
    if (candidate === null) throw new Error('there are no predictions of the candidate');
    const baseline = await collectUsable('baseline');
    return { candidate, baseline, ...(unpredicted.length === 0 ? {} : { unpredicted }), ...scoredBy(tasks) };
  });
}

function scoredBy(tasks: readonly InferredTask[]): Pick<Predictions, 'scored'> {
  const rows = tasks.reduce((sum, task) => sum + task.rows * ROLES.filter((role) => task[role] !== null).length, 0);
  const latency = addLatencies(tasks.map((task) => task.latency ?? {}));
  return rows === 0 ? {} : { scored: { rows, latency } };
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
