/** kill -9 at a random moment: of a worker, of the command, of the server, of a command that is all three. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, randomFrom } from '../calibration/random.js';
import { type Cluster, type Project, type Running, type WorkerGroup, resultOf, runIdIn } from '../sandbox.js';
import { type FaultBench, attempt } from './bench.js';
import { type Ended, VERSION_FLAGS, ask, emptied, endedOf, judged, limited, requestOf } from './story.js';

export const VICTIMS = ['worker', 'command', 'server', 'local'] as const;
export type Victim = (typeof VICTIMS)[number];

export const FAULT: Record<Victim, string> = {
  worker: 'kill -9 of the worker',
  command: 'kill -9 of `segmentry run` on a cluster, asked again',
  server: 'kill -9 of the Temporal server',
  local: 'kill -9 of `segmentry run` with the local server and worker in it, asked again',
};

/** Of ten trials. Commands with everything in them take longest to start, and the others are in them. */
const SHARE: readonly Victim[] = [
  'worker',
  'command',
  'server',
  'worker',
  'command',
  'server',
  'worker',
  'command',
  'server',
  'local',
];

/** Of a server: its guardian gives up on one that dies a fourth time. */
const KILLS_PER_SERVER = 3;

export async function kills(bench: FaultBench, trials: number): Promise<void> {
  const numbers = (victim: Victim): number[] =>
    Array.from({ length: trials }, (_, index) => index).filter((index) => SHARE[index % SHARE.length] === victim);
  for (const victim of VICTIMS) bench.ledger.plan(FAULT[victim], numbers(victim).length);
  const workers = numbers('worker');
  // Workers twice: a trial of them mostly waits for the heartbeat timeout.
  await Promise.all([
    lane(
      bench,
      'worker',
      workers.filter((_, place) => place % 2 === 0),
    ),
    lane(
      bench,
      'worker',
      workers.filter((_, place) => place % 2 === 1),
    ),
    lane(bench, 'command', numbers('command')).then(() => lane(bench, 'local', numbers('local'))),
    lane(bench, 'server', numbers('server')),
  ]);
}

/** Trials of one victim, one after the other. */
async function lane(bench: FaultBench, victim: Victim, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return;
  const trial = { worker: workerTrials, command: commandTrials, server: serverTrials, local: localTrials }[victim](
    bench,
  );
  for (const number of numbers) {
    if (bench.stopping()) return;
    await attempt(bench, FAULT[victim], `${victim} ${number}`, async () => {
      const { project, ended, moment } = await trial(randomFrom(bench.seed, number));
      return { found: await judged(project, ended, bench.digest), said: `killed after ${moment.toFixed(0)} ms` };
    });
  }
}

interface Killed {
  readonly project: Project;
  readonly ended: Ended;
  /** When, in milliseconds after the request. */
  readonly moment: number;
}

type Trials = (random: Random) => Promise<Killed>;

function workerTrials(bench: FaultBench): Trials {
  let group: WorkerGroup | undefined;
  let worker: Running | undefined;
  let durationMs = 0;
  return async (random) => {
    if (group === undefined || worker === undefined) {
      group = await bench.cluster.group();
      worker = await group.startWorker();
      durationMs = await undisturbedMs(bench, bench.cluster, group);
    }
    const project = await bench.story.project();
    await emptied(group);
    const answer = ask(bench.cluster.client, group.taskQueue, requestOf(project));
    const moment = random.uniform() * durationMs;
    await delay(moment);
    worker.kill('SIGKILL');
    await worker.finished;
    worker = await group.startWorker();
    return { project, ended: await answer, moment };
  };
}

function serverTrials(bench: FaultBench): Trials {
  let cluster: Cluster | undefined;
  let group: WorkerGroup | undefined;
  let worker: Running | undefined;
  let killed = 0;
  let durationMs = 0;
  return async (random) => {
    if (cluster === undefined || group === undefined || killed === KILLS_PER_SERVER) {
      await worker?.stop();
      await cluster?.close();
      cluster = await bench.sandbox.cluster();
      group = await cluster.group();
      worker = await group.startWorker();
      killed = 0;
      if (durationMs === 0) durationMs = await undisturbedMs(bench, cluster, group);
    }
    const project = await bench.story.project();
    await emptied(group);
    const answer = ask(cluster.client, group.taskQueue, requestOf(project));
    const moment = random.uniform() * durationMs;
    await delay(moment);
    await cluster.killServer();
    killed++;
    return { project, ended: await answer, moment };
  };
}

function commandTrials(bench: FaultBench): Trials {
  let group: WorkerGroup | undefined;
  let durationMs = 0;
  return async (random) => {
    if (group === undefined) {
      group = await bench.cluster.group();
      await group.startWorker();
      const { env } = group;
      const started = performance.now();
      await limited(bench.sandbox.run(argumentsOf(await bench.story.project()), { env }));
      durationMs = performance.now() - started;
    }
    const { env } = group;
    await emptied(group);
    return killCommand(bench, await bench.story.project(), { env }, random.uniform() * durationMs);
  };
}

function localTrials(bench: FaultBench): Trials {
  let durationMs = 0;
  return async (random) => {
    if (durationMs === 0) {
      const undisturbed = await bench.story.project();
      const started = performance.now();
      await limited(bench.sandbox.run(argumentsOf(undisturbed), { cwd: undisturbed.folder }));
      durationMs = performance.now() - started;
    }
    const project = await bench.story.project();
    return killCommand(bench, project, { cwd: project.folder }, random.uniform() * durationMs);
  };
}

async function killCommand(
  bench: FaultBench,
  project: Project,
  where: { readonly cwd?: string; readonly env?: Record<string, string> },
  moment: number,
): Promise<Killed> {
  const doomed = bench.sandbox.start(argumentsOf(project), where);
  await delay(moment);
  doomed.kill('SIGKILL');
  const before = await doomed.finished;
  const again = bench.sandbox.start(argumentsOf(project), where);
  const finished = await limited(again.finished);
  if (finished === null) {
    again.kill('SIGKILL');
    return { project, ended: null, moment };
  }
  const ended = endedOf(finished);
  if (finished.code !== 1) return { project, ended, moment };
  const result = resultOf(finished);
  const named = /^run: /m.test(before.stderr) ? runIdIn(before.stderr) : result.run;
  if (named !== result.run)
    return { project, ended: { failure: `asked again, ${named} became ${result.run}` }, moment };
  return { project, ended, moment };
}

function argumentsOf(project: Project): readonly string[] {
  return ['run', project.pipeline, ...VERSION_FLAGS, '--json', '-'];
}

async function undisturbedMs(bench: FaultBench, cluster: Cluster, group: WorkerGroup): Promise<number> {
  // The first run of a worker loads what later ones have; kills are to fall on runs as they mostly are.
  await ask(cluster.client, group.taskQueue, requestOf(await bench.story.project()));
  await emptied(group);
  const started = performance.now();
  await ask(cluster.client, group.taskQueue, requestOf(await bench.story.project()));
  return performance.now() - started;
}
