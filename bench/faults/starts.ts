/** The same evaluation asked for many times at once, through every door there is. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Turns } from '../../workers/turns.js';
import { inParallel } from '../../workflows/in-parallel.js';
import { type Project, type Running, type WorkerGroup, editPipeline, until, verdicts } from '../sandbox.js';
import type { FaultBench } from './bench.js';
import { describe } from './ledger.js';
import { type Ended, VERSION_FLAGS, ask, emptied, endedOf, judged, lastWords, limited, requestOf } from './story.js';

export const DOORS = [
  '`segmentry run`',
  'a schedule that is triggered',
  'a client, as the UI does it',
  'a CI job: `segmentry run --no-wait`, then `segmentry watch`',
] as const;
type Door = (typeof DOORS)[number];

export const startFault = (door: Door): string => `the same evaluation at once: ${door}`;

/** Processes that are being started at a time: with more, the machine does nothing but load programs. */
const SPAWNING = 4;

/** Of one start, from when there is a worker: hundreds of them share a machine with everything that they start. */
const START_LIMIT_MS = 600_000;

/**
 * All starts are made while no worker is there, so that all of them are open before the first is taken; then two workers begin
 * at once with all of them.
 *
 * @param each starts through each of the four doors, all of one evaluation
 */
export async function starts(bench: FaultBench, each: number): Promise<void> {
  const { cluster, ledger, story } = bench;
  for (const door of DOORS) ledger.plan(startFault(door), each);
  const group = await cluster.group();
  const digest = await undisturbedDigest(bench, group);
  const mine = await withoutTime(await story.project());
  const opened = performance.now();
  const doors = await openAll(bench, group, mine, each);
  await until('all requests are open', async () => (await openRequests(cluster.client, group)) === DOORS.length * each);
  bench.told(`${DOORS.length * each} requests are open after ${seconds(opened)}`);
  const begun = performance.now();
  await Promise.all([group.startWorker('--threads', '1'), group.startWorker('--threads', '1')]);
  const all = await Promise.all(doors.map((open) => Promise.all(open.map((end) => limited(end(), START_LIMIT_MS)))));

  const runs = await runsOf(cluster.client, all.flat());
  const recorded = (await verdicts(mine)).length;
  const broken = [...(runs === 1 ? [] : [`${runs} runs`]), ...(recorded === 1 ? [] : [`${recorded} verdicts`])];
  for (const [place, door] of DOORS.entries()) {
    for (const ended of all[place]!) {
      const found = await judged(mine, ended, digest);
      ledger.enter(startFault(door), broken.length === 0 ? found : { ...found, broken: broken.join(', ') });
      if (!found.same) bench.told(`${door}: ${describe(found)}`);
    }
  }
  const total = DOORS.length * each;
  ledger.note(startFault(DOORS[0]), `all ${total} together: ${runs} run, ${recorded} verdict`);
  bench.told(`${total} starts at once: ${runs} run, ${recorded} verdict, all answered after ${seconds(begun)}`);
}

/** Of the evaluation without a data window, which would end at another second for each start of a schedule. */
async function undisturbedDigest(bench: FaultBench, group: WorkerGroup): Promise<string> {
  const worker = await group.startWorker();
  const project = await withoutTime(await bench.story.project());
  const ended = await ask(bench.cluster.client, group.taskQueue, requestOf(project));
  if (ended === null || 'failure' in ended) throw new Error('the undisturbed run came to no result');
  await worker.stop();
  await emptied(group);
  return ended.outcome.digest;
}

async function withoutTime(project: Project): Promise<Project> {
  await editPipeline(project, '  time: time_hour\n', '');
  return project;
}

/** How each start ends, once there is a worker. */
type End = () => Promise<Ended>;

async function openAll(
  { cluster: { client }, sandbox }: FaultBench,
  group: WorkerGroup,
  project: Project,
  each: number,
): Promise<readonly (readonly End[])[]> {
  const { env, taskQueue } = group;
  const numbers = Array.from({ length: each }, (_, index) => index);
  const evaluation = [project.pipeline, ...VERSION_FLAGS];
  const waiting = async (...args: string[]): Promise<Running[]> => {
    const commands: Running[] = [];
    const before = await openRequests(client, group);
    for (const number of numbers) {
      const enough = async (): Promise<boolean> => (await openRequests(client, group)) > before + number - SPAWNING;
      await until('the commands before have made their requests', enough);
      commands.push(sandbox.start(['run', ...evaluation, ...args], { env }));
    }
    return commands;
  };
  const commands = await waiting('--json', '-');
  const hooks = await waiting('--no-wait');
  // A schedule of its own for each: one of them skips what would overlap with its run before.
  const schedules = await inParallel(numbers, SPAWNING, async () => {
    const id = `fault-${randomUUID()}`;
    const made = await sandbox.run(['schedule', 'create', ...evaluation, '--id', id, '--cron', '0 5 1 1 *'], { env });
    if (made.code !== 0) throw new Error(`no schedule was made: ${lastWords(made)}`);
    return id;
  });
  const scheduled = await Promise.all(schedules.map((id) => triggered(client, id)));
  const asked = numbers.map(() => ask(client, taskQueue, requestOf(project), START_LIMIT_MS));
  const watching = new Turns(SPAWNING);
  return [
    commands.map((command) => async () => endedOf(await command.finished)),
    scheduled.map((request) => () => endOf(client, request)),
    asked.map((ended) => () => ended),
    hooks.map((hook) => async () => {
      const started = await hook.finished;
      if (started.code !== 0) return { failure: lastWords(started) };
      return watching.run(async () =>
        endedOf(await sandbox.run(['watch', started.stdout.trim(), '--json', '-'], { env })),
      );
    }),
  ];
}

/** As `segmentry schedule trigger` does it. Returns the id of the request that was started. */
async function triggered(client: Client, id: string): Promise<string> {
  const handle = client.schedule.getHandle(id);
  await handle.trigger();
  for (;;) {
    const [action] = (await handle.describe()).info.recentActions;
    if (action !== undefined) return action.action.workflow.workflowId;
    await delay(200);
  }
}

async function endOf(client: Client, workflowId: string): Promise<Ended> {
  try {
    return { outcome: (await client.workflow.getHandle(workflowId).result()) as never };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

async function openRequests(client: Client, { taskQueue }: WorkerGroup): Promise<number> {
  const open = `TaskQueue = "${taskQueue}" AND WorkflowType = "requestEvaluation" AND ExecutionStatus = "Running"`;
  return (await client.workflow.count(open)).count;
}

/** Executions of the run, or of all of them, where the starts came to more than one. */
async function runsOf(client: Client, all: readonly Ended[]): Promise<number> {
  const ids = new Set(all.flatMap((ended) => (ended !== null && 'outcome' in ended ? [ended.outcome.run] : [])));
  let runs = 0;
  for (const id of ids) runs += (await client.workflow.count(`WorkflowId = "${id}"`)).count;
  return runs;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(0)} s`;
}
