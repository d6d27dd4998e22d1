import { writeFile } from 'node:fs/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PinnedRun } from '../../activities/contract.js';
import { act } from '../../activities/act.js';
import { createAuditLog } from '../../adapters/audit-log/index.js';
import { SegmentryError } from '../../domain/errors.js';
import type { ActionResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { CRASHES, poisonModel } from '../poisoned.js';
import { MODEL, Stages } from './stages.js';

let compute: ComputePool;
beforeAll(() => {
  compute = newComputePool();
});
afterAll(() => compute.close());

/** Version 1 served before version 2. */
async function served(...versions: readonly string[]): Promise<Stages> {
  const stages = await Stages.open(compute);
  for (const version of versions) await stages.serve(version);
  return stages;
}

const rollback = (stages: Stages, run: PinnedRun): Promise<ActionResult> =>
  stages.run('act', { run, action: 'rollback', verdict: 'FAIL' });
const promote = (stages: Stages, run: PinnedRun): Promise<ActionResult> =>
  stages.run('act', { run, action: 'promote', verdict: 'PASS' });

/** How often `serving` was moved by a run. */
async function effects(stages: Stages): Promise<number> {
  const { events } = await stages.registry.describe(MODEL);
  return events.filter((event) => event.kind === 'alias-set' && event.run !== undefined).length;
}

describe('a rollback', () => {
  it('makes the version serve that served before', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    expect(await rollback(stages, run)).toEqual({
      action: 'rollback',
      outcome: 'done',
      from: '2',
      to: '1',
      key: 'iris/2/rollback',
      reason: 'serving was moved from version 2 to 1',
    });
    expect(await stages.serving()).toBe('1');
  });

  it('goes to the version that passed last rather than to the one that served last', async () => {
    const stages = await served('1', '2');
    await stages.addVersion('3', 'single-score');
    await stages.serve('3');
    await stages.run('recordVerdict', await stages.pin({}, { candidate: '1', baseline: '2' }), 'PASS');
    const run = await stages.pin({}, { candidate: '3', baseline: '1' });
    expect(await rollback(stages, run)).toMatchObject({ outcome: 'done', from: '3', to: '1' });
  });

  it('that is done is known to whoever asks for it, without asking the workflow of the model', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    const request = { run, action: 'rollback', verdict: 'FAIL' } as const;
    await expect(stages.run('requestEffect', request)).rejects.toThrow('no workflow applies effects here');
    const done = await rollback(stages, run);
    expect(await stages.run('requestEffect', request)).toEqual(done);
    expect(await effects(stages)).toBe(1);
  });

  it('that was done and not written down is written down by whoever asks for it then, once', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    const request = { run, action: 'rollback', verdict: 'FAIL' } as const;
    const full = new SegmentryError('the disk is full', 'infrastructure');
    const audit = { uri: 'full', record: () => Promise.reject(full) };
    const failing = new MockActivityEnvironment().run(() => act({ ...stages.deps, audit }, request));
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await stages.serving()).toBe('1');
    for (let asked = 0; asked < 2; asked++)
      expect(await stages.run('requestEffect', request)).toMatchObject({ outcome: 'done' });
    // As act would have done.
    await rollback(stages, run);
    const records = await createAuditLog(stages.store.uri).read();
    expect(records.map(({ event }) => event).filter(({ action }) => action === 'rollback')).toMatchObject([
      { subject: 'iris/2', run: run.run, details: { outcome: 'done', from: '2', to: '1' } },
    ]);
  });

  it('does not make another run of its own, when that is resolved again after it', async () => {
    const stages = await served('1', '2');
    const aliases = { model: '{ task: binary, name: iris, candidate: "@serving", baseline: "@previous" }' };
    const evaluation = await stages.resolve(aliases);
    const { versions } = evaluation;
    expect(versions).toEqual({ candidate: '2', baseline: '1' });
    await rollback(stages, await stages.run('pin', evaluation));
    expect(await stages.resolve(aliases, {}, versions)).toEqual(evaluation);
    // Whoever asks now means what the aliases are now.
    expect((await stages.resolve(aliases)).versions).toMatchObject({ candidate: '1' });
  });

  it('is done once, however often it is asked for', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    const first = await rollback(stages, run);
    expect(await rollback(stages, run)).toEqual(first);
    expect(await effects(stages)).toBe(1);
  });

  it('is not done again by another run, even when a person made the version serve once more', async () => {
    const stages = await served('1', '2');
    await rollback(stages, await stages.pin());
    const other = await stages.pin({ after: 'seed: 8' });
    expect(await rollback(stages, other)).toMatchObject({ outcome: 'skipped', from: '2', to: '1' });
    await stages.serve('2');
    expect(await rollback(stages, other)).toMatchObject({ outcome: 'skipped' });
    expect(await stages.serving()).toBe('2');
    expect(await effects(stages)).toBe(1);
  });

  it('that is asked for again says what serves by then', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    await rollback(stages, run);
    await stages.serve('2');
    expect(await rollback(stages, run)).toMatchObject({
      outcome: 'done',
      reason: 'serving was moved from version 2 to 1; version 2 serves now, and that stands',
    });
  });

  it('takes a version back once more where it serves because another rollback chose it', async () => {
    const stages = await served('1', '2');
    const seeded = (seed: number, request = {}) => stages.pin({ after: `seed: ${seed}` }, request);
    const first = await seeded(1);
    const before = await seeded(2);
    await stages.run('recordVerdict', first, 'FAIL');
    await stages.run('recordVerdict', before, 'FAIL');
    expect(await rollback(stages, first)).toMatchObject({ outcome: 'done', to: '1' });
    // A person makes it serve again, it passes, and the version after it is worse.
    await stages.serve('2');
    await stages.run('recordVerdict', await seeded(3), 'PASS');
    await stages.addVersion('3', 'single-score');
    await stages.serve('3');
    const third = await seeded(4, { candidate: '3', baseline: '2' });
    expect(await rollback(stages, third)).toMatchObject({ outcome: 'done', from: '3', to: '2' });

    expect(await rollback(stages, before)).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('knew this verdict') as string,
    });
    const later = await seeded(5);
    await stages.run('recordVerdict', later, 'FAIL');
    const again = await rollback(stages, later);
    expect(again).toMatchObject({
      outcome: 'done',
      from: '2',
      to: '1',
      key: expect.stringMatching(/^iris\/2\/rollback\/\d+$/) as string,
    });
    expect(await rollback(stages, later)).toEqual(again);
    expect(await rollback(stages, first)).toMatchObject({ outcome: 'done', key: 'iris/2/rollback' });
    expect(await stages.serving()).toBe('1');
    expect(await effects(stages)).toBe(3);
  });

  it('is not needed where the candidate does not serve', async () => {
    const stages = await served('2', '1');
    expect(await rollback(stages, await stages.pin())).toMatchObject({
      outcome: 'skipped',
      from: '1',
      reason: 'version 2 does not serve (version 1 serves): there is nothing to take back',
    });
    expect(await effects(stages)).toBe(0);
  });

  it("leaves a person's later change alone", async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    await stages.addVersion('3', 'single-score');
    await stages.serve('3');
    expect(await rollback(stages, run)).toMatchObject({
      outcome: 'conflict',
      from: '3',
      reason: 'version 2 served when the run began, now version 3 serves: somebody changed it, and that stands',
    });
    expect(await stages.serving()).toBe('3');
  });

  it('fails where there is no version to go back to', async () => {
    const stages = await served('2');
    expect(await rollback(stages, await stages.pin())).toMatchObject({
      outcome: 'failed',
      from: '2',
      to: null,
      reason: expect.stringContaining('there is none to go back to') as string,
    });
    expect(await stages.serving()).toBe('2');
  });

  it('fails where the version to go back to is damaged', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    await writeFile(stages.path('registry/iris/1/model.onnx'), 'damaged');
    expect(await rollback(stages, run)).toMatchObject({
      outcome: 'failed',
      from: '2',
      to: '1',
      reason: expect.stringMatching(
        /version 2 goes on serving: version 1 cannot take its place: .*not those that were registered/,
      ) as string,
    });
    expect(await stages.serving()).toBe('2');
  });

  it.each([
    ['cannot be loaded', 'corrupt', /ONNX Runtime cannot load its file/],
    ['answers something else', 'multiclass', /gives 3 numbers a row/],
  ])('fails where the version to go back to %s', async (_what, model, reason) => {
    const stages = await Stages.open(compute);
    await stages.addVersion('0', model);
    await stages.serve('0');
    await stages.serve('2');
    expect(await rollback(stages, await stages.pin())).toMatchObject({
      outcome: 'failed',
      to: '0',
      reason: expect.stringMatching(reason) as string,
    });
    expect(await stages.serving()).toBe('2');
  });

  it.runIf(CRASHES)('fails where the version to go back to ends the process that loads it', async () => {
    const stages = await Stages.open(compute);
    const metadata = { task: 'binary' } as const;
    await stages.registry.addVersion(MODEL, poisonModel('at_load'), { version: '0', actor: 'test', metadata });
    await stages.serve('0');
    await stages.serve('2');
    expect(await rollback(stages, await stages.pin())).toMatchObject({
      outcome: 'failed',
      to: '0',
      reason: expect.stringMatching(/the process that loaded .* died \(SIGFPE\), 2 times of 2/) as string,
    });
    expect(await stages.serving()).toBe('2');
  });

  it('has nothing to move where the candidate is a column', async () => {
    const stages = await Stages.open(compute);
    await stages.writeData('SELECT *, 0.5 AS score');
    const run = await stages.pin({ model: '{ task: binary, candidate: { column: score } }' });
    expect(await rollback(stages, run)).toMatchObject({ outcome: 'skipped' });
    await expect(stages.run('recordVerdict', run, 'FAIL')).resolves.toBeUndefined();
  });
});

