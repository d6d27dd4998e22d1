/** Asks for an evaluation so that it is asked for once, however badly the service answers. */
import { randomUUID } from 'node:crypto';
import {
  type Client,
  ServiceError,
  type WorkflowHandle,
  WorkflowExecutionAlreadyStartedError,
  isGrpcServiceError,
} from '@temporalio/client';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { EvaluationRequest } from '../activities/contract.js';
import { GRPC } from '../workers/grpc-codes.js';
import type { requestEvaluation } from '../workflows/request-evaluation.js';

type RequestHandle = WorkflowHandle<typeof requestEvaluation>;

/** gRPC's codes for an answer that will be the same the next time: a wrong argument, missing rights, no such namespace. */
const FINAL_CODES: ReadonlySet<number> = new Set([
  GRPC.INVALID_ARGUMENT,
  GRPC.NOT_FOUND,
  GRPC.PERMISSION_DENIED,
  GRPC.FAILED_PRECONDITION,
  GRPC.UNIMPLEMENTED,
  GRPC.UNAUTHENTICATED,
]);

/**
 * After the client's own attempts, which give up at once on a call that took too long: a server that was killed comes back on its
 * database within seconds, and is slow on a busy machine. Together with the calls half a minute at least.
 */
const ANSWERS = retry(handleWhen(mayAnswerLater), {
  maxAttempts: 8,
  backoff: new ExponentialBackoff({ initialDelay: 250, maxDelay: 5_000 }),
});

/** @param name of the pipeline, part of the request's id */
export async function startRequest(
  client: Client,
  taskQueue: string,
  name: string,
  request: EvaluationRequest,
): Promise<RequestHandle> {
  // Chosen here: a call whose answer was lost may have started it, and asking again is then the same request.
  const workflowId = `request-${name}-${randomUUID()}`;
  return ANSWERS.execute(async ({ attempt }) => {
    try {
      return await client.workflow.start<typeof requestEvaluation>('requestEvaluation', {
        workflowId,
        taskQueue,
        args: [request],
        staticSummary: `evaluate ${name}, asked by the command line`,
      });
    } catch (error) {
      if (attempt === 0 || !(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return client.workflow.getHandle<typeof requestEvaluation>(workflowId);
    }
  });
}

function mayAnswerLater(error: Error): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) && !FINAL_CODES.has(cause.code);
}
