import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import {
  type Cluster,
  FEWER_FLIGHTS,
  type Project,
  type Running,
  Sandbox,
  type WorkerGroup,
  resultOf,
  runIdIn,
  until,
} from './sandbox.js';

// The builds here are the same code under other names: what matters is whom Temporal sends a run to.
const TWICE = `SELECT * REPLACE (flight_id::VARCHAR || '-' || copy AS flight_id) FROM flights, range(2) AS copies(copy)
  ORDER BY flight_id`;

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

/** The build that a run is pinned to. */
async function buildOf(client: Client, run: string): Promise<string | null | undefined> {
  const { raw } = await client.workflow.getHandle(run).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

async function inferenceRuns(client: Client, run: string): Promise<boolean> {
  const { raw } = await client.workflow.getHandle(run).describe();
  return (raw.pendingActivities ?? []).some(
    ({ activityType, lastStartedTime }) => activityType?.name === 'infer' && lastStartedTime != null,
  );
}

describe('workers of two builds', { timeout: 240_000 }, () => {
  let cluster: Cluster;
  let flights: string;

  async function projectOf(source: string): Promise<Project> {
    const made = await sandbox.project({ select: 'SELECT * FROM flights LIMIT 0' });
    await copyFile(source, join(made.folder, 'flights.parquet'));
    return made;
  }

  async function startRun(
    group: WorkerGroup,
    source: string,
  ): Promise<{ readonly command: Running; readonly run: string }> {
    const { pipeline } = await projectOf(source);
    const command = sandbox.start(['run', pipeline, '--json', '-'], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    return { command, run: runIdIn(command.stderr()) };
  }

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    flights = join((await sandbox.project({ select: TWICE })).folder, 'flights.parquet');
  }, 60_000);

  it('finish each the runs that began on them, and the newer one gets the new runs', async () => {
    const { client } = cluster;
    const group = await cluster.group();
    const a = await group.startWorker('--build-id', 'a', '--threads', '1');
    const old = await startRun(group, flights);
    await until('a task of inference runs', () => inferenceRuns(client, old.run));
    a.kill('SIGKILL');
    await a.finished;

    const b = await group.startWorker('--build-id', 'b');
    await until('the newer build says what it gets', () => b.stderr().includes('it gets the new runs'), b);
    const fresh = await startRun(group, flights);
    const undisturbed = resultOf(await fresh.command.finished);
    expect(await buildOf(client, fresh.run)).toBe('b');
    // Nobody of its build is there: it waits, and build b, which is idle, leaves it alone.
    expect((await client.workflow.getHandle(old.run).describe()).status.name).toBe('RUNNING');
    expect(await buildOf(client, old.run)).toBe('a');

    const restarted = await group.startWorker('--build-id', 'a', '--threads', '1');
    await until('the older build says what it gets', () => restarted.stderr().includes('new runs go to b'), restarted);
    expect(resultOf(await old.command.finished).digest).toBe(undisturbed.digest);
    expect(await buildOf(client, old.run)).toBe('a');
    const later = await startRun(group, flights);
    expect(resultOf(await later.command.finished).digest).toBe(undisturbed.digest);
    expect(await buildOf(client, later.run)).toBe('b');
  });

  it('leave it to somebody else who gets new runs, when they are told to; who asks is warned', async () => {
    const group = await cluster.group();
    const source = join((await sandbox.project({ select: FEWER_FLIGHTS })).folder, 'flights.parquet');
    const { pipeline } = await projectOf(source);
    const cautious = await group.startWorker('--build-id', 'a', '--keep-current');
    await until(
      'the build says that it gets none',
      () => cautious.stderr().includes('new runs wait until a build is made current'),
      cautious,
    );
    const command = sandbox.start(['run', pipeline, '--json', '-'], { env: group.env });
    await until('the command warns', () => command.stderr().includes('No worker of a current build polls'), command);
    await group.startWorker('--build-id', 'b');
    const finished = await command.finished;
    expect(finished.code).toBe(1);
    expect(await buildOf(cluster.client, resultOf(finished).run)).toBe('b');
  });

  it('take a bad version back also where the build that did the last rollback is gone', async () => {
    const group = await cluster.group();
    const project = await sandbox.project({ select: FEWER_FLIGHTS });
    const registry = createRegistry(project.registry);
    const fails = async (version: string): Promise<void> => {
      await registry.setAlias('late-flight', 'serving', version, { expect: undefined, actor: 'ann', reason: 'deploy' });
      const finished = await sandbox.run(['run', project.pipeline, '--json', '-'], { env: group.env });
      expect(finished.code, finished.stderr).toBe(1);
      expect(resultOf(finished).actions).toMatchObject([
        { action: 'rollback', outcome: 'done', from: version, to: '1' },
      ]);
    };
    const a = await group.startWorker('--build-id', 'a');
    await fails('2');
    // The workflow of the model is still there for some seconds, begun by a build that does not come back.
    a.kill('SIGTERM');
    await a.finished;
    await group.startWorker('--build-id', 'b');
    const { versions } = await registry.describe('late-flight');
    await registry.addVersion('late-flight', join(project.registry, 'late-flight/2/model.onnx'), {
      version: '3',
      actor: 'ann',
      metadata: versions.find(({ version }) => version === '2')!.metadata,
    });
    await fails('3');
  });

  it('must be told a name of a deployment that Temporal takes', async () => {
    const group = await cluster.group();
    const { code, stderr } = await sandbox.run(['worker', '--metrics', 'off', '--deployment', 'a.b'], {
      env: group.env,
    });
    expect(code).toBe(2);
    expect(stderr).toContain('"a.b" (--deployment)');
  });
});
