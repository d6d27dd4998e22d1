/** What follows a verdict, one action after the other as the pipeline lists them. */
import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  condition,
  isCancellation,
  patched,
  proxyActivities,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/index.js';
import type { ActionRequest, Decided, PinnedRun, VerdictNotice } from '../activities/contract.js';
import type { AliasEffect } from '../domain/registry.js';
import type { ActionResult } from '../domain/result.js';
import { rootCause } from '../domain/root-cause.js';
import { lostAnArtifact } from './lost-artifact.js';
import { notifyVerdict } from './notify-verdict.js';
import { EFFECT, WAITING } from './retry-profiles.js';
import { waitingQueue } from './task-queues.js';

const { recordVerdict } = proxyActivities<Activities>(EFFECT);

/** Only FAIL rolls back, only PASS promotes; an inconclusive run changes nothing. */
export async function actOn(
  run: PinnedRun,
  { verdict, reasons = [] }: Pick<Decided, 'verdict' | 'reasons'>,
): Promise<readonly ActionResult[]> {
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
  const unrecorded = await recorded(run, verdict);
  const results: ActionResult[] = [];
  for (const action of actions) {
    if (action === 'notify') results.push(await tell({ run, verdict, reasons, actions: [...results] }));
    // What a later rollback goes back to follows from the verdicts that are recorded: without this one nothing is moved.
    else if (unrecorded !== null) results.push(failed(action, unrecorded));
    else results.push(await orFailed(action, () => applyEffect({ run, action, verdict })));
  }
  if (unrecorded !== null && actions.every((action) => action === 'notify')) throw unrecorded;
  return results;
}

/** Why the verdict could not be written down, or null. */
async function recorded(run: PinnedRun, verdict: Decided['verdict']): Promise<Error | null> {
  try {
    await recordVerdict(run, verdict);
    return null;
  } catch (error) {
    requireTold(error);
    return error as Error;
  }
}

/** A rollback that cannot be done is when people must be told: it is one of the results, and what comes after it goes on. */
async function orFailed(action: AliasEffect, work: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    return await work();
  } catch (error) {
    requireTold(error);
    return failed(action, error as Error);
  }
}

function failed(action: AliasEffect, error: Error): ActionResult {
  return { action, outcome: 'failed', from: null, to: null, key: action, reason: rootCause(error).message };
}

/** Throws what is no result of an action: that nobody waits for it any more, and a loss that makes the run again. */
function requireTold(error: unknown): void {
  if (isCancellation(error) || lostAnArtifact(error) || !patched(FAILED_ACTIONS_ARE_RESULTS)) throw error;
}

/** Runs from before this ended where an action could not be done, and told nobody. */
const FAILED_ACTIONS_ARE_RESULTS = 'failed-actions-are-results';

async function applyEffect(request: ActionRequest): Promise<ActionResult> {
  const { action: summary } = request;
  if (!patched(EFFECTS_ONE_BY_ONE)) return proxyActivities<Activities>({ ...EFFECT, summary }).act(request);
  const taskQueue = waitingQueue(workflowInfo().taskQueue);
  return proxyActivities<Activities>({ ...WAITING, summary, taskQueue }).requestEffect(request);
}

/** Runs from before this did their effects themselves, not through the one workflow of the model. */
const EFFECTS_ONE_BY_ONE = 'effects-one-by-one';

/** How long a run waits for a receiver. A chat that is down must not hold back a verdict; the message is delivered without the run. */
const DELIVERED_WITHIN = '30 seconds';

/** Tells the verdict of a run once, whoever asks: the workflow that delivers it has the run's name, and there is one of a name. */
async function tell(notice: VerdictNotice): Promise<ActionResult> {
  const workflowId = `notify-${notice.run.run}`;
  const told = (outcome: ActionResult['outcome'], reason: string): ActionResult => ({
    action: 'notify',
    outcome,
    from: null,
    to: null,
    key: workflowId,
    reason,
  });
  let answer: ActionResult | undefined;
  try {
    const delivery = await startChild(notifyVerdict, {
      workflowId,
      args: [notice],
      staticSummary: `${notice.verdict}: ${notice.run.run}`,
      // What was told is not told again; what was refused may be, when somebody has mended the address.
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
    void delivery.result().then(
      (receiver) => (answer = told('done', `${receiver} was told`)),
      (error: unknown) => (answer = told('failed', rootCause(error as Error).message)),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return told('skipped', `the verdict of this run is told once, by the workflow ${workflowId}`);
  }
  await condition(() => answer !== undefined, DELIVERED_WITHIN);
  return (
    answer ??
    told(
      'failed',
      `the receiver did not take it within ${DELIVERED_WITHIN}; the workflow ${workflowId} tries on for a day, and shows why`,
    )
  );
}
