/** A full disk, a folder that nobody may write to, data that are gone: a clear error, and the same result when the cause is gone. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Random, randomFrom } from '../calibration/random.js';
import type { Project, Running, WorkerGroup } from '../sandbox.js';
import type { FaultBench } from './bench.js';
import { describe } from './kills.js';
import type { Trial } from './ledger.js';
import { SmallDisk } from './small-disk.js';
import { type Ended, HUNG_AFTER_MS, ask, emptied, judged, requestOf } from './story.js';

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
        try {
          const { found, said } = await disturbedBy(bench, cause, randomFrom(bench.seed, number));
          if (said !== null) met++;
          bench.ledger.enter(DISK_FAULT[cause], found, `${met} of ${number + 1} met it`);
          bench.told(`${cause} ${number}: ${describe(found)}; ${said ?? 'done before it was met'}`);
        } catch (error) {
          const [why = ''] = (error as Error).message.split('\n');
          bench.ledger.spoil(DISK_FAULT[cause], why);
          bench.told(`${cause} ${number}: not tried: ${why}`);
        }
      }
    }),
  );
}

/** @throws Error where a disk cannot be mounted, see {@link SmallDisk.mount} */
export async function disturbedBy(bench: FaultBench, cause: Cause, random: Random): Promise<Disturbed> {
  if (cause === 'no data') return withoutData(bench, random);
  const disk = await SmallDisk.mount(bench.sandbox);
  if (cause === 'registry full') return withFullRegistry(bench, disk);
  const group = await bench.cluster.group({ store: join(disk.folder, 'store') });
  const worker = await group.startWorker();
  try {
    const { needed, durationMs } = await undisturbed(bench, group, disk);
    if (cause === 'read-only')
      return await recovering(bench, group, cause, {
        begin: () => delay(random.uniform() * durationMs).then(() => disk.readOnly()),
        end: () => disk.writable(),
      });
    await disk.fill(random.uniform() * needed);
    const mended = { begin: () => Promise.resolve(), end: () => disk.free() };
    return cause === 'full'
      ? await recovering(bench, group, cause, mended)
      : await givenUp(bench, group, cause, mended);
  } finally {
    await ended(worker);
  }
}

/** What brings a fault about, from the request on, and what mends it. */
interface Fault {
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** What a run takes of the disk, in bytes, and of the time. */
async function undisturbed(
  bench: FaultBench,
  group: WorkerGroup,
  disk: SmallDisk,
): Promise<{ readonly needed: number; readonly durationMs: number }> {
  const project = await bench.story.project();
  const [before, started] = [await disk.used(), performance.now()];
  const answer = await ask(bench.cluster.client, group.taskQueue, requestOf(project));
  if (answer === null || 'failure' in answer) throw new Error('the undisturbed run on a small disk came to no result');
  const durationMs = performance.now() - started;
  const needed = ((await disk.used()) - before) * ROOM;
  await emptied(group);
  return { needed, durationMs };
}

/** The fault ends while the run still tries. */
async function recovering(
  bench: FaultBench,
  group: WorkerGroup,
  cause: Cause,
  fault: Fault,
  project?: Project,
): Promise<Disturbed> {
  const asked = project ?? (await bench.story.project());
  const answered = new AbortController();
  const answer = ask(bench.cluster.client, group.taskQueue, requestOf(asked)).finally(() => answered.abort());
  await fault.begin();
  let said: string | null = null;
  while (!answered.signal.aborted && said === null) {
    said = await triedAgain(bench.cluster.client, group);
    await delay(LOOK_MS);
  }
  await fault.end();
  return clearly(cause, await judged(asked, await answer, bench.digest), said);
}

/** The fault ends when the run has ended without a result; then somebody asks again. */
async function givenUp(
  bench: FaultBench,
  group: WorkerGroup,
  cause: Cause,
  fault: Fault,
  project?: Project,
): Promise<Disturbed> {
  const asked = project ?? (await bench.story.project());
  const { client } = bench.cluster;
  const answer = ask(client, group.taskQueue, requestOf(asked), 2 * HUNG_AFTER_MS);
  await fault.begin();
  const first = await answer;
  await fault.end();
  const said = first !== null && 'failure' in first ? first.failure : null;
  const again: Ended = said === null ? first : await ask(client, group.taskQueue, requestOf(asked));
  return clearly(cause, await judged(asked, again, bench.digest), said);
}

async function withoutData(bench: FaultBench, random: Random): Promise<Disturbed> {
  const group = await bench.cluster.group();
  const worker = await group.startWorker();
  try {
    const started = performance.now();
    await ask(bench.cluster.client, group.taskQueue, requestOf(await bench.story.project()));
    const durationMs = performance.now() - started;
    await emptied(group);
    const project = await bench.story.project();
    const data = join(project.folder, 'flights.parquet');
    // Half of the time at once: a run that has its own copy does not need the file any more.
    const moment = Math.max(0, random.uniform() - 0.5) * 2 * durationMs;
    const fault = {
      begin: () => delay(moment).then(() => rename(data, `${data}.gone`)),
      end: () => rename(`${data}.gone`, data),
    };
    if (moment === 0) {
      await fault.begin();
      return await givenUp(bench, group, 'no data', { ...fault, begin: () => Promise.resolve() }, project);
    }
    return await givenUp(bench, group, 'no data', fault, project);
  } finally {
    await ended(worker);
  }
}

/** The verdict is there, and the registry cannot be told: the rollback waits for it, and is done once. */
async function withFullRegistry(bench: FaultBench, disk: SmallDisk): Promise<Disturbed> {
  const group = await bench.cluster.group();
  const worker = await group.startWorker();
  try {
    const project = await bench.story.project(join(disk.folder, 'project'));
    await disk.fill(0);
    const fault = { begin: () => Promise.resolve(), end: () => disk.free() };
    return await recovering(bench, group, 'registry full', fault, project);
  } finally {
    await ended(worker);
  }
}

function clearly(cause: Cause, found: Trial, said: string | null): Disturbed {
  if (said === null || SAYS[cause].test(said)) return { found, said };
  return { found: { ...found, broken: `said: ${said}` }, said };
}

/** What the last attempt failed with, of any activity that is being tried again; null while all goes well. */
async function triedAgain(client: Client, { taskQueue }: WorkerGroup): Promise<string | null> {
  const open = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`;
  for await (const { workflowId } of client.workflow.list({ query: open })) {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const failed = (raw.pendingActivities ?? []).find(({ lastFailure }) => lastFailure?.message != null);
    if (failed !== undefined) return failed.lastFailure!.message!;
  }
  return null;
}

async function ended(worker: Running): Promise<void> {
  worker.kill('SIGTERM');
  await worker.finished;
}
