/** What every part of the fault bench works with. */
import type { Cluster, Sandbox } from '../sandbox.js';
import type { Ledger } from './ledger.js';
import { Story, ask, requestOf } from './story.js';

export interface FaultBench {
  readonly sandbox: Sandbox;
  readonly story: Story;
  readonly ledger: Ledger;
  /** A service that no trial harms. */
  readonly cluster: Cluster;
  /** Of the result of the undisturbed run. */
  readonly digest: string;
  readonly seed: number;
  /** Whether the bench is to end early: then no further trial is begun. */
  readonly stopping: () => boolean;
  readonly told: (line: string) => void;
}

/** Runs the evaluation undisturbed, to know what every trial has to come to. */
export async function openBench(
  options: Pick<FaultBench, 'sandbox' | 'ledger' | 'seed' | 'stopping' | 'told'>,
): Promise<FaultBench> {
  const { sandbox, told } = options;
  const story = await Story.prepare(sandbox);
  const cluster = await sandbox.cluster();
  const group = await cluster.group();
  const worker = await group.startWorker();
  const undisturbed = await ask(cluster.client, group.taskQueue, requestOf(await story.project()));
  if (undisturbed === null || 'failure' in undisturbed)
    throw new Error(`the undisturbed run came to no result: ${undisturbed?.failure ?? 'no answer'}`);
  worker.kill('SIGTERM');
  await worker.finished;
  const { digest, verdict } = undisturbed.outcome;
  told(`undisturbed: ${verdict}, digest ${digest}`);
  return { ...options, story, cluster, digest };
}
