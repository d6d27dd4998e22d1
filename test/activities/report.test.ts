import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../activities/result-text.js';
import type { Result } from '../../domain/result.js';
import { expectedResultBytes } from '../../domain/result-size.js';
import type { SegmentationTable } from '../../domain/slices/segment-table.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { type StagedRun, Stages } from './stages.js';

let compute: ComputePool;
let stages: Stages;
let staged: StagedRun;
beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  staged = await stages.evaluate();
});
afterAll(() => compute.close());

const ACTION = { action: 'rollback', outcome: 'done', from: '2', to: '1', key: 'k', reason: 'r' } as const;

describe('a result', () => {
  it('lists overall first, then the segments of each segmentation by name', async () => {
    const { result, outcome } = await stages.report(staged);
    expect(result.segments.map(({ segmentation, segment }) => [segmentation, segment])).toEqual([
      ['overall', 'overall'],
      ['soil', 'clay'],
      ['soil', 'loam'],
      ['soil', 'sand'],
    ]);
    expect(result.verdict).toBe('PASS');
    expect(outcome).toMatchObject({
      run: staged.pinned.run,
      verdict: 'PASS',
      digest: result.digest,
      pinned: staged.pinned,
    });
    expect(await readFile(outcome.reportFile, 'utf8')).toContain('<html');
  });

  it('has about as many bytes as were expected when its segments were known', async () => {
    const metrics = '[accuracy, precision, recall, auc, log_loss, brier, mcc, f1]';
    const checks =
      '[{ metric: accuracy, versus: rest, maxDrop: 0.01 }, { metric: auc, versus: baseline, maxDrop: 0.01 }]';
    const many = await stages.evaluate({ metrics, checks });
    const { result } = await stages.report(many);
    const segmented = await stages.run('segment', many.pinned);
    const tables = await stages.store.readJson<readonly SegmentationTable[]>(segmented.tables);
    const { pipeline } = await stages.context(many.pinned);
    const bytes = JSON.stringify([result.segments, result.checks, result.reasons]).length;
    expect(expectedResultBytes(pipeline, tables) / bytes).toBeGreaterThan(0.9);
    expect(expectedResultBytes(pipeline, tables) / bytes).toBeLessThan(1.2);
  });

  it('that would be too large is refused when the segments are known, before inference', async () => {
    const keys = await Stages.open(compute);
    await keys.writeData('SELECT * REPLACE (flower_id + 1000 * copy AS flower_id)', ', range(300) copies(copy)');
    const metrics = '[accuracy, precision, recall, auc, log_loss, brier, mcc, f1, ece, ks]';
    const checks = metrics.replaceAll(/\w+/g, '{ metric: $&, versus: baseline, maxRelativeDrop: 0.1, severity: warn }');
    const run = await keys.pin({ metrics, checks, segments: '{ minRows: 1, by: [{ columns: [flower_id] }] }' });
    await expect(keys.run('segment', run)).rejects.toMatchObject({
      type: 'DataError',
      nonRetryable: true,
      message: expect.stringMatching(
        /^45000 segments \("flower_id" 45000\) with 10 metrics and 10 checks come to/,
      ) as string,
    });
  });

  it('has the same digest whatever was done about it, when, and how long it took', async () => {
    const { result } = await stages.report(staged);
    const later = await stages.report(staged, { actions: [ACTION], timings: { pin: 5 } });
    expect(later.result.actions).toEqual([ACTION]);
    expect(later.result.digest).toBe(result.digest);
    expect(digestOf({ ...result, run: 'another' })).toBe(result.digest);
  });

  it('has another digest when a number changes, by however little', async () => {
    const { result } = await stages.report(staged);
    const json = JSON.stringify(result);
    const { value } = result.segments[1]!.metrics.auc!.candidate as { value: number };
    const nudged = JSON.parse(json.replace(`"value":${value}`, `"value":${value + 2 ** -52}`)) as Result;
    expect(nudged).not.toEqual(result);
    expect(digestOf(nudged)).not.toBe(result.digest);
    expect(digestOf({ ...result, verdict: 'FAIL' })).not.toBe(result.digest);
    expect(digestOf(result)).toBe(result.digest);
  });

  it('is the same, to the last bit, when everything is computed anew', async () => {
    const again = await Stages.open(compute, 2);
    const { result } = await again.report(await again.evaluate());
    const first = await stages.report(staged);
    expect(result.segments).toEqual(first.result.segments);
    expect(result.checks).toEqual(first.result.checks);
    expect(result.digest).toBe(first.result.digest);
  });

  it('is an ERROR, with the reasons, where the data are not valid', async () => {
    const validate = '[{ column: leaves, between: [0, 3] }, { column: soil, oneOf: [clay], severity: warn }]';
    const run = await stages.pin({ validate });
    const validated = await stages.run('validate', run);
    expect(validated).toMatchObject({
      valid: false,
      warned: 1,
      reasons: [expect.stringContaining('have a leaves outside 0 to 3')],
    });
    const { outcome, result } = await stages.report(
      { ...staged, pinned: run, validated, measures: [] },
      { decided: null },
    );
    expect(result).toMatchObject({ verdict: 'ERROR', segments: [], checks: [], reasons: validated.reasons });
    expect(outcome).toMatchObject({ verdict: 'ERROR', pinned: null });
    expect(result.validation.filter(({ outcome: found }) => found === 'warn')).toHaveLength(1);
  });
});
