/**
 * Three queues, so that a worker takes only as much computation as it has threads (and one task that waits), while starting,
 * joining and reporting runs never waits behind it. A worker process serves all.
 */
export const DEFAULT_TASK_QUEUE = 'segmentry';

/** The queue of the work that takes a core, beside the queue of the workflows. */
export function computeQueue(taskQueue: string): string {
  return `${taskQueue}-compute`;
}

/**
 * The queue of the activities that only wait for another workflow. With slots of their own they can never take the last one from what
 * they wait for.
 */
export function waitingQueue(taskQueue: string): string {
  return `${taskQueue}-waiting`;
}

/**
 * Tasks of one workflow that wait in Temporal's queue at once: enough to keep any number of workers busy, far from the limit
 * of 2,000 pending activities a workflow.
 */
export const TASKS_IN_FLIGHT = 200;

/** Chunks at once: all the tasks that wait are at most this many times {@link TASKS_IN_FLIGHT}. */
export const CHUNKS_IN_FLIGHT = 8;
