/**
 * One evaluation of one candidate, from the data to the consequence: it pins its inputs, validates the data, segments it,
 * infers per segment, measures every segment, decides against the checks, acts and reports.
 */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../activities/index.js';
import type {
  ChunkWork,
  Decided,
  Evaluation,
  InferredChunk,
  InferredTask,
  MeasuredSegmentation,
  PinnedRun,
  Predictions,
  RunOutcome,
  SegmentedData,
  TaskChunk,
  ValidatedData,
} from '../activities/contract.js';
import { FAILURE_TYPE } from '../domain/errors.js';
import type { ActionResult } from '../domain/result.js';
import { rootCause } from '../domain/root-cause.js';
import { actOn } from './act-on.js';
import { inParallel } from './in-parallel.js';
import { filesOf, inferChunk } from './infer-chunk.js';
import { lostAnArtifact } from './lost-artifact.js';
import { onCompute } from './on-compute.js';
import { Progress, progressQuery } from './progress.js';
import { QUICK, REPORTING } from './retry-profiles.js';
import { CHUNKS_IN_FLIGHT, TASKS_IN_FLIGHT } from './task-queues.js';

const { decide } = proxyActivities<Activities>(QUICK);
const { report } = proxyActivities<Activities>(REPORTING);

export async function evaluateModel(evaluation: Evaluation): Promise<RunOutcome> {
  const progress = new Progress(evaluation.title);
  setHandler(progressQuery, () => progress.snapshot, { description: 'How far each stage is.' });

  const run = await progress.during(
    'pin',
    () => onCompute(evaluation.title).pin(evaluation),
    (pinned) => `${count(pinned.rows)} rows`,
  );
  const { validated, segmented } = await validateAndSegment(run, progress);
  if (segmented === null) {
    for (const stage of ['segment', 'infer', 'measure', 'decide', 'act'] as const)
      progress.skip(stage, 'the data are not valid');
    const outcome = await progress.during(
      'report',
      () => report({ run, validated, measures: [], decided: null, actions: [], timings: progress.timings }),
      ({ verdict }) => verdict,
    );
    return { ...outcome, progress: progress.snapshot };
  }
  const predictions = await progress.during(
    'infer',
    () => infer(run, segmented, progress),
    ({ inferred }) => inferred,
  );
  const measures = await progress.during(
    'measure',
    () => measureAll(run, segmented, predictions, progress),
    () => `${count(segmented.segments)} segments`,
  );
  const decided = await progress.during('decide', () => decide(run, measures), summary);
  // What has begun to change the registry is finished, even if the run is cancelled meanwhile.
  const actions = await CancellationScope.nonCancellable(() =>
    progress.during(
      'act',
      () => actOn(run, decided),
      (results) => results.map(({ action, outcome }) => `${action} ${outcome}`).join(', ') || 'nothing to do',
    ),
  );
  const outcome = await CancellationScope.nonCancellable(() =>
    progress.during(
      'report',
      () => report({ run, validated, segmented, predictions, measures, decided, actions, timings: progress.timings }),
      ({ verdict }) => verdict,
    ),
  ).catch((error: unknown) => {
    throw withWhatWasDone(error, evaluation, actions);
  });
  // With the outcome: whoever waited would have to ask for it, and a worker to go through the whole history once more.
  return { ...outcome, progress: progress.snapshot };
}

/**
 * Asked for by alias, the same request would be another evaluation after its own effect: of the version that serves now, which passes against itself.
 */
function withWhatWasDone(error: unknown, { versions }: Evaluation, actions: readonly ActionResult[]): unknown {
  const done = actions.filter(({ outcome, from, to }) => outcome === 'done' && from !== to);
  if (done.length === 0 || lostAnArtifact(error) || isCancellation(error)) return error;
  const what = done
    .map(({ action, from, to }) => `${action} from version ${from ?? 'none'} to ${to ?? 'none'}`)
    .join(', ');
  const { candidate = null, baseline = null } = versions ?? {};
  const again = [
    ...(candidate === null ? [] : [`--candidate ${candidate}`]),
    ...(baseline === null ? [] : [`--baseline ${baseline}`]),
  ];
  return ApplicationFailure.nonRetryable(
    `what follows the verdict was done (${what}), and its report could not be written: ${rootCause(error as Error).message} ` +
      `To have the report, ask again for the same versions: segmentry run PIPELINE ${again.join(' ')}`,
    FAILURE_TYPE.infrastructure,
  );
}

interface CheckedData {
  readonly validated: ValidatedData;
  /** Null when the data are not valid. */
  readonly segmented: SegmentedData | null;
}

