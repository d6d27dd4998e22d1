/**
 * The one door to an evaluation, whoever knocks: CLI, schedule, CI job or the Temporal UI. It turns the request into facts,
 * then starts the run that they name or joins the one that is already there.
 */
import {
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  ChildWorkflowCancellationType,
  defineQuery,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ApplicationFailure,
  SearchAttributeType,
  WorkflowExecutionAlreadyStartedError,
  defineSearchAttributeKey,
} from '@temporalio/common';
import type { Activities } from '../activities/index.js';
import type {
  Evaluation,
  EvaluationRequest,
  JoinedRun,
  RequestOutcome,
  ResolvedVersions,
  RunOutcome,
} from '../activities/contract.js';
import { waitingQueue } from './task-queues.js';
import { ARTIFACT_LOST } from '../domain/artifact.js';
import { FAILURE_TYPE } from '../domain/errors.js';
import type { ActionResult } from '../domain/result.js';
import { actOn } from './act-on.js';
import { evaluateModel } from './evaluate-model.js';
import { lostAnArtifact } from './lost-artifact.js';
import { HEAVY, WAITING } from './retry-profiles.js';

const { resolve } = proxyActivities<Activities>({ ...HEAVY, summary: 'names become facts' });

/** `asOf` of scheduled requests: the data window ends at the time that the schedule names, however late the start is. */
export const NOMINAL_TIME = 'nominal';

/** Set by Temporal on every run of a schedule. */
const SCHEDULED_TIME = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** What a request turned out to be: a run, and whether that run was there already. */
export interface FoundRun {
  readonly evaluation: Evaluation;
  readonly joined: boolean;
}

/** Null until it is known. */
export const evaluationQuery = defineQuery<FoundRun | null>('evaluation');

export async function requestEvaluation(request: EvaluationRequest): Promise<RequestOutcome> {
  let found: FoundRun | null = null;
  setHandler(evaluationQuery, () => found, { description: 'The run that this request started or joined.' });
  const dated = withNominalTime(request);
  let versions: ResolvedVersions | undefined;
  // A run that came to a verdict is the verdict; one that failed or was cancelled may be tried again.
  let startable: WorkflowIdReusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
  for (let remade = 0; ; remade++) {
    const evaluation = versions === undefined ? await resolve(dated) : await resolve(dated, versions);
    ({ versions } = evaluation);
    setCurrentDetails(`${evaluation.title}\n\nrun: ${evaluation.run}`);
    let concluded = false;
    try {
      const own = await startRun(evaluation, startable, () => (found = { evaluation, joined: false }));
      if (own !== null) return { ...own, joined: false };
      found = { evaluation, joined: true };
      const outcome = await joinRun(evaluation);
      concluded = true;
      return { ...outcome, actions: await actAgain(outcome), joined: true };
    } catch (error) {
      if (remade === TIMES_REMADE || !lostAnArtifact(error)) throw error;
      // All artifacts are functions of the request: resolving it again makes the first of them, the run those that it lacks.
      log.warn('an artifact of the run was damaged or gone: making the run again', { run: evaluation.run });
      // Without this a run that ended well is joined again, and again found to lack what it lacks. Where somebody else is making it by
      // now it is joined; where they have made it already it is made once more, from what is there: all requests that found the loss
      // do so at most once for each loss that they find, and none of them does an effect twice.
      startable = concluded ? WorkflowIdReusePolicy.ALLOW_DUPLICATE : WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
    }
  }
}

/** Null: a run is there already that may not be started again. */
async function startRun(
  evaluation: Evaluation,
  workflowIdReusePolicy: WorkflowIdReusePolicy,
  tell: () => void,
): Promise<RunOutcome | null> {
  const { run, title } = evaluation;
  try {
    const child = await startChild(evaluateModel, {
      workflowId: run,
      args: [evaluation],
      staticSummary: title,
      memo: { title },
      workflowIdReusePolicy,
      // Others may have joined the run: it does not end with whoever came first.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
    tell();
    return await child.result();
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return null;
  }
}

async function joinRun({ run }: Evaluation): Promise<JoinedRun> {
  log.info('joining the run that is already there', { run });
  const taskQueue = waitingQueue(workflowInfo().taskQueue);
  return proxyActivities<Activities>({ ...WAITING, summary: run, taskQueue }).awaitRun(run);
}

/**
 * The verdict stands, and so must its consequence: a version that failed in a gate and was made to serve all the same is taken back
 * now. What was done already is not done again.
 *
 * @throws ApplicationFailure of the type ARTIFACT_LOST where the run's files are gone
 */
async function actAgain({ run, pinned, verdict, reasons, actions, lost }: JoinedRun): Promise<readonly ActionResult[]> {
  if (lost !== undefined) {
    throw ApplicationFailure.nonRetryable(
      `the run ${run} came to its verdict, and the store has its ${lost.join(' and ')} no more`,
      ARTIFACT_LOST,
    );
  }
  return pinned === null || verdict === 'ERROR' ? actions : actOn(pinned, { verdict, reasons });
}

/** Once is a disk that lost a file; more than a few times is a disk that nobody should trust. */
const TIMES_REMADE = 3;

function withNominalTime(request: EvaluationRequest): EvaluationRequest {
  if (request.asOf !== NOMINAL_TIME) return request;
  const scheduled = workflowInfo().typedSearchAttributes.get(SCHEDULED_TIME);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable(
      'asOf: "nominal" is the time of a schedule, and this was not started by one; give a time such as 2026-01-31T06:00:00Z',
      FAILURE_TYPE.usage,
    );
  }
  return { ...request, asOf: scheduled.toISOString() };
}
