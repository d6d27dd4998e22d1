import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationRequest, RequestOutcome } from '../../activities/contract.js';
import { untilNothingRuns } from '../workers/dev-server-commands.js';
import {
  type Cluster,
  FEWER_FLIGHTS,
  Sandbox,
  type WorkerGroup,
  editPipeline,
  resultOf,
  rollbacks,
  runIdIn,
  serving,
  treeOf,
  until,
} from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('requests', { timeout: 180_000 }, () => {
  let cluster: Cluster;
  let group: WorkerGroup;

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    group = await cluster.group();
    await group.startWorker();
  });

  it('for the same evaluation at the same time become one run with one verdict and one effect', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const request: EvaluationRequest = { pipeline: mine.pipeline, candidate: '2', baseline: '1', act: true };
    const starts = Array.from({ length: 16 }, () =>
      cluster.client.workflow.execute<(request: EvaluationRequest) => Promise<RequestOutcome>>('requestEvaluation', {
        workflowId: `request-${randomUUID()}`,
        taskQueue: group.taskQueue,
        args: [request],
      }),
    );
    const commands = Array.from({ length: 4 }, () =>
      sandbox.run(['run', mine.pipeline, '--candidate', '2', '--baseline', '1', '--json', '-'], { env: group.env }),
    );
    const outcomes = await Promise.all(starts);
    const finished = await Promise.all(commands);

    expect(finished.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
    const results = finished.map(resultOf);
    const told = [...outcomes, ...results].map(({ run, verdict, digest }) => ({ run, verdict, digest }));
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
    const run = outcomes[0]!.run;
    const runs: string[] = [];
    for await (const { runId } of cluster.client.workflow.list({ query: `WorkflowId = "${run}"` })) runs.push(runId);
    expect(runs).toHaveLength(1);
    const joined = outcomes.filter((outcome) => outcome.joined).length;
    const said = finished.filter(({ stderr }) => stderr.includes('This evaluation exists already')).length;
    expect(joined + said).toBe(19);
    expect(await serving(mine)).toBe('1');
    expect(await rollbacks(mine)).toHaveLength(1);
    for (const { actions } of [...outcomes, ...results]) expect(actions).toMatchObject([{ outcome: 'done' }]);
  });

  it('for the same models in two registries are two runs, and each gets its effect', async () => {
    const [one, other] = [
      await sandbox.project({ select: FEWER_FLIGHTS }),
      await sandbox.project({ select: FEWER_FLIGHTS }),
    ];
    const [first, second] = await Promise.all(
      [one, other].map(({ pipeline }) => sandbox.run(['run', pipeline, '--json', '-'], { env: group.env })),
    );
    expect(resultOf(first!).digest).toBe(resultOf(second!).digest);
    expect(resultOf(first!).run).not.toBe(resultOf(second!).run);
    for (const mine of [one, other]) {
      expect(await serving(mine)).toBe('1');
      expect(await rollbacks(mine)).toHaveLength(1);
    }
  });

  it('with --no-act decide and touch nothing; a request that acts afterwards is not held back by them', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const before = await treeOf(mine.registry);
    const idle = await sandbox.run(['run', mine.pipeline, '--no-act', '--json', '-'], { env: group.env });
    expect(idle.code).toBe(1);
    expect(resultOf(idle)).toMatchObject({ verdict: 'FAIL', actions: [{ action: 'rollback', outcome: 'skipped' }] });
    expect(await treeOf(mine.registry)).toEqual(before);

    const acting = await sandbox.run(['run', mine.pipeline, '--json', '-'], { env: group.env });
    expect(resultOf(acting)).toMatchObject({ actions: [{ action: 'rollback', outcome: 'done' }] });
    expect(await serving(mine)).toBe('1');
  });

  it('with checks that are shadows show what failed, and touch nothing', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    await editPipeline(mine, 'min: 0.65', 'min: 0.1');
    await editPipeline(mine, 'maxDrop: 0.02', 'maxDrop: 0.02, severity: shadow');
    const shown = resultOf(await sandbox.run(['run', mine.pipeline, '--json', '-'], { env: group.env }));
    expect(shown.verdict).toBe('PASS');
    expect(shown.checks.filter(({ outcome }) => outcome === 'fail').map(({ severity }) => severity)).toContain(
      'shadow',
    );
    expect(shown.actions).toEqual([]);
    expect(await serving(mine)).toBe('2');
    expect(await rollbacks(mine)).toEqual([]);
  });

  it('act in a gate that was passed by: a version that failed and was made to serve all the same is taken back', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS, promoted: false });
    const alias = (version: string): Promise<unknown> =>
      sandbox.run(['registry', 'alias', 'late-flight', 'serving', version, '--registry', mine.registry], {
        cwd: mine.folder,
      });
    await alias('1');
    const args = ['run', mine.pipeline, '--candidate', '2', '--baseline', '1', '--json', '-'];
    const gate = await sandbox.run(args, { env: group.env });
    expect(resultOf(gate)).toMatchObject({ verdict: 'FAIL', actions: [{ outcome: 'skipped', from: '1' }] });
    await alias('2');
    const guard = await sandbox.run(args, { env: group.env });
    expect(resultOf(guard)).toMatchObject({ verdict: 'FAIL', actions: [{ outcome: 'done', from: '2', to: '1' }] });
    expect(guard.stderr).toContain('This evaluation exists already');
    expect(await rollbacks(mine)).toHaveLength(1);
  });

  it.each(['blobs', 'runs'])(
    'for an evaluation whose %s were cleared out of the store make it again, and act on it',
    async (cleared) => {
      const mine = await sandbox.project({ select: FEWER_FLIGHTS, promoted: false });
      const alias = (version: string): Promise<unknown> =>
        sandbox.run(['registry', 'alias', 'late-flight', 'serving', version, '--registry', mine.registry], {
          cwd: mine.folder,
        });
      await alias('1');
      const fresh = await cluster.group();
      let worker = await fresh.startWorker();
      const args = ['run', mine.pipeline, '--candidate', '2', '--baseline', '1', '--json', '-'];
      const gate = await sandbox.run(args, { env: fresh.env });
      expect(resultOf(gate)).toMatchObject({ verdict: 'FAIL', actions: [{ outcome: 'skipped', from: '1' }] });
      await alias('2');
      // What a worker has read it remembers.
      await worker.stop();
      await rm(join(fresh.store, cleared), { recursive: true });
      worker = await fresh.startWorker();
      const asked = ['run', mine.pipeline, '--candidate', '2', '--baseline', '1'];
      const twice = await Promise.all([1, 2].map(() => sandbox.run(asked, { env: fresh.env })));
      for (const { code, stdout, stderr } of twice) {
        expect(code, stderr).toBe(1);
        expect(stdout).toContain('rollback done');
      }
      expect(await serving(mine)).toBe('1');
      expect(await rollbacks(mine)).toHaveLength(1);
      await worker.stop();
    },
  );

  it('with --no-wait print the id, and status and watch find the run by the beginning of it', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const started = await sandbox.run(['run', mine.pipeline, '--no-wait'], { env: group.env });
    expect(started.code).toBe(0);
    const run = started.stdout.trim();
    expect(run).toMatch(/^flight-delays\.2\.[0-9a-f]{12}$/);
    const watched = await sandbox.run(['watch', run.slice(0, -4), '--json', '-'], { env: group.env });
    expect(watched.code).toBe(1);
    expect(resultOf(watched)).toMatchObject({ run, verdict: 'FAIL', actions: [{ outcome: 'done' }] });
    const status = await sandbox.run(['status', run], { env: group.env });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(`${run}  completed`) as string });
    expect(status.stdout).toContain('verdict: FAIL');
    expect(status.stdout).toMatch(/report +done/);
  });

  it('are kept when the command is interrupted; watch tells how the run ends', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const command = sandbox.start(['run', mine.pipeline], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    command.kill('SIGINT');
    const { code, stderr } = await command.finished;
    const run = runIdIn(stderr);
    expect(code).toBe(130);
    expect(stderr).toContain(`segmentry watch ${run}`);
    const watched = await sandbox.run(['watch', run], { env: group.env });
    expect(watched).toMatchObject({ code: 1, stdout: expect.stringContaining('rollback done') as string });
    expect(await serving(mine)).toBe('1');
  });

  it('are kept when the command with the local Temporal is interrupted, which ends with it; watch finishes the run', async () => {
    const mine = await sandbox.project({ select: FEWER_FLIGHTS });
    const command = sandbox.start(['run', 'pipeline.yaml'], { cwd: mine.folder });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    command.kill('SIGINT');
    const { code, stderr } = await command.finished;
    const run = runIdIn(stderr);
    expect(code).toBe(130);
    expect(stderr).toContain(`segmentry watch ${run}`);
    await untilNothingRuns(mine.folder);
    const watched = await sandbox.run(['watch', run, '--json', 'result.json'], { cwd: mine.folder });
    expect(watched.code).toBe(1);
    expect(JSON.parse(await readFile(join(mine.folder, 'result.json'), 'utf8'))).toMatchObject({
      run,
      verdict: 'FAIL',
    });
    expect(await rollbacks(mine)).toHaveLength(1);
    await untilNothingRuns(mine.folder);
  });

  it('at once in one folder and in another share what is there and do not get in each other’s way', async () => {
    const [here, there] = [
      await sandbox.project({ select: FEWER_FLIGHTS }),
      await sandbox.project({ select: FEWER_FLIGHTS }),
    ];
    const [first, second, elsewhere] = await Promise.all(
      [here, here, there].map(({ folder }) => sandbox.run(['run', 'pipeline.yaml', '--json', '-'], { cwd: folder })),
    );
    const said = [first!, second!, elsewhere!].map(({ stderr }) => stderr).join('\n---\n');
    expect([first!.code, second!.code, elsewhere!.code], said).toEqual([1, 1, 1]);
    expect(resultOf(first!).run).toBe(resultOf(second!).run);
    expect(await rollbacks(here)).toHaveLength(1);
    expect(await rollbacks(there)).toHaveLength(1);
  });
});
