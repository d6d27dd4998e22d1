/** Tells Temporal that a stage is alive, and the stage that it is no longer wanted. */
import { Context } from '@temporalio/activity';

/** Well below every heartbeat timeout; the SDK sends at most one in 80 % of the timeout whatever is called. */
const HEARTBEAT_MS = 2_000;

/** Runs `work` with heartbeats; its signal aborts when the activity is cancelled or the worker shuts down. */
export async function whileBeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await Promise.race([work(context.cancellationSignal), context.cancelled]);
  } finally {
    clearInterval(timer);
  }
}
