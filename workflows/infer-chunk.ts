/**
 * Fans one chunk of inference tasks out, for a run that has more of them than one history should hold. When its own history
 * gets long it lets the tasks under way finish, and continues as new with what is left.
 */
import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { ChunkWork, InferredChunk, InferredTask } from '../activities/contract.js';
import { inParallel } from './in-parallel.js';
import { onCompute } from './on-compute.js';
import { QUICK } from './retry-profiles.js';
import { TASKS_IN_FLIGHT } from './task-queues.js';

const { openChunk, keepInferred } = proxyActivities<Activities>(QUICK);

export async function inferChunk(work: ChunkWork): Promise<InferredChunk> {
  const { run, plan, chunk, done } = work;
  const tasks = (await openChunk(chunk)).slice(done.tasks);
  const inferred = await inParallel(
    tasks,
    TASKS_IN_FLIGHT,
    (task): Promise<InferredTask> => onCompute(task.name).infer(run, plan, task),
    () => workflowInfo().continueAsNewSuggested,
  );
  const results = inferred.length === 0 ? done.results : [...done.results, await keepInferred(inferred.map(filesOf))];
  if (inferred.length < tasks.length) {
    await continueAsNew<typeof inferChunk>({ ...work, done: { tasks: done.tasks + inferred.length, results } });
  }
  return { rows: chunk.rows, results };
}

/** What collecting needs of a task. The rows that a model broke on are for whoever reads the history, and of all tasks together too many. */
export function filesOf({ task, rows, candidate, baseline, latency }: InferredTask): InferredTask {
  return { task, rows, candidate, baseline, ...(latency === undefined ? {} : { latency }) };
}
