import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { ResolvedVersions, RunOutcome } from '../../activities/contract.js';
import type { Activities } from '../../activities/index.js';
import { ARTIFACT_LOST } from '../../domain/artifact.js';
import type { ActionResult } from '../../domain/result.js';
import { progressQuery } from '../../workflows/progress.js';
import { until } from '../e2e/sandbox.js';
import { stubService } from './stub-service.js';
import { EVALUATION, REF, ROLLBACK, RUN, type Start, withStages } from './stub-stages.js';

const service = stubService();

/** As the pipeline file allows. */
const MAX_SEGMENTATIONS = 200;
const LONGEST_NAME = 200;

function gate(): { readonly reached: () => boolean; readonly pass: () => Promise<void>; open(): void } {
  let reached = false;
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    reached: () => reached,
    pass: () => {
      reached = true;
      return opened;
    },
    open: () => open(),
  };
}

describe('a run', { timeout: 60_000 }, () => {
  it('says how many rules of the data are kept, and counts those that are broken but only warn apart', async () => {
    const validate: Activities['validate'] = () =>
      Promise.resolve({ valid: true, rules: 5, warned: 2, reasons: [], findings: REF });
    await withStages(service(), { validate }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      await handle.result();
      const { stages } = await handle.query(progressQuery);
      expect(stages.find(({ stage }) => stage === 'validate')?.note).toBe('3 rules kept, 2 broken (only a warning)');
    });
  });

  it('comes to its verdict with as many segmentations as a pipeline may have, each with as long a name', async () => {
    // A letter of three bytes: as long as names get on their way.
    const name = (index: number): string => `${index} `.padEnd(LONGEST_NAME, '\u5e97');
    const segmentations = ['overall', ...Array.from({ length: MAX_SEGMENTATIONS }, (_, index) => name(index))];
    const change: Partial<Activities> = {
      pin: () => Promise.resolve({ ...RUN, segmentations }),
      segment: () => Promise.resolve({ tables: REF, codes: REF, segments: 201 }),
      planInference: () =>
        Promise.resolve({
          known: { candidate: null, baseline: null },
          layout: null,
          tasks: segmentations.map((_name, index) => ({ index, name: `task ${index}`, from: index, to: index + 1 })),
        }),
    };
    const called = await withStages(service(), change, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      expect(await handle.result()).toMatchObject({ verdict: 'FAIL' });
    });
    expect(called.filter((stage) => stage === 'measure')).toHaveLength(segmentations.length);
  });

  describe('whose data are not valid', () => {
    const invalid: Activities['validate'] = () =>
      Promise.resolve({ valid: false, rules: 1, reasons: ['3 rows have no temp'], findings: REF });

    it('does not wait for its segments, and infers nothing', async () => {
      const segmenting = gate();
      const segment: Activities['segment'] = async () => {
        await segmenting.pass();
        return { tables: REF, codes: REF, segments: 1 };
      };
      const validate: Activities['validate'] = async (run) => {
        await until('it segments', segmenting.reached);
        return invalid(run);
      };
      const called = await withStages(service(), { validate, segment }, async (start) => {
        const handle = await start('evaluateModel', EVALUATION);
        await handle.result();
        const { stages } = await handle.query(progressQuery);
        expect(stages.find(({ stage }) => stage === 'segment')).toMatchObject({
          state: 'skipped',
          note: 'the data are not valid',
        });
        expect(stages.find(({ stage }) => stage === 'report')).toMatchObject({ state: 'done' });
        segmenting.open();
      });
      expect(called.filter((name) => name !== 'segment')).toEqual(['pin', 'validate', 'report']);
    });

    it('says what is wrong with them, and not what segments made of it', async () => {
      const segmented = gate();
      const segment: Activities['segment'] = () => {
        void segmented.pass();
        return Promise.reject(ApplicationFailure.nonRetryable('4 clusters want 4 rows', 'DataError'));
      };
      const validate: Activities['validate'] = async (run) => {
        await until('segments failed', segmented.reached);
        return invalid(run);
      };
      const called = await withStages(service(), { validate, segment }, async (start) => {
        await (await start('evaluateModel', EVALUATION)).result();
      });
      expect(called.at(-1)).toBe('report');
    });
  });

  it('whose data are valid and whose segments fail says why they do', async () => {
    const segment: Activities['segment'] = () =>
      Promise.reject(ApplicationFailure.nonRetryable('4 clusters want 4 rows', 'DataError'));
    const called = await withStages(service(), { segment }, async (start) => {
      const error: unknown = await (
        await start('evaluateModel', EVALUATION)
      )
        .result()
        .catch((thrown: unknown) => thrown);
      expect(messages(error)).toContain('4 clusters want 4 rows');
    });
    expect(called).not.toContain('report');
  });

  it('that is cancelled while it acts finishes what it began, once, and reports it', async () => {
    const acting = gate();
    const act = async (): Promise<ActionResult> => {
      await acting.pass();
      return ROLLBACK;
    };
    const called = await withStages(service(), { act }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      await until('it acts', acting.reached);
      await handle.cancel();
      acting.open();
      expect(await handle.result()).toMatchObject({ verdict: 'FAIL', actions: [ROLLBACK] });
    });
    expect(called.filter((name) => name === 'act')).toHaveLength(1);
    expect(called.at(-1)).toBe('report');
  });

  it('that is cancelled before it acts changes nothing, and does not wait for the work under way', async () => {
    const inferring = gate();
    const infer: Activities['infer'] = async (_run, _plan, task) => {
      await inferring.pass();
      return { task: task.index, rows: 1, candidate: REF, baseline: null };
    };
    const called = await withStages(service(), { infer }, async (start) => {
      const handle = await start('evaluateModel', EVALUATION);
      await until('it infers', inferring.reached);
      await handle.cancel();
      const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
      expect((error as Error).cause).toSatisfy(
        (cause) =>
          cause instanceof CancelledFailure ||
          (cause instanceof ActivityFailure && cause.cause instanceof CancelledFailure),
      );
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      inferring.open();
      const { stages } = await handle.query(progressQuery);
      expect(stages.find(({ stage }) => stage === 'infer')).toMatchObject({ state: 'cancelled' });
    });
    expect(called).not.toContain('recordVerdict');
    expect(called).not.toContain('act');
  });

  it('goes on when the request that began it is cancelled', async () => {
    const acting = gate();
    const id = `run-${randomUUID()}`;
    const change: Partial<Activities> = {
      resolve: () => Promise.resolve({ ...EVALUATION, run: id }),
      act: async () => {
        await acting.pass();
        return ROLLBACK;
      },
    };
    await withStages(service(), change, async (start) => {
      const request = await start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      await until('it acts', acting.reached);
      await request.cancel();
      await request.result().catch(() => undefined);
      acting.open();
      expect(await service().client.workflow.getHandle(id).result()).toMatchObject({ actions: [ROLLBACK] });
    });
  });

  it('that failed may be tried again, and one that came to a verdict is joined', async () => {
    let broken = true;
    const id = `run-${randomUUID()}`;
    const change: Partial<Activities> = {
      resolve: () => Promise.resolve({ ...EVALUATION, run: id }),
      segment: () =>
        broken
          ? Promise.reject(ApplicationFailure.nonRetryable('no', 'DataError'))
          : Promise.resolve({ tables: REF, codes: REF, segments: 1 }),
      awaitRun: (run) => service().client.workflow.getHandle(run).result() as ReturnType<Activities['awaitRun']>,
    };
    const called = await withStages(service(), change, async (start) => {
      const request = (): Promise<WorkflowHandle> => start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      await expect((await request()).result()).rejects.toThrow();
      broken = false;
      expect(await (await request()).result()).toMatchObject({ verdict: 'FAIL', joined: false });
      expect(await (await request()).result()).toMatchObject({ verdict: 'FAIL', joined: true });
    });
    expect(called.filter((name) => name === 'report')).toHaveLength(1);
  });

  it('does its effects on a model one after the other with those of other runs', async () => {
    const under: string[] = [];
    const log: string[] = [];
    const act: Activities['act'] = async ({ run }) => {
      log.push(`${run.run} begins`);
      under.push(run.run);
      expect(under).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      under.pop();
      log.push(`${run.run} ends`);
      return { ...ROLLBACK, key: run.run };
    };
    const pin: Activities['pin'] = ({ run }) => Promise.resolve({ ...RUN, run });
    const runs = Array.from({ length: 20 }, (_, index) => `run-${index}`);
    await withStages(service(), { act, pin }, async (start) => {
      const handles = await Promise.all(runs.map((run) => start('evaluateModel', { ...EVALUATION, run })));
      await Promise.all(handles.map((handle) => handle.result()));
    });
    expect(log).toHaveLength(40);
    for (let index = 0; index < log.length; index += 2)
      expect(log[index + 1]).toBe(log[index]?.replace('begins', 'ends'));
    expect(new Set(log.filter((line) => line.endsWith('begins'))).size).toBe(20);
  });

  it('asks for an effect again after its worker died, and the effect is done once', async () => {
    let asked = 0;
    const acting = gate();
    let effects!: Activities['requestEffect'];
    const requestEffect: Activities['requestEffect'] = async (request) => {
      // The first asking is forgotten half-way, as by a worker that was killed.
      if (asked++ === 0) {
        void effects(request).catch(() => undefined);
        await until('the effect is under way', acting.reached);
        throw ApplicationFailure.retryable('the worker is gone');
      }
      acting.open();
      return effects(request);
    };
    let acted = 0;
    const act: Activities['act'] = async () => {
      acted++;
      await acting.pass();
      return ROLLBACK;
    };
    const stage = async (start: Start): Promise<void> => {
      const handle = await start('evaluateModel', EVALUATION);
      expect(await handle.result()).toMatchObject({ actions: [ROLLBACK] });
    };
    await withStages(service(), { act }, stage, (usual) => {
      effects = usual;
      return requestEffect;
    });
    expect(asked).toBe(2);
    expect(acted).toBe(1);
  });

  it('is made again when an artifact of it was lost', async () => {
    let lost = 2;
    const id = `run-${randomUUID()}`;
    const versions = { candidate: '2', baseline: null };
    const asked: (ResolvedVersions | undefined)[] = [];
    const change: Partial<Activities> = {
      resolve: (_request, known) => {
        asked.push(known);
        return Promise.resolve({ ...EVALUATION, run: id, versions });
      },
      measure: () =>
        lost-- > 0
          ? Promise.reject(ApplicationFailure.nonRetryable('The artifact abc is damaged', ARTIFACT_LOST))
          : Promise.resolve({ segments: REF, count: 1 }),
    };
    const called = await withStages(service(), change, async (start) => {
      const request = await start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      expect(await request.result()).toMatchObject({ verdict: 'FAIL', joined: false });
    });
    // By then the aliases that it names may have moved, by the run's own doing.
    expect(asked).toEqual([undefined, versions, versions]);
    expect(called.filter((name) => name === 'act')).toHaveLength(1);
  });

  describe('that came to a verdict and has been cleared out of the store since', () => {
    /** A store that loses what the run left when it is cleared, and has it again when the run was reported again. */
    function clearable(): { readonly change: Partial<Activities>; readonly id: string; readonly clear: () => void } {
      const id = `run-${randomUUID()}`;
      let cleared = false;
      const report: Activities['report'] = ({ actions }) => {
        cleared = false;
        return Promise.resolve({
          run: id,
          pinned: { ...RUN, run: id },
          verdict: 'FAIL',
          digest: 'd',
          reasons: [],
          actions,
          resultFile: 'result.json',
          reportFile: 'report.html',
        });
      };
      return {
        id,
        clear: () => (cleared = true),
        change: {
          resolve: () => Promise.resolve({ ...EVALUATION, run: id }),
          report,
          awaitRun: async (run) => {
            const outcome = (await service().client.workflow.getHandle(run).result()) as RunOutcome;
            return cleared ? { ...outcome, lost: ['result.json'] } : outcome;
          },
        },
      };
    }

    it('is made again by who asks for it then', async () => {
      const { change, clear } = clearable();
      const called = await withStages(service(), change, async (start) => {
        const ask = async (): Promise<unknown> =>
          (await start('requestEvaluation', { pipeline: 'pipeline.yaml' })).result();
        expect(await ask()).toMatchObject({ joined: false });
        clear();
        expect(await ask()).toMatchObject({ joined: false, verdict: 'FAIL', actions: [ROLLBACK] });
        // And is joined from then on.
        expect(await ask()).toMatchObject({ joined: true, verdict: 'FAIL', actions: [ROLLBACK] });
      });
      expect(called.filter((name) => name === 'report')).toHaveLength(2);
    });

    it('is made again where acting on the verdict finds the loss', async () => {
      const { change } = clearable();
      let lost = false;
      const recordVerdict: Activities['recordVerdict'] = () => {
        if (!lost) return Promise.resolve();
        lost = false;
        return Promise.reject(ApplicationFailure.nonRetryable('The artifact abc is not there', ARTIFACT_LOST));
      };
      const called = await withStages(service(), { ...change, recordVerdict }, async (start) => {
        const ask = async (): Promise<unknown> =>
          (await start('requestEvaluation', { pipeline: 'pipeline.yaml' })).result();
        await ask();
        lost = true;
        expect(await ask()).toMatchObject({ joined: false, verdict: 'FAIL', actions: [ROLLBACK] });
      });
      expect(called.filter((name) => name === 'report')).toHaveLength(2);
    });

    it('is made again at most once for each of those who ask for it at the same time', async () => {
      const { change, clear, id } = clearable();
      const called = await withStages(service(), change, async (start) => {
        const ask = async (): Promise<unknown> =>
          (await start('requestEvaluation', { pipeline: 'pipeline.yaml' })).result();
        await ask();
        clear();
        for (const outcome of await Promise.all([ask(), ask(), ask(), ask()]))
          expect(outcome).toMatchObject({ run: id, verdict: 'FAIL', actions: [ROLLBACK] });
      });
      const reports = called.filter((name) => name === 'report').length;
      expect(reports).toBeGreaterThan(1);
      expect(reports).toBeLessThanOrEqual(5);
    });
  });

  it('says why, when a store loses the same artifact again and again', async () => {
    const change: Partial<Activities> = {
      resolve: () => Promise.resolve({ ...EVALUATION, run: `run-${randomUUID()}` }),
      pin: () => Promise.reject(ApplicationFailure.nonRetryable('The artifact abc is damaged', ARTIFACT_LOST)),
    };
    const called = await withStages(service(), change, async (start) => {
      const request = await start('requestEvaluation', { pipeline: 'pipeline.yaml' });
      const error: unknown = await request.result().catch((thrown: unknown) => thrown);
      expect(messages(error)).toContain('The artifact abc is damaged');
    });
    expect(called.filter((name) => name === 'pin')).toHaveLength(4);
  });
});

function messages(error: unknown): string {
  return error instanceof Error ? `${error.message}; ${messages(error.cause)}` : '';
}
