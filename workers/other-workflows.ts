/** What a stage asks of other workflows: the end of a run that somebody else started, an effect on a model. */
import { createHash } from 'node:crypto';
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ActionRequest, RunOutcome } from '../activities/contract.js';
import type { Asked, ModelAddress } from '../activities/dependencies.js';
import { FAILURE_TYPE } from '../domain/errors.js';
import type { ActionResult } from '../domain/result.js';
import { rootCause } from '../domain/root-cause.js';

/** @throws ApplicationFailure with the type of what the run failed of; retrying cannot change how another run ended */
export async function awaitRun(client: Client, run: string, signal: AbortSignal): Promise<RunOutcome> {
  try {
    return await client.withAbortSignal(signal, () => client.workflow.getHandle(run).result() as Promise<RunOutcome>);
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = rootCause(error);
    throw ApplicationFailure.nonRetryable(
      `the run ${run}, which this request joined, did not come to a verdict: ${cause.message}`,
      cause instanceof ApplicationFailure ? (cause.type ?? FAILURE_TYPE.data) : FAILURE_TYPE.infrastructure,
    );
  }
}

/**
 * Asks the workflow of the model, which is started where it does not run. Asking again, after this worker died, gets the
 * answer to the first time: the update has the same id, and where the workflow has ended meanwhile, the effect the same key.
 */
export async function applyEffect(
  { client, taskQueue }: { readonly client: Client; readonly taskQueue: string },
  { registry, name }: ModelAddress,
  request: ActionRequest,
  { asking, signal }: Asked,
): Promise<ActionResult> {
  const startWorkflowOperation = new WithStartWorkflowOperation('modelEffects', {
    workflowId: effectsId({ registry, name }),
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue,
    args: [name],
    staticSummary: `what ${name} serves`,
  });
  try {
    return await client.withAbortSignal(signal, () =>
      client.workflow.executeUpdateWithStart<never, ActionResult, [ActionRequest]>('apply', {
        args: [request],
        updateId: asking,
        startWorkflowOperation: startWorkflowOperation as never,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const cause = rootCause(error);
    throw ApplicationFailure.nonRetryable(
      cause.message,
      cause instanceof ApplicationFailure ? (cause.type ?? FAILURE_TYPE.infrastructure) : FAILURE_TYPE.infrastructure,
    );
  }
}

/** Hex digits that tell two registries with a model of the same name apart: 48 bits. */
const REGISTRY_DIGITS = 12;

function effectsId({ registry, name }: ModelAddress): string {
  return `effects-${name}-${createHash('sha256').update(registry).digest('hex').slice(0, REGISTRY_DIGITS)}`;
}
