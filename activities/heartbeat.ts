/** Tells Temporal that a stage is alive, and the stage that it is no longer wanted. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Context } from '@temporalio/activity';

/** Often enough that a cancelled stage hears of it in half a second or so: only the answer to a beat that the worker sends on tells. */
const HEARTBEAT_MS = 250;

/** Of stages that only wait for another workflow, of which a process may have thousands: nothing computes on meanwhile. */
export const WAITING_HEARTBEAT_MS = 1_000;

/**
 * Runs `work` with heartbeats; its signal aborts when the activity is cancelled, the worker shuts down, or the attempt is over. Of work that
 * does things side by side one may fail at once: the others would compute on for nobody, and each further attempt add some.
 *
 * @param work `remember` leaves details for the next attempt (`heartbeatDetails`), in place of those that were there
 * @param every milliseconds between two beats
 */
export async function whileBeating<T>(
  work: (signal: AbortSignal, remember: (details: unknown) => void) => Promise<T>,
  every = HEARTBEAT_MS,
): Promise<T> {
  const context = Context.current();
  const over = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, over.signal]);
  // Every beat replaces the details of the one before: one without any would forget what an earlier attempt left.
  let details: unknown = context.info.heartbeatDetails;
  const beat = (): void => (details === undefined ? context.heartbeat() : context.heartbeat(details));
  const timer = setInterval(beat, every);
  const remember = (latest: unknown): void => {
    details = latest;
    beat();
  };
  try {
    return await Promise.race([work(signal, remember), context.cancelled]);
  } finally {
    clearInterval(timer);
    over.abort();
  }
}

/**
 * Between two long pieces of synchronous work: none of the beats of this thread's activities, whosever they are, goes out during one. Two
 * turns of the event loop, because timers that are due come after what waits for the first.
 */
export async function letBeatsOut(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** How long work that can pause holds the thread in one piece, in milliseconds: less than between two beats. */
const PIECE_MS = 100;

/** Does the work to its end, and lets beats out in its pauses. @throws the signal's reason when it aborts */
export async function inPieces<T>(work: Generator<undefined, T, undefined>, signal: AbortSignal): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < PIECE_MS) continue;
    await letBeatsOut();
    signal.throwIfAborted();
    began = performance.now();
  }
}