/** Both read all rows and neither needs the other, but what is wrong with the data is told before anything that segments make of it. */
async function validateAndSegment(run: PinnedRun, progress: Progress): Promise<CheckedData> {
  const validate = (): Promise<ValidatedData> =>
    progress.during(
      'validate',
      () => onCompute('data rules').validate(run),
      (data) => (data.valid ? rulesNote(data) : `invalid: ${data.reasons.join('; ')}`),
    );
  const segment = (): Promise<SegmentedData> =>
    progress.during(
      'segment',
      () => onCompute('all segmentations').segment(run),
      (data) => `${count(data.segments)} segments`,
    );
  if (!patched(SIDE_BY_SIDE)) {
    const validated = await validate();
    return { validated, segmented: validated.valid ? await segment() : null };
  }
  const scope = new CancellationScope();
  const segmenting = scope.run(segment);
  const ended = segmenting.catch(() => undefined);
  const validated = await validate();
  if (validated.valid) return { validated, segmented: await segmenting };
  scope.cancel();
  await ended;
  return { validated, segmented: null };
}

/** Runs from before this segmented their data only when they had been validated. */
const SIDE_BY_SIDE = 'validate-and-segment-side-by-side';

function rulesNote({ rules, warned = 0 }: ValidatedData): string {
  return `${rules - warned} rules kept${warned > 0 ? `, ${warned} broken (only a warning)` : ''}`;
}

/** Fans inference out, a task a piece of a segment, and puts the predictions together. */
async function infer(
  run: PinnedRun,
  segmented: SegmentedData,
  progress: Progress,
): Promise<Predictions & { readonly inferred: string }> {
  const plan = await onCompute('plan and layout').planInference(run, segmented);
  const { known, layout } = plan;
  const { chunks = [] } = plan;
  const total =
    plan.tasks.reduce((rows, task) => rows + task.to - task.from, 0) +
    chunks.reduce((rows, chunk) => rows + chunk.rows, 0);
  const parts = plan.tasks.length + chunks.reduce((tasks, chunk) => tasks + chunk.count, 0);
  let done = 0;
  progress.count('infer', done, total, 'rows');
  const tasks = await inParallel(plan.tasks, TASKS_IN_FLIGHT, async (task): Promise<InferredTask> => {
    const inferred = await onCompute(task.name).infer(unnamed(run), { known, layout, tables: segmented.tables }, task);
    done += inferred.rows;
    progress.count('infer', done, total, 'rows');
    return filesOf(inferred);
  });
  const inferred = await inParallel(chunks, CHUNKS_IN_FLIGHT, async (chunk): Promise<InferredChunk> => {
    const result = await inferChunkOf(run, { known, layout, tables: segmented.tables }, chunk);
    done += result.rows;
    progress.count('infer', done, total, 'rows');
    return result;
  });
  const collect = onCompute('put together').collectPredictions;
  const predictions =
    inferred.length === 0 ? await collect(run, { known }, tasks) : await collect(run, { known }, tasks, inferred);
  return {
    ...predictions,
    inferred:
      parts === 0
        ? 'all predictions were there'
        : `${count(total)} rows in ${count(parts)} ${parts === 1 ? 'task' : 'tasks'}`,
  };
}

function inferChunkOf(run: PinnedRun, plan: ChunkWork['plan'], chunk: TaskChunk): Promise<InferredChunk> {
  const { workflowId, runId } = workflowInfo();
  // A run that failed may be tried again under its id while children of the attempt before it are still ending. Not told apart by the
  // run's own id, which is another one after a reset, and then the children of its history would not be found again.
  const attempt = patched(CHUNKS_SURVIVE_A_RESET) ? uuid4() : runId;
  return executeChild(inferChunk, {
    workflowId: `${workflowId}/infer/${attempt}/${chunk.index}`,
    args: [{ run: unnamed(run), plan, chunk, done: { tasks: 0, results: [] } }],
    staticSummary: `infer, part ${chunk.index + 1}: ${count(chunk.rows)} rows`,
    // By default a child is terminated with its parent, and the tasks that it has under way would run to their end for nobody.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
  });
}

/** Children of runs from before this are called by the run's own id. */
const CHUNKS_SURVIVE_A_RESET = 'chunks-survive-a-reset';

async function measureAll(
  run: PinnedRun,
  segmented: SegmentedData,
  predictions: Predictions,
  progress: Progress,
): Promise<readonly MeasuredSegmentation[]> {
  let done = 0;
  progress.count('measure', done, segmented.segments, 'segments');
  return inParallel([...run.segmentations.entries()], TASKS_IN_FLIGHT, async ([index, name]) => {
    const { candidate, baseline } = predictions;
    const measured = await onCompute(name).measure(unnamed(run), segmented, { candidate, baseline }, index);
    done += measured.count;
    progress.count('measure', done, segmented.segments, 'segments');
    return measured;
  });
}

/**
 * For stages that go out by the hundred and know their segmentation by its number. One message to the service takes all that go out at
 * once and at most 4 MB: 200 tasks, each with 200 names, do not fit in.
 */
function unnamed(run: PinnedRun): PinnedRun {
  return { ...run, segmentations: [] };
}

function summary({ verdict, failed }: Decided): string {
  const warned = failed.warn > 0 ? `, ${counted(failed.warn, 'warning')}` : '';
  return failed.block > 0 ? `${verdict}: ${counted(failed.block, 'check')} failed${warned}` : `${verdict}${warned}`;
}

function counted(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}

/** Thousands separated, without the locale that a worker may have. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
