import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../domain/result.js';
import {
  type Cluster,
  type Project,
  type Running,
  Sandbox,
  type WorkerGroup,
  resultOf,
  rollbacks,
  runIdIn,
  serving,
  treeOf,
  until,
} from './sandbox.js';

// A service of its own, workers in processes of their own, real models over 260,580 flights: enough inference to die in.
const TWICE = `SELECT * REPLACE (flight_id::VARCHAR || '-' || copy AS flight_id) FROM flights, range(2) AS copies(copy)
  ORDER BY flight_id`;

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

/** Activities of one kind that a worker has begun, and how many are over. */
async function inferences(client: Client, run: string): Promise<{ readonly running: number; readonly done: number }> {
  const handle = client.workflow.getHandle(run);
  try {
    const { raw } = await handle.describe();
    const running = (raw.pendingActivities ?? []).filter(
      ({ activityType, lastStartedTime }) => activityType?.name === 'infer' && lastStartedTime != null,
    ).length;
    const { events } = await handle.fetchHistory();
    const scheduled = new Set(
      (events ?? []).flatMap((event) =>
        event.activityTaskScheduledEventAttributes?.activityType?.name === 'infer' ? [String(event.eventId)] : [],
      ),
    );
    const done = (events ?? []).filter(({ activityTaskCompletedEventAttributes: completed }) =>
      scheduled.has(String(completed?.scheduledEventId)),
    ).length;
    return { running, done };
  } catch {
    // The run has not begun.
    return { running: 0, done: 0 };
  }
}

async function workersThatInferred(client: Client, run: string): Promise<ReadonlySet<string>> {
  const { events = [] } = await client.workflow.getHandle(run).fetchHistory();
  const started = (events ?? []).flatMap(({ activityTaskStartedEventAttributes: one }) =>
    one?.identity == null ? [] : [one.identity],
  );
  return new Set(started);
}

/** Process ids of the workers that have a task of the run now. */
async function takers(client: Client, run: string): Promise<ReadonlySet<number>> {
  const { raw } = await client.workflow.getHandle(run).describe();
  return new Set(
    (raw.pendingActivities ?? []).map(({ lastWorkerIdentity }) => Number.parseInt(lastWorkerIdentity ?? '', 10)),
  );
}

