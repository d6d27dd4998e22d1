/** The stages that take a core, on the queue of which a worker takes as many tasks as it has threads, and one that waits. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { HEAVY } from './retry-profiles.js';
import { computeQueue } from './task-queues.js';

/** @param summary what the Temporal UI calls the task */
export function onCompute(summary: string) {
  return proxyActivities<Activities>({ ...HEAVY, summary, taskQueue: computeQueue(workflowInfo().taskQueue) });
}
