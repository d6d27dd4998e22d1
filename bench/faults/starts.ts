/** The same evaluation asked for many times at once, through every door there is. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { FoundRun } from '../../workflows/request-evaluation.js';
import { type Project, type WorkerGroup, editPipeline, resultOf } from '../sandbox.js';
import type { FaultBench } from './bench.js';
import { type Ended, VERSION_FLAGS, ask, emptied, endedWith, judged, requestOf } from './story.js';

const DOORS = [
  '`segmentry run`',
  'a schedule that is triggered',
  'a client, as the UI does it',
  'a CI job that does not wait',
] as const;
type Door = (typeof DOORS)[number];

const faultOf = (door: Door): string => `the same evaluation at once: ${door}`;

/** @param each starts at once through each of the four doors, all of one evaluation */
export async function starts(bench: FaultBench, each: number): Promise<void> {
  const { cluster, ledger, story, sandbox } = bench;
  for (const door of DOORS) ledger.plan(faultOf(door), each);
  const group = await cluster.group();
  await group.startWorker();
  const alone = await withoutTime(await story.project());
  const undisturbed = await ask(cluster.client, group.taskQueue, requestOf(alone));
  if (undisturbed === null || 'failure' in undisturbed) throw new Error('the undisturbed run came to no result');
  const { digest } = undisturbed.outcome;
  await emptied(group);

  const mine = await withoutTime(await story.project());
  const { env } = group;
  const times = <T>(start: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: each }, (_, index) => start(index)));
  const byCommand = async (): Promise<Ended> => {
    const finished = await sandbox.run(['run', mine.pipeline, ...VERSION_FLAGS, '--json', '-'], { env });
    return finished.code === 1
      ? endedWith(resultOf(finished))
      : { failure: finished.stderr.trim().split('\n').at(-1) ?? '' };
  };
  const [commands, scheduled, asked, hooks] = await Promise.all([
    times(byCommand),
    times((index) => bySchedule(cluster.client, group, mine, index)),
    times(() => ask(cluster.client, group.taskQueue, requestOf(mine))),
    times(() => byHook(cluster.client, group, mine)),
  ]);
  const all = [commands, scheduled, asked, hooks];
  const ids = new Set(all.flat().flatMap((ended) => (ended !== null && 'outcome' in ended ? [ended.outcome.run] : [])));
  let runs = 0;
  for (const id of ids)
    for await (const execution of cluster.client.workflow.list({ query: `WorkflowId = "${id}"` }))
      runs += execution.workflowId === id ? 1 : 0;
  for (const [place, door] of DOORS.entries()) {
    for (const ended of all[place]!) {
      const found = await judged(mine, ended, digest);
      ledger.enter(faultOf(door), runs === 1 ? found : { ...found, broken: `${runs} runs` });
    }
  }
  ledger.note(faultOf(DOORS[0]), `all ${4 * each} at once: ${runs} run`);
  bench.told(`${4 * each} starts at once: ${runs} run`);
}

/** Without a data window, which would end at another second for each start of a schedule. */
async function withoutTime(project: Project): Promise<Project> {
  await editPipeline(project, '  time: time_hour\n', '');
  return project;
}

/** A schedule of its own for each: Temporal itself makes one start of triggers within a second. */
async function bySchedule(client: Client, { taskQueue }: WorkerGroup, project: Project, index: number): Promise<Ended> {
  const id = `fault-${randomUUID()}`;
  const handle = await client.schedule.create({
    scheduleId: id,
    spec: { cronExpressions: ['0 5 1 1 *'] },
    action: {
      type: 'startWorkflow',
      workflowType: 'requestEvaluation',
      workflowId: `scheduled-${id}-${index}`,
      args: [requestOf(project)],
      taskQueue,
    },
  });
  await handle.trigger();
  for (;;) {
    const [action] = (await handle.describe()).info.recentActions;
    if (action !== undefined) {
      await handle.delete();
      return ended(client, action.action.workflow.workflowId);
    }
    await delay(200);
  }
}

/** Starts, learns the run's id, and goes away; somebody else reads the result later. */
async function byHook(client: Client, { taskQueue }: WorkerGroup, project: Project): Promise<Ended> {
  const handle = await client.workflow.start('requestEvaluation', {
    workflowId: `request-${randomUUID()}`,
    taskQueue,
    args: [requestOf(project)],
  });
  let found: FoundRun | null = null;
  while (found === null) {
    await delay(200);
    found = await handle.query<FoundRun | null>('evaluation').catch(() => null);
  }
  return ended(client, found.evaluation.run);
}

async function ended(client: Client, workflowId: string): Promise<Ended> {
  try {
    return endedWith((await client.workflow.getHandle(workflowId).result()) as never);
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
