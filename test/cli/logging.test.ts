import { describe, expect, it } from 'vitest';
import { remark } from '../../cli/logging.js';

const NOT_FOUND = 'Status { code: NotFound, message: "workflow execution already completed" }';

describe("of Temporal's own messages a person who watches a run is told", () => {
  it.each([
    ['Activity not found on completion. This may happen if the activity has already been cancelled', NOT_FOUND],
    ['Query not found when attempting to respond to it', undefined],
    ['Task not found when completing', NOT_FOUND],
    ['Network error while responding', NOT_FOUND],
  ])('nothing where an answer came too late: %s', (message, details) => {
    expect(remark(message, { sdkComponent: 'core', details })).toBe('');
  });

  it('whatever else is wrong between worker and service, as it is', () => {
    expect(remark('gRPC call poll_workflow_task_queue retried 6 times', { sdkComponent: 'core' })).toBeNull();
    expect(remark('Segment not found', { sdkComponent: 'activity' })).toBeNull();
  });

  it('a failure that is tried again, in a line; none that ends the run, which the command itself tells', () => {
    const error = { message: 'the disk is full' };
    expect(remark('Activity failed', { activityType: 'pin', attempt: 2, error })).toBe(
      'pin failed (attempt 2) and is tried again: the disk is full',
    );
    expect(remark('Activity failed', { activityType: 'pin', error: { ...error, nonRetryable: true } })).toBe('');
    expect(remark('Workflow failed', {})).toBe('');
  });
});
