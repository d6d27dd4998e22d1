/**
 * How each kind of activity is retried. Every profile is complete on purpose: Temporal's defaults (unlimited attempts, no
 * heartbeat timeout) would keep a broken run alive for ever. Errors that trying again cannot mend are thrown as
 * non-retryable where they arise (`activities/failures.ts`), so a profile only has to think of what may pass: a worker that
 * was killed, a disk that was full, a network that was away.
 */
import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/**
 * How long deciding and reporting may be silent. Light activities share the main thread of their worker, and of a run with as many segments as there may be
 * (`domain/result-size.ts`) deciding and reporting hold it for many seconds in one piece, on a busy machine for half a minute: no beat of
 * any of them goes out meanwhile. With less, a healthy attempt would be given up each time, after the registry was changed.
 */
const LIGHT_HEARTBEAT = '2 minutes';

/** A bad model serves until it is taken back: a dead worker is missed sooner, and an attempt that was only silent repeats nothing. */
const EFFECT_HEARTBEAT = '30 seconds';

/**
 * Longer than a light activity takes on the slowest disk that is waited for at all: one call to the store may take 15 minutes
 * (`adapters/guarded.ts`), and the report makes several. A dead worker is noticed by its missing beats.
 */
const LIGHT_LIMIT = '1 hour';

/** Reads or writes a few things: seconds of work, unless the disk is slow or the segments are many. */
export const QUICK: ActivityOptions = {
  startToCloseTimeout: LIGHT_LIMIT,
  heartbeatTimeout: LIGHT_HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 8 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Writes down what was found and done. As patient as what changed the registry: when it gives up after a rollback, the same request is another
 * evaluation, and the one that failed has no report.
 */
export const REPORTING: ActivityOptions = {
  ...QUICK,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes', maximumAttempts: 20 },
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

/** Waits for a run that somebody else started, or for an effect on a model that others ask for too, as long as that takes. */
export const WAITING: ActivityOptions = {
  startToCloseTimeout: '24 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 20 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Tells somebody outside. A receiver that is away is tried for a day, seldom in the end: nothing waits for it, and the next deploy has a
 * message of its own. No heartbeat timeout: an attempt beats once, when the receiver has answered, so that the next one does not ask it again.
 */
export const DELIVERY: ActivityOptions = {
  // Reading the run's context, sending and recording may take a minute each before they are given up (`adapters/guarded.ts`).
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '15 minutes' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};

/**
 * Changes the registry. Many attempts over about an hour, because giving up would leave a bad model serving; a repeated
 * attempt does nothing twice (`activities/act.ts`). It is waited for even when the run is cancelled.
 */
export const EFFECT: ActivityOptions = {
  startToCloseTimeout: LIGHT_LIMIT,
  heartbeatTimeout: EFFECT_HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes', maximumAttempts: 20 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};
