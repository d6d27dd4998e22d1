import { WorkflowFailedError } from '@temporalio/client';
import { RetryState, TerminatedFailure, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { expect, it } from 'vitest';
import { explainFailure } from '../../cli/failures.js';

const RUN = 'fraud.2.104241d4a988';

const failed = (cause: Error): Error =>
  new WorkflowFailedError('Workflow failed', cause, RetryState.NON_RETRYABLE_FAILURE);

it('a run that somebody terminated is told as one, with their words if there are any', () => {
  const told = (why: string, run?: string): unknown => explainFailure(failed(new TerminatedFailure(why)), run);
  expect(told('wrong data', RUN)).toMatchObject({
    kind: 'infrastructure',
    message: `the run ${RUN} was terminated in Temporal before its end: wrong data`,
  });
  expect(told('')).toMatchObject({ message: 'the run was terminated in Temporal before its end' });
});

it('a run whose time is over is told as one', () => {
  const timeout = new TimeoutFailure('Workflow execution timed out', undefined, TimeoutType.START_TO_CLOSE);
  expect(explainFailure(failed(timeout), RUN)).toMatchObject({
    kind: 'infrastructure',
    message: `the run ${RUN} did not end in the time that Temporal gives it`,
  });
});
