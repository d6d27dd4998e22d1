/** A full disk, a folder that nobody may write to, data that are gone: a clear error, and the same result when the cause is gone. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Random, randomFrom } from '../calibration/random.js';
import type { Project, WorkerGroup } from '../sandbox.js';
import { type FaultBench, attempt } from './bench.js';
import type { Trial } from './ledger.js';
import { SmallDisk } from './small-disk.js';
import { type Ended, HUNG_AFTER_MS, ask, emptied, judged, openWorkflows, requestOf } from './story.js';

export const CAUSES = ['full', 'full for long', 'read-only', 'registry full', 'no data'] as const;
export type Cause = (typeof CAUSES)[number];

export const DISK_FAULT: Record<Cause, string> = {
  full: 'disk of the artifacts full from a random point on, freed while the run tries again',
  'full for long': 'the same, freed when the run has given up, asked again',
  'read-only': 'artifact folder read-only from a random moment on, writable while the run tries again',
  'registry full': "registry's disk full, freed while the run tries to record its verdict",
  'no data': 'data file gone from a random moment on, put back when the run has ended, asked again',
};

/** What the error says that a user is to understand. */
const SAYS: Record<Cause, RegExp> = {
  full: /disk is full/,
  'full for long': /disk is full/,
  'read-only': /read-only/,
  'registry full': /disk is full/,
  'no data': /flights\.parquet/,
};

/** Between two looks at what a run is doing. */
const LOOK_MS = 250;

/** Runs that begin with new files store about this many times what an undisturbed one leaves: temporary files come and go. */
const ROOM = 1.2;

/** How a trial ended, and what the run said of the fault; null where it was done before it met the fault. */
export interface Disturbed {
  readonly found: Trial;
  readonly said: string | null;
}

export async function disks(bench: FaultBench, trials: number): Promise<void> {
  for (const cause of CAUSES) bench.ledger.plan(DISK_FAULT[cause], trials);
  await Promise.all(
    CAUSES.map(async (cause) => {
      let met = 0;
      for (let number = 0; number < trials && !bench.stopping(); number++) {
        await attempt(bench, DISK_FAULT[cause], `${cause} ${number}`, async () => {
          const { found, said } = await disturbedBy(bench, cause, randomFrom(bench.seed, number));
          if (said !== null) met++;
          return { found, said: said ?? 'done before it was met', note: `${met} of ${number + 1} met it` };
        });
      }
    }),
  );
}

/** @throws Error where a disk cannot be mounted, see {@link SmallDisk.mount} */
export async function disturbedBy(bench: FaultBench, cause: Cause, random: Random): Promise<Disturbed> {
  if (cause === 'no data') return withoutData(bench, random);
  const disk = await SmallDisk.mount(bench.sandbox);
  if (cause === 'registry full') return withFullRegistry(bench, disk);
  return withWorker(await bench.cluster.group({ store: join(disk.folder, 'store') }), async (group) => {
    const before = await disk.used();
    const durationMs = await undisturbedMs(bench, group);
    const needed = ((await disk.used()) - before) * ROOM;
    await emptied(group);
    const run = { bench, group, cause, project: await bench.story.project() };
    if (cause === 'read-only')
      return recovering(run, {
        begin: () => delay(random.uniform() * durationMs).then(() => disk.readOnly()),
        end: () => disk.writable(),
      });
    await disk.fill(random.uniform() * needed);
    const fault = { begin: nothing, end: () => disk.free() };
    return cause === 'full' ? recovering(run, fault) : givenUp(run, fault);
  });
}

/** The run that is disturbed. */
interface Run {
  readonly bench: FaultBench;
  readonly group: WorkerGroup;
  readonly cause: Cause;
  readonly project: Project;
}

/** What brings a fault about, from the request on, and what mends it. */
interface Fault {
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** The fault is there before the request. */
const nothing = (): Promise<void> => Promise.resolve();

async function withWorker<T>(group: WorkerGroup, work: (group: WorkerGroup) => Promise<T>): Promise<T> {
  const worker = await group.startWorker();
  try {
    return await work(group);
  } finally {
    await worker.stop();
  }
}

async function undisturbedMs(bench: FaultBench, group: WorkerGroup): Promise<number> {
  const started = performance.now();
  const answer = await ask(bench.cluster.client, group.taskQueue, requestOf(await bench.story.project()));
  if (answer === null || 'failure' in answer) throw new Error('the undisturbed run came to no result');
  return performance.now() - started;
}

/** The fault ends while the run still tries. */
async function recovering({ bench, group, cause, project }: Run, fault: Fault): Promise<Disturbed> {
  const { client } = bench.cluster;
  const answered = new AbortController();
  const answer = ask(client, group.taskQueue, requestOf(project)).finally(() => answered.abort());
  await fault.begin();
  let said: string | null = null;
  while (!answered.signal.aborted && said === null) {
    said = await triedAgain(client, group);
    await delay(LOOK_MS);
  }
  await fault.end();
  return clearly(cause, await judged(project, await answer, bench.digest), said);
}

/** The fault ends when the run has ended without a result; then somebody asks again. */
async function givenUp({ bench, group, cause, project }: Run, fault: Fault): Promise<Disturbed> {
  const { client } = bench.cluster;
  const answer = ask(client, group.taskQueue, requestOf(project), 2 * HUNG_AFTER_MS);
  await fault.begin();
  const first = await answer;
  await fault.end();
  const said = first !== null && 'failure' in first ? first.failure : null;
  const again: Ended = said === null ? first : await ask(client, group.taskQueue, requestOf(project));
  return clearly(cause, await judged(project, again, bench.digest), said);
}

async function withoutData(bench: FaultBench, random: Random): Promise<Disturbed> {
  return withWorker(await bench.cluster.group(), async (group) => {
    const durationMs = await undisturbedMs(bench, group);
    await emptied(group);
    const project = await bench.story.project();
    const data = join(project.folder, 'flights.parquet');
    const run = { bench, group, cause: 'no data', project } as const;
    const gone = (): Promise<void> => rename(data, `${data}.gone`);
    const end = (): Promise<void> => rename(`${data}.gone`, data);
    // Half of the time at once: a run that has its own copy does not need the file any more.
    const moment = (random.uniform() - 0.5) * 2 * durationMs;
    if (moment > 0) return givenUp(run, { begin: () => delay(moment).then(gone), end });
    await gone();
    return givenUp(run, { begin: nothing, end });
  });
}

/** The verdict is there, and the registry cannot be told: the rollback waits for it, and is done once. */
async function withFullRegistry(bench: FaultBench, disk: SmallDisk): Promise<Disturbed> {
  return withWorker(await bench.cluster.group(), async (group) => {
    const project = await bench.story.project(join(disk.folder, 'project'));
    await disk.fill(0);
    return recovering({ bench, group, cause: 'registry full', project }, { begin: nothing, end: () => disk.free() });
  });
}

function clearly(cause: Cause, found: Trial, said: string | null): Disturbed {
  if (said === null || SAYS[cause].test(said)) return { found, said };
  return { found: { ...found, broken: `said: ${said}` }, said };
}

/** What the last attempt failed with, of any activity that is being tried again; null while all goes well. */
async function triedAgain(client: Client, { taskQueue }: WorkerGroup): Promise<string | null> {
  for await (const { raw } of openWorkflows(client, taskQueue))
    for (const { lastFailure } of raw.pendingActivities ?? [])
      if (lastFailure?.message != null) return lastFailure.message;
  return null;
}
