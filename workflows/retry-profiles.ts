/**
 * How each kind of activity is retried. Every profile is complete on purpose: Temporal's defaults (unlimited attempts, no
 * heartbeat timeout) would keep a broken run alive for ever. Errors that trying again cannot mend are thrown as
 * non-retryable where they arise (`activities/failures.ts`), so a profile only has to think of what may pass: a worker that
 * was killed, a disk that was full, a network that was away.
 */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/** Reads or writes a few small things: seconds of work. */
export const QUICK: ActivityOptions = {
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 8 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Reads all rows once or computes over them. A dead worker is noticed after the heartbeat timeout; the long timeout is for
 * the largest data, not for hanging.
 */
export const HEAVY: ActivityOptions = {
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
  // Pure computation: nothing has to be cleaned up, so a cancelled run need not wait for it.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/** Waits for a run that somebody else started, as long as that takes. */
export const WAITING: ActivityOptions = {
  startToCloseTimeout: '24 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 20 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Tells somebody outside. A receiver that is away is tried for a day, seldom in the end: nothing waits for it, and the next deploy has a
 * message of its own. Heartbeats are not needed: one attempt is shorter than their timeout would be.
 */
export const DELIVERY: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '15 minutes' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Changes the registry. Many attempts over about an hour, because giving up would leave a bad model serving; a repeated
 * attempt does nothing twice (`activities/act.ts`). It is waited for even when the run is cancelled.
 */
export const EFFECT: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes', maximumAttempts: 20 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};