describe('a promotion', () => {
  it('makes the candidate serve in the place of the baseline, once', async () => {
    const stages = await served('1');
    const run = await stages.pin();
    const first = await promote(stages, run);
    expect(first).toMatchObject({ outcome: 'done', from: '1', to: '2', key: 'iris/2/promote' });
    expect(await promote(stages, run)).toEqual(first);
    expect(await stages.serving()).toBe('2');
    expect(await effects(stages)).toBe(1);
  });

  it('is not needed where the candidate serves already', async () => {
    const stages = await served('1', '2');
    expect(await promote(stages, await stages.pin())).toMatchObject({
      outcome: 'skipped',
      reason: 'version 2 serves already',
    });
  });

  it('does not make serve again what was taken back since, however old the verdict that asks for it', async () => {
    const stages = await served('1', '2');
    const gate = await stages.pin({}, { baseline: '1' });
    await stages.run('recordVerdict', gate, 'PASS');
    expect(await promote(stages, gate)).toMatchObject({ outcome: 'skipped', reason: 'version 2 serves already' });
    await rollback(stages, await stages.pin({ after: 'seed: 8' }));
    expect(await promote(stages, gate)).toMatchObject({
      outcome: 'skipped',
      from: '1',
      reason: expect.stringMatching(/^version 2 was taken back after it had served/) as string,
    });
    expect(await stages.serving()).toBe('1');
  });

  it('is refused where another run failed the version since', async () => {
    const stages = await served('1');
    const [passed, failed] = [await stages.pin(), await stages.pin({ after: 'seed: 8' })];
    await stages.run('recordVerdict', passed, 'PASS');
    await stages.run('recordVerdict', failed, 'FAIL');
    expect(await promote(stages, passed)).toMatchObject({
      outcome: 'skipped',
      reason: `version 2 failed since, in the run ${failed.run}: nothing was promoted`,
    });
    expect(await stages.serving()).toBe('1');
  });

  it("leaves a person's later change alone", async () => {
    const stages = await served('1');
    const run = await stages.pin();
    await stages.addVersion('3', 'single-score');
    await stages.serve('3');
    expect(await promote(stages, run)).toMatchObject({
      outcome: 'conflict',
      from: '3',
      reason: 'serving names version 3, not version 1 any more: somebody changed it, and that stands',
    });
    expect(await stages.serving()).toBe('3');
  });

  it.each([
    ['another version', ['1'], '1', 'version 1 does'],
    ['no version', [], null, 'no version does'],
  ])(
    'blames nobody where %s serves than the baseline, and did when the run began',
    async (_what, versions, from, named) => {
      const stages = await served(...versions);
      await stages.addVersion('3', 'single-score');
      const run = await stages.pin({}, { candidate: '2', baseline: '3' });
      expect(await promote(stages, run)).toEqual({
        action: 'promote',
        outcome: 'skipped',
        from,
        to: null,
        key: 'iris/2/promote',
        reason: `version 3, the baseline, does not serve (${named}), so nothing was promoted`,
      });
      expect(await effects(stages)).toBe(0);
      // A person who makes it serve meanwhile settles it.
      await stages.serve('3');
      expect(await promote(stages, run)).toMatchObject({ outcome: 'done', from: '3', to: '2' });
    },
  );

  it('may be the first version that serves', async () => {
    const stages = await Stages.open(compute);
    const run = await stages.pin({ model: '{ task: binary, name: iris, candidate: "2" }' });
    expect(await promote(stages, run)).toMatchObject({ outcome: 'done', from: null, to: '2' });
  });
});

describe('a verdict', () => {
  it('is recorded once per run', async () => {
    const stages = await served('1', '2');
    const run = await stages.pin();
    await stages.run('recordVerdict', run, 'FAIL');
    await stages.run('recordVerdict', run, 'FAIL');
    const { verdicts } = await stages.registry.describe(MODEL);
    expect(verdicts).toMatchObject([{ version: '2', verdict: 'FAIL', run: run.run }]);
  });
});
