/** Errors of Temporal and of the stages as one explained error. */
import { ServiceError, WorkflowFailedError, WorkflowNotFoundError, isGrpcServiceError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { FAILURE_TYPE, SegmentryError } from '../domain/errors.js';

/** The reason at the bottom of a failed run, as an error that the command line can show. */
export function explainFailure(error: unknown, run?: string): SegmentryError {
  if (error instanceof SegmentryError) return error;
  if (error instanceof WorkflowNotFoundError) {
    return new SegmentryError(
      `Temporal knows no run "${run ?? ''}"; \`segmentry report --list\` shows the runs of this store`,
      'usage',
    );
  }
  if (error instanceof WorkflowFailedError) return explainCause(error.cause ?? error, run);
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    // The client's own words are the call ("Failed to start Workflow"); why it failed is in what the service answered.
    const { cause } = error;
    const why = isGrpcServiceError(cause) ? `${error.message}: ${cause.details || cause.message}` : error.message;
    return new SegmentryError(
      `Temporal: ${why}. What was started goes on; when the service answers, ask again`,
      'infrastructure',
    );
  }
  throw error;
}

function explainCause(failure: Error, run: string | undefined): SegmentryError {
  if ((failure instanceof ActivityFailure || failure instanceof ChildWorkflowFailure) && failure.cause !== undefined) {
    const inner = failure.cause;
    if (inner instanceof TimeoutFailure && failure instanceof ActivityFailure) {
      return new SegmentryError(
        `stage ${failure.activityType}: no worker finished it in time (${inner.timeoutType}); see the run in Temporal`,
        'infrastructure',
      );
    }
    return explainCause(inner, run);
  }
  const named = `the run${run === undefined ? '' : ` ${run}`}`;
  if (failure instanceof CancelledFailure) return new SegmentryError(`${named} was cancelled`, 'infrastructure');
  // Temporal gives no more than the words of whoever ended it, or that a time is over.
  if (failure instanceof TerminatedFailure) {
    const why = failure.message === '' ? '' : `: ${failure.message}`;
    return new SegmentryError(`${named} was terminated in Temporal before its end${why}`, 'infrastructure');
  }
  if (failure instanceof TimeoutFailure) {
    return new SegmentryError(`${named} did not end in the time that Temporal gives it`, 'infrastructure');
  }
  if (failure instanceof ApplicationFailure) {
    const kind = (['usage', 'data'] as const).find((known) => failure.type === FAILURE_TYPE[known]);
    return new SegmentryError(failure.message, kind ?? 'infrastructure');
  }
  return new SegmentryError(failure.message, 'infrastructure');
}
