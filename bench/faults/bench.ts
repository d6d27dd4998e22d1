/** What every part of the fault bench works with. */
import type { Cluster, Sandbox } from '../sandbox.js';
import { type Ledger, type Trial, describe } from './ledger.js';
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
  await worker.stop();
  const { digest, verdict } = undisturbed.outcome;
  told(`undisturbed: ${verdict}, digest ${digest}`);
  return { ...options, story, cluster, digest };
}

/** A trial that was made: how it ended, and what else is to be told of it. */
export interface Tried {
  readonly found: Trial;
  readonly said: string;
  /** For the table. */
  readonly note?: string;
}

/** Makes a trial and enters it. One that the bench itself cannot go on with, as when its own worker does not come up, does not end the others. */
export async function attempt(
  { ledger, told }: Pick<FaultBench, 'ledger' | 'told'>,
  fault: string,
  called: string,
  trial: () => Promise<Tried>,
): Promise<void> {
  try {
    const { found, said, note } = await trial();
    ledger.enter(fault, found, note);
    told(`${called}: ${said}: ${describe(found)}`);
  } catch (error) {
    const [why = '', ...more] = (error as Error).message.trim().split('\n');
    ledger.spoil(fault, why);
    told(`${called}: not tried: ${[why, ...more.slice(-1)].join(' ')}`);
  }
}