describe('workers that share a service', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let flights: string;
  let undisturbed: Result;
  let metrics: string;

  async function project(): Promise<Project> {
    const made = await sandbox.project({ select: 'SELECT * FROM flights LIMIT 0' });
    await copyFile(flights, join(made.folder, 'flights.parquet'));
    return made;
  }

  async function startRun(
    group: WorkerGroup,
    of: Project,
  ): Promise<{ readonly command: Running; readonly run: string }> {
    const command = sandbox.start(['run', of.pipeline, '--json', '-'], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    return { command, run: runIdIn(command.stderr()) };
  }

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    const source = await sandbox.project({ select: TWICE });
    flights = join(source.folder, 'flights.parquet');
    const group = await cluster.group();
    const worker = await group.startWorker();
    const { command } = await startRun(group, source);
    undisturbed = resultOf(await command.finished);
    const address = /metrics: (\S+)\/metrics/.exec(worker.stderr())?.[1];
    expect((await fetch(`${String(address)}/healthz`)).status).toBe(200);
    metrics = await (await fetch(`${String(address)}/metrics`)).text();
    worker.kill('SIGTERM');
    expect(await worker.finished).toMatchObject({ code: 0 });
  }, 180_000);

  it('lose nothing and do nothing twice when one is killed in the middle of inference', async () => {
    const group = await cluster.group();
    const mine = await project();
    const doomed = await group.startWorker('--threads', '1');
    const { command, run } = await startRun(group, mine);
    await until('a task is done and another one runs', async () => {
      const { running, done } = await inferences(cluster.client, run);
      return running > 0 && done > 0;
    });
    doomed.kill('SIGKILL');
    await doomed.finished;
    await group.startWorker();
    const finished = await command.finished;
    expect(finished.code).toBe(1);
    expect(resultOf(finished).digest).toBe(undisturbed.digest);
    expect(await serving(mine)).toBe('1');
    expect(await rollbacks(mine)).toMatchObject([{ run, from: '2', to: '1' }]);
  });

  it('share a run, to the same bit', async () => {
    const group = await cluster.group();
    const mine = await project();
    await Promise.all([group.startWorker('--threads', '1'), group.startWorker('--threads', '1')]);
    const { command, run } = await startRun(group, mine);
    const finished = await command.finished;
    expect(resultOf(finished).digest).toBe(undisturbed.digest);
    expect((await workersThatInferred(cluster.client, run)).size).toBe(2);
    expect(await rollbacks(mine)).toHaveLength(1);
  });

  it('that have nothing else in common share a run: one is killed, one joins and is used at once, to the same bit', async () => {
    const group = await cluster.group();
    const mine = await project();
    const withOwnFolders = async (): Promise<Running> => {
      const own = await sandbox.folder();
      const env = { ...group.env, HOME: own, XDG_CACHE_HOME: join(own, 'cache'), TMPDIR: own };
      const worker = sandbox.start(['worker', '--metrics', '127.0.0.1:0', '--threads', '1'], { env });
      await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
      return worker;
    };
    const [doomed, ...others] = await Promise.all([withOwnFolders(), withOwnFolders(), withOwnFolders()]);
    const { command, run } = await startRun(group, mine);
    await until('a task runs', async () => (await inferences(cluster.client, run)).running > 0);
    doomed.kill('SIGKILL');
    // So that something is left for the one that joins, however fast this machine is.
    for (const other of others) other.kill('SIGSTOP');
    const joined = await withOwnFolders();
    await until('the new worker has a task', async () => (await takers(cluster.client, run)).has(joined.pid));
    for (const other of others) other.kill('SIGCONT');
    const finished = await command.finished;
    expect(resultOf(finished).digest).toBe(undisturbed.digest);
    const identities = [...(await workersThatInferred(cluster.client, run))];
    expect(identities.some((identity) => identity.startsWith(`${joined.pid}@`))).toBe(true);
    expect(await rollbacks(mine)).toHaveLength(1);

    for (const worker of [...others, joined]) worker.kill('SIGTERM');
    for (const worker of [...others, joined]) expect(await worker.finished).toMatchObject({ code: 0 });
  });

  it('that are told to stop in the middle hand back what they have, and end in good order', async () => {
    const group = await cluster.group();
    const mine = await project();
    const leaving = await group.startWorker('--threads', '1');
    const { command, run } = await startRun(group, mine);
    await until('a task runs', async () => (await inferences(cluster.client, run)).running > 0);
    leaving.kill('SIGTERM');
    expect(await leaving.finished).toMatchObject({ code: 0 });
    expect(command.hasEnded()).toBe(false);
    await group.startWorker();
    const finished = await command.finished;
    expect(resultOf(finished).digest).toBe(undisturbed.digest);
    expect(await rollbacks(mine)).toHaveLength(1);
    expect(leaving.stderr()).not.toContain('"level":50');
  });

  it('stop inferring when the run is cancelled, and change nothing', async () => {
    const group = await cluster.group();
    const mine = await project();
    const before = await treeOf(mine.registry);
    const worker = await group.startWorker('--threads', '1');
    const { command, run } = await startRun(group, mine);
    await until('a task runs', async () => (await inferences(cluster.client, run)).running > 0);
    await cluster.client.workflow.getHandle(run).cancel();
    const finished = await command.finished;
    expect(finished).toMatchObject({ code: 3, stdout: '' });
    expect(finished.stderr).toContain('cancelled');
    expect((await cluster.client.workflow.getHandle(run).describe()).status.name).toBe('CANCELLED');
    expect(await treeOf(mine.registry)).toEqual(before);
    const watched = await sandbox.run(['watch', run], { env: group.env });
    expect(watched).toMatchObject({ code: 3, stderr: expect.stringContaining(`${run} was cancelled`) as string });

    // A cancelled run is no verdict: the same evaluation may be asked for again, and the worker is as good as new.
    const { command: again } = await startRun(group, mine);
    expect(resultOf(await again.finished).digest).toBe(undisturbed.digest);
    expect(worker.stderr()).not.toContain('"level":50');
  });

  it('tell Prometheus what runs found and did', () => {
    expect(metrics).toContain('segmentry_runs_total{pipeline="flight-delays",verdict="FAIL"} 1');
    expect(metrics).toContain('segmentry_runs_total{pipeline="flight-delays",verdict="PASS"} 0');
    expect(metrics).toContain('segmentry_actions_total{pipeline="flight-delays",action="rollback",outcome="done"} 1');
    expect(metrics).toMatch(
      /segmentry_segment_metric\{pipeline="flight-delays",metric="auc",role="difference",segmentation="low visibility",segment="low visibility"\} -0\.0/,
    );
    expect(metrics).toMatch(/segmentry_inferred_rows_total 260580\n/);
    expect(metrics).toMatch(/segmentry_last_success_timestamp_seconds\{pipeline="flight-delays"\} \d/);
  });
});
