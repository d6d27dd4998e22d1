import { readFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import type { AuditRecord } from '../../adapters/audit-log/index.js';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import { SLOW_MODEL, slowProject } from '../../bench/slow-project.js';
import { FEWER_FLIGHTS, Sandbox, rollbacks, runIdIn, serving, treeOf, until } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

/** Processes that a process has started and that live. */
async function childrenOf(parent: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, state]) => Number(ppid) === parent && state?.startsWith('Z') === false)
    .map(([pid]) => Number(pid));
}

async function infers(handle: WorkflowHandle): Promise<boolean> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).some(
    ({ activityType, lastStartedTime }) => activityType?.name === 'infer' && lastStartedTime != null,
  );
}

/** Where the system tells; elsewhere whatever it does. */
async function computes(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('R');
}

describe('segmentry cancel', { timeout: 240_000 }, () => {
  it('ends a run: its compute process is gone, the registry as it was, and the log tells who and why', async () => {
    const { client, ...cluster } = await sandbox.cluster();
    const group = await cluster.group();
    const mine = await sandbox.project();
    const before = await treeOf(mine.registry);
    const worker = await group.startWorker('--threads', '1');
    const command = sandbox.start(['run', mine.pipeline], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    const run = runIdIn(command.stderr());
    const handle = client.workflow.getHandle(run);
    await until('a task of inference runs', () => infers(handle));
    const computing = await childrenOf(worker.pid);
    expect(computing).not.toEqual([]);
    // Between two tasks it has nothing to do that could be ended.
    await until('it computes', async () => (await Promise.all(computing.map(computes))).every(Boolean));
    // A task of a second would be over by itself: this one does nothing more, and is gone only when it is killed.
    for (const pid of computing) process.kill(pid, 'SIGSTOP');

    const beginning = run.slice(0, -4);
    const cancelled = await sandbox.run(['cancel', beginning, '--reason', 'wrong data'], { env: group.env });
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining(`${run} is cancelled`) as string });
    await until('its compute process is gone', async () => {
      const left = new Set(await childrenOf(worker.pid));
      return !computing.some((pid) => left.has(pid));
    });
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await command.finished).toMatchObject({ code: 3, stdout: '' });
    expect(await treeOf(mine.registry)).toEqual(before);

    expect(await sandbox.run(['cancel', run], { env: group.env })).toMatchObject({
      code: 0,
      stdout: `${run} was cancelled before\n`,
    });
    const { stdout } = await sandbox.run(['audit', 'list', '--json'], { env: group.env });
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRecord);
    expect(records.filter(({ action }) => action === 'run-cancelled')).toMatchObject([
      { run, details: { reason: 'wrong data' }, actor: expect.stringContaining(' on ') as string },
    ]);

    // It was no verdict: the same evaluation may be asked for again, and comes to its own.
    const again = await sandbox.run(['run', mine.pipeline], { env: group.env });
    expect(again.code).toBe(1);
    expect(runIdIn(again.stderr)).toBe(run);
    expect(await serving(mine)).toBe('1');
    expect(await rollbacks(mine)).toHaveLength(1);
  });

  it('ends a model in the middle of an answer that it would take many minutes for', async () => {
    const { client, ...cluster } = await sandbox.cluster();
    const group = await cluster.group();
    const slow = await slowProject(sandbox, { rows: 16_384, layers: 3_000 });
    const before = await treeOf(slow.registry);
    const worker = await group.startWorker('--threads', '1');
    const command = sandbox.start(['run', slow.pipeline], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    const run = runIdIn(command.stderr());
    await until('a task of inference runs', () => infers(client.workflow.getHandle(run)), command);
    const computing = await childrenOf(worker.pid);
    expect(computing).not.toEqual([]);

    const cancelled = await sandbox.run(['cancel', run], { env: group.env });
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('stopped infer') as string });
    await until('its compute process is gone', async () => {
      const left = new Set(await childrenOf(worker.pid));
      return !computing.some((pid) => left.has(pid));
    });
    expect(await command.finished).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('was cancelled') as string,
    });
    expect(await treeOf(slow.registry)).toEqual(before);
    expect((await createRegistry(slow.registry).describe(SLOW_MODEL)).aliases['serving']).toBe('1');
    expect(worker.hasEnded()).toBe(false);
  });

  it('refuses a run that has ended, and one that nobody knows', async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const finished = await sandbox.run(['run', 'pipeline.yaml'], { cwd: folder });
    const run = runIdIn(finished.stderr);
    expect(await sandbox.run(['cancel', run], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has ended already (completed)') as string,
    });
    expect(await sandbox.run(['cancel', 'nobody'], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no run is called "nobody"') as string,
    });
  });
});
