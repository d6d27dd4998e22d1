/** The activities as Temporal knows them: one per stage, bound to what they need. */
import type {
  ActionRequest,
  Decided,
  Evaluation,
  EvaluationRequest,
  InferencePlan,
  InferredChunk,
  InferredTask,
  MeasuredSegmentation,
  PinnedRun,
  Predictions,
  ReportInput,
  ResolvedVersions,
  SegmentedData,
  TaskChunk,
  TaskPlan,
  VerdictNotice,
} from './contract.js';
import type { InferTask } from '../domain/plan.js';
import { act, recordVerdict, requestEffect } from './act.js';
import { decide } from './decide.js';
import type { ActivityDependencies } from './dependencies.js';
import { explainFailures } from './failures.js';
import { collectPredictions, infer } from './infer.js';
import { join } from './join.js';
import { measure } from './measure.js';
import { notify } from './notify.js';
import { pin } from './pin.js';
import { keepInferred, openChunk, planInference } from './plan-inference.js';
import { report } from './report.js';
import { resolve } from './resolve.js';
import { segment } from './segment.js';
import { validate } from './validate.js';

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(deps: ActivityDependencies) {
  return explainFailures({
    resolve: (request: EvaluationRequest, versions?: ResolvedVersions) => resolve(deps, request, versions),
    awaitRun: (run: string) => join(deps, run),
    pin: (evaluation: Evaluation) => pin(deps, evaluation),
    validate: (run: PinnedRun) => validate(deps, run),
    segment: (run: PinnedRun) => segment(deps, run),
    planInference: (run: PinnedRun, segmented: SegmentedData) => planInference(deps, run, segmented),
    infer: (run: PinnedRun, plan: TaskPlan, task: InferTask) => infer(deps, run, plan, task),
    openChunk: (chunk: TaskChunk) => openChunk(deps, chunk),
    keepInferred: (tasks: readonly InferredTask[]) => keepInferred(deps, tasks),
    collectPredictions: (
      run: PinnedRun,
      plan: Pick<InferencePlan, 'known'>,
      tasks: readonly InferredTask[],
      chunks?: readonly InferredChunk[],
    ) => collectPredictions(deps, run, plan, tasks, chunks),
    measure: (run: PinnedRun, segmented: SegmentedData, predictions: Predictions, index: number) =>
      measure(deps, run, segmented, predictions, index),
    decide: (run: PinnedRun, measures: readonly MeasuredSegmentation[]) => decide(deps, run, measures),
    recordVerdict: (run: PinnedRun, verdict: Decided['verdict']) => recordVerdict(deps, run, verdict),
    act: (request: ActionRequest) => act(deps, request),
    requestEffect: (request: ActionRequest) => requestEffect(deps, request),
    notify: (notice: VerdictNotice) => notify(deps, notice),
    report: (input: ReportInput) => report(deps, input),
  });
}
