/**
 * One evaluation of one candidate, from the data to the consequence: it pins its inputs, validates the data, segments it,
 * infers per segment, measures every segment, decides against the checks, acts and reports.
 */
import { CancellationScope, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type {
  Decided,
  Evaluation,
  InferredTask,
  MeasuredSegmentation,
  PinnedRun,
  Predictions,
  RunOutcome,
  SegmentedData,
} from '../activities/contract.js';
import type { ActionResult } from '../domain/result.js';
import { inParallel } from './in-parallel.js';
import { Progress, progressQuery } from './progress.js';
import { EFFECT, HEAVY, QUICK } from './retry-profiles.js';
import { computeQueue } from './task-queues.js';

const { decide, report } = proxyActivities<Activities>(QUICK);
const { recordVerdict } = proxyActivities<Activities>(EFFECT);

/** The stages that take a core, on the queue that has one slot a core. `summary` is what the Temporal UI calls the task. */
function onCompute(summary: string) {
  return proxyActivities<Activities>({ ...HEAVY, summary, taskQueue: computeQueue(workflowInfo().taskQueue) });
}

/**
 * Tasks that wait in Temporal's queue at once: enough to keep any number of workers busy, far from the limit of 2,000
 * pending activities a workflow.
 */
const TASKS_IN_FLIGHT = 200;

export async function evaluateModel(evaluation: Evaluation): Promise<RunOutcome> {
  const progress = new Progress(evaluation.title);
  setHandler(progressQuery, () => progress.snapshot, { description: 'How far each stage is.' });

  const run = await progress.during(
    'pin',
    () => onCompute(evaluation.title).pin(evaluation),
    (pinned) => `${count(pinned.rows)} rows`,
  );
  const validated = await progress.during(
    'validate',
    () => onCompute('data rules').validate(run),
    (data) => (data.valid ? `${data.rules} rules kept` : `invalid: ${data.reasons.join('; ')}`),
  );
  if (!validated.valid) {
    for (const stage of ['segment', 'infer', 'measure', 'decide', 'act'] as const)
      progress.skip(stage, 'the data are not valid');
    return report({ run, validated, measures: [], decided: null, actions: [], timings: progress.timings });
  }
  const segmented = await progress.during(
    'segment',
    () => onCompute('all segmentations').segment(run),
    (data) => `${count(data.segments)} segments`,
  );
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
  return CancellationScope.nonCancellable(() =>
    progress.during(
      'report',
      () => report({ run, validated, segmented, predictions, measures, decided, actions, timings: progress.timings }),
      (outcome) => outcome.verdict,
    ),
  );
}

/** Fans inference out, a task a piece of a segment, and puts the predictions together. */
async function infer(
  run: PinnedRun,
  segmented: SegmentedData,
  progress: Progress,
): Promise<Predictions & { readonly inferred: string }> {
  const plan = await onCompute('plan and layout').planInference(run, segmented);
  const { known, layout } = plan;
  const total = plan.tasks.reduce((rows, task) => rows + task.to - task.from, 0);
  let done = 0;
  progress.count('infer', done, total, 'rows');
  const tasks = await inParallel(plan.tasks, TASKS_IN_FLIGHT, async (task): Promise<InferredTask> => {
    const inferred = await onCompute(task.name).infer(run, { known, layout }, task);
    done += inferred.rows;
    progress.count('infer', done, total, 'rows');
    return inferred;
  });
  const predictions = await onCompute('put together').collectPredictions(run, { known }, tasks);
  return {
    ...predictions,
    inferred:
      tasks.length === 0
        ? 'all predictions were there'
        : `${count(total)} rows in ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}`,
  };
}

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
    const measured = await onCompute(name).measure(run, segmented, { candidate, baseline }, index);
    done += measured.count;
    progress.count('measure', done, segmented.segments, 'segments');
    return measured;
  });
}

/** Only FAIL rolls back, only PASS promotes; an inconclusive run changes nothing. */
export async function actOn(run: PinnedRun, { verdict }: Pick<Decided, 'verdict'>): Promise<readonly ActionResult[]> {
  const actions = verdict === 'FAIL' ? run.onFail : verdict === 'PASS' ? run.onPass : [];
  if (!run.act) {
    return actions.map((action) => ({
      action,
      outcome: 'skipped',
      from: null,
      to: null,
      key: action,
      reason: 'the run was started with --no-act',
    }));
  }
  await recordVerdict(run, verdict);
  const results: ActionResult[] = [];
  for (const action of actions) {
    const { act } = proxyActivities<Activities>({ ...EFFECT, summary: action });
    results.push(await act({ run, action, verdict }));
  }
  return results;
}

function summary({ verdict, failed }: Decided): string {
  const warned = failed.warn > 0 ? `, ${failed.warn} warnings` : '';
  return failed.block > 0 ? `${verdict}: ${failed.block} checks failed${warned}` : `${verdict}${warned}`;
}

/** Thousands separated, without the locale that a worker may have. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
