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
import type { Evaluation, EvaluationRequest, RequestOutcome } from '../activities/contract.js';
import { actOn, evaluateModel } from './evaluate-model.js';
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
  const evaluation = await resolve(withNominalTime(request));
  const { run, title } = evaluation;
  setCurrentDetails(`${title}\n\nrun: ${run}`);
  try {
    const child = await startChild(evaluateModel, {
      workflowId: run,
      args: [evaluation],
      staticSummary: title,
      memo: { title },
      // A run that came to a verdict is the verdict; one that failed or was cancelled may be tried again.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      // Others may have joined the run: it does not end with whoever came first.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
    found = { evaluation, joined: false };
    return { ...(await child.result()), joined: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  found = { evaluation, joined: true };
  log.info('joining the run that is already there', { run });
  const { awaitRun } = proxyActivities<Activities>({ ...WAITING, summary: run });
  const outcome = await awaitRun(run);
  if (outcome.pinned === null || outcome.verdict === 'ERROR') return { ...outcome, joined: true };
  // The verdict stands, and so must its consequence: a version that failed in a gate and was made to serve all the same
  // is taken back now. What was done already is not done again.
  return { ...outcome, actions: await actOn(outcome.pinned, { verdict: outcome.verdict }), joined: true };
}

function withNominalTime(request: EvaluationRequest): EvaluationRequest {
  if (request.asOf !== NOMINAL_TIME) return request;
  const scheduled = workflowInfo().typedSearchAttributes.get(SCHEDULED_TIME);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable(
      'asOf: "nominal" is the time of a schedule, and this was not started by one; give a time such as 2026-01-31T06:00:00Z',
      'UsageError',
    );
  }
  return { ...request, asOf: scheduled.toISOString() };
}
