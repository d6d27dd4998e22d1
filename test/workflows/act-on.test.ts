import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { RunOutcome, VerdictNotice } from '../../activities/contract.js';
import type { Activities } from '../../activities/index.js';
import { rootCause } from '../../domain/root-cause.js';
import { until } from '../e2e/sandbox.js';
import { stubService } from './stub-service.js';
import { EVALUATION, REF, ROLLBACK, RUN, withStages } from './stub-stages.js';

const service = stubService();

const RECEIVER = 'https://hooks.example.com';

describe('a verdict that is told', { timeout: 90_000 }, () => {
  /** A run of its own name, that fails for a reason and asks for a rollback and a notification. */
  function telling(): { readonly run: string; readonly stages: Partial<Activities> } {
    const run = `run-${randomUUID()}`;
    const pinned = { ...RUN, run, onFail: ['rollback', 'notify'] } as const;
    return {
      run,
      stages: {
        pin: () => Promise.resolve(pinned),
        decide: () =>
          Promise.resolve({
            decision: REF,
            verdict: 'FAIL',
            failed: { block: 1, warn: 0, shadow: 0 },
            reasons: ['auc fell'],
          }),
      },
    };
  }

  it('is told after what was done, with the reasons', async () => {
    const { run, stages } = telling();
    const told: VerdictNotice[] = [];
    const notify: Activities['notify'] = (notice) => {
      told.push(notice);
      return Promise.resolve(RECEIVER);
    };
    await withStages(service(), { ...stages, notify }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      const { actions } = (await handle.result()) as RunOutcome;
      expect(actions).toMatchObject([
        { action: 'rollback', outcome: 'done' },
        { action: 'notify', outcome: 'done', key: `notify-${run}`, reason: `${RECEIVER} was told` },
      ]);
    });
    expect(told).toMatchObject([{ run: { run }, verdict: 'FAIL', reasons: ['auc fell'], actions: [ROLLBACK] }]);
  });

  it('is told once, however many requests act on it', async () => {
    const { stages } = telling();
    const called = await withStages(service(), stages, async (start) => {
      const handles = await Promise.all([1, 2, 3, 4].map(() => start('evaluateModel', EVALUATION)));
      const outcomes = (await Promise.all(handles.map((handle) => handle.result()))) as RunOutcome[];
      const words = outcomes.map(({ actions }) => actions.find(({ action }) => action === 'notify')?.outcome);
      expect(words.sort()).toEqual(['done', 'skipped', 'skipped', 'skipped']);
    });
    expect(called.filter((stage) => stage === 'notify')).toHaveLength(1);
  });

  it('is told again by a later request when the receiver refused it', async () => {
    const { stages } = telling();
    let refusals = 0;
    const notify: Activities['notify'] = () =>
      refusals++ === 0
        ? Promise.reject(ApplicationFailure.nonRetryable('it was refused: HTTP 404', 'DataError'))
        : Promise.resolve(RECEIVER);
    await withStages(service(), { ...stages, notify }, async (start) => {
      const first = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(first.actions.at(-1)).toMatchObject({ outcome: 'failed', reason: 'it was refused: HTTP 404' });
      const second = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(second.actions.at(-1)).toMatchObject({ outcome: 'done' });
    });
  });

  it('does not wait for a receiver that is away, which is told when it is back', async () => {
    const { run, stages } = telling();
    let away = true;
    const notify: Activities['notify'] = () =>
      away
        ? Promise.reject(ApplicationFailure.retryable('HTTP 503', 'InfrastructureError'))
        : Promise.resolve(RECEIVER);
    await withStages(service(), { ...stages, notify }, async (start) => {
      const { verdict, actions } = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(verdict).toBe('FAIL');
      expect(actions).toMatchObject([
        { action: 'rollback', outcome: 'done' },
        { action: 'notify', outcome: 'failed', reason: expect.stringContaining(`notify-${run}`) as string },
      ]);
      const delivery = service().client.workflow.getHandle(`notify-${run}`);
      expect((await delivery.describe()).status.name).toBe('RUNNING');
      away = false;
      await until('the receiver was told', async () => (await delivery.describe()).status.name === 'COMPLETED');
      expect(await delivery.result()).toBe(RECEIVER);
    });
  });

  it('is told with why a rollback could not be done, which the report has too', async () => {
    const { stages } = telling();
    const told: VerdictNotice[] = [];
    const notify: Activities['notify'] = (notice) => {
      told.push(notice);
      return Promise.resolve(RECEIVER);
    };
    const act: Activities['act'] = () =>
      Promise.reject(ApplicationFailure.nonRetryable('event 3 of the registry is not readable', 'DataError'));
    const called = await withStages(service(), { ...stages, act, notify }, async (start) => {
      const { actions } = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(actions).toMatchObject([
        { action: 'rollback', outcome: 'failed', reason: 'event 3 of the registry is not readable' },
        { action: 'notify', outcome: 'done' },
      ]);
    });
    expect(called.at(-1)).toBe('report');
    expect(told).toMatchObject([{ actions: [{ action: 'rollback', outcome: 'failed' }] }]);
  });

  it('is told where it cannot be recorded, and then nothing is moved', async () => {
    const { stages } = telling();
    const recordVerdict: Activities['recordVerdict'] = () =>
      Promise.reject(ApplicationFailure.nonRetryable('event 3 of the registry is not readable', 'DataError'));
    const called = await withStages(service(), { ...stages, recordVerdict }, async (start) => {
      const { actions } = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(actions).toMatchObject([
        { action: 'rollback', outcome: 'failed', reason: 'event 3 of the registry is not readable' },
        { action: 'notify', outcome: 'done' },
      ]);
    });
    expect(called).not.toContain('requestEffect');
    expect(called).not.toContain('act');
  });

  it('and acted on, without a report, says how the report is to be had', async () => {
    const { stages } = telling();
    const report: Activities['report'] = () =>
      Promise.reject(ApplicationFailure.nonRetryable('the disk is full.', 'InfrastructureError'));
    await withStages(service(), { ...stages, report }, async (start) => {
      const versions = { candidate: '2', baseline: '1' };
      const failure: unknown = await (
        await start('evaluateModel', { ...EVALUATION, versions })
      )
        .result()
        .catch((error: unknown) => error);
      const { message } = rootCause(failure as Error);
      expect(message).toContain('rollback from version 2 to 1');
      expect(message).toContain('the disk is full.');
      expect(message).toContain('--candidate 2 --baseline 1');
    });
  });

  it('is not told with --no-act', async () => {
    const { run, stages } = telling();
    const pin: Activities['pin'] = () => Promise.resolve({ ...RUN, run, onFail: ['notify'], act: false });
    const called = await withStages(service(), { ...stages, pin }, async (start) => {
      const { actions } = (await (await start('evaluateModel', EVALUATION)).result()) as RunOutcome;
      expect(actions).toMatchObject([{ action: 'notify', outcome: 'skipped' }]);
    });
    expect(called).not.toContain('notify');
  });
});
