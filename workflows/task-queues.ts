/**
 * Two queues, so that a worker takes only as much computation as it has threads, while starting, joining and reporting
 * runs never waits behind it. A worker process serves both.
 */
export const DEFAULT_TASK_QUEUE = 'segmentry';

/** The queue of the work that takes a core, beside the queue of the workflows. */
export function computeQueue(taskQueue: string): string {
  return `${taskQueue}-compute`;
}
