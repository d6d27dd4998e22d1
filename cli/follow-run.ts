/** Follows a run to its end: what its progress query says, until its result is there. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { RunOutcome, RunProgress } from '../activities/contract.js';

/**
 * How often progress is asked for, in milliseconds: quick enough to look live on a terminal; where it becomes lines of a log nobody sees the
 * difference, and each question costs the service and the worker 20 ms of a core.
 */
const POLL_MS = { live: 300, logged: 1_000 };

/** A worker that has just started has not answered yet, and a query waits for it; the display goes on meanwhile. */
const QUERY_TIMEOUT_MS = 5_000;

/** The run's progress now, or null when no worker can tell. */
export async function progressOf(client: Client, run: string): Promise<RunProgress | null> {
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () =>
      client.workflow.getHandle(run).query<RunProgress>('progress'),
    );
  } catch {
    // Not begun, or nobody there who could answer: progress is a courtesy, the result is what counts.
    return null;
  }
}

/** Calls `onProgress` until the outcome is there, and once more with how the stages ended. */
export async function pollProgress(
  client: Client,
  run: string,
  outcome: Promise<Pick<RunOutcome, 'progress'>>,
  onProgress: (progress: RunProgress) => void,
): Promise<void> {
  const ended = outcome.then(
    () => true,
    () => true,
  );
  for (;;) {
    const progress = await progressOf(client, run);
    if (progress !== null) onProgress(progress);
    if (await Promise.race([delay(process.stderr.isTTY ? POLL_MS.live : POLL_MS.logged, false), ended])) break;
  }
  const { progress } = await outcome.catch((): Pick<RunOutcome, 'progress'> => ({}));
  const last = progress ?? (await progressOf(client, run));
  if (last !== null) onProgress(last);
}
