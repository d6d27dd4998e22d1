import { describe, expect, it } from 'vitest';
import type { CheckResult, Result, SegmentResult } from '../../domain/result.js';
import { createTelemetry } from '../../workers/telemetry.js';

const estimate = (value: number) => ({
  value,
  low: value,
  high: value,
  n: 10,
  method: 'exact',
  basis: { kind: 'exact' } as const,
});

const segment = (segmentation: string, name: string, difference: number): SegmentResult => ({
  segmentation,
  segment: name,
  rule: 'true',
  rows: 10,
  share: 1,
  unlabelled: 0,
  metrics: {
    auc: { candidate: estimate(0.5 + difference), baseline: estimate(0.5), difference: estimate(difference) },
    recall: { candidate: { undefined: 'no positive labels' }, baseline: { undefined: 'no positive labels' } },
  },
});

const check = ({ segmentation, segment: name }: SegmentResult, margin: number | null): CheckResult => ({
  check: 'auc maxDrop 0.02',
  metric: 'auc',
  versus: 'baseline',
  bound: { kind: 'maxDrop', value: 0.02 },
  segmentation,
  segment: name,
  outcome: margin === null ? 'undefined' : margin < 0 ? 'fail' : 'pass',
  severity: 'block',
  observed: null,
  margin,
  p: null,
  pAdjusted: null,
  detectable: null,
  reason: '',
});

/** As many segments, each a little better than the one before. */
function resultOf(segments: number, more: Partial<Result> = {}): Result {
  const overall = segment('overall', 'overall', 0.01);
  const rest = Array.from({ length: segments }, (_value, index) =>
    segment('store', `s${index}`, index / segments - 0.5),
  );
  return {
    format: 'segmentry/result/v1',
    run: 'flights.2.abc',
    pipeline: 'flights',
    verdict: 'FAIL',
    reasons: [],
    manifest: {} as Result['manifest'],
    digest: '',
    validation: [],
    segments: [overall, ...rest],
    checks: [check(overall, 0.03), ...rest.map((one, index) => check(one, index / segments - 0.48))],
    discovered: [],
    actions: [],
    timings: { pin: 0.5, 'rows per second': 9_000 },
    ...more,
  };
}

/** Lines of the exposition of one metric. */
async function series(telemetry: ReturnType<typeof createTelemetry>, name: string): Promise<string[]> {
  const text = await telemetry.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

/** The segments that are exported. */
async function exported(telemetry: ReturnType<typeof createTelemetry>): Promise<readonly string[]> {
  const lines = await series(telemetry, 'segmentry_segment_metric');
  return [...new Set(lines.map((line) => /segment="([^"]*)"/.exec(line)![1]!))];
}

describe('telemetry', () => {
  it('exports overall and the worst segments only, however many there are', async () => {
    const telemetry = createTelemetry();
    telemetry.reported(resultOf(10_000));
    const worst = Array.from({ length: 20 }, (_value, index) => `s${index}`);
    expect(await exported(telemetry)).toEqual(['overall', ...worst]);
    // Candidate, baseline and difference of the one metric that is defined.
    expect(await series(telemetry, 'segmentry_segment_metric')).toHaveLength(21 * 3);
  });

  it('forgets the segments of the run before', async () => {
    const telemetry = createTelemetry();
    telemetry.reported(resultOf(10_000));
    telemetry.reported(resultOf(1));
    telemetry.reported(resultOf(3, { pipeline: 'other' }));
    expect(await exported(telemetry)).toEqual(['overall', 's0', 's1', 's2']);
    expect(await series(telemetry, 'segmentry_segment_metric')).toHaveLength((2 + 4) * 3);
  });

  it('leaves out what is undefined', async () => {
    const telemetry = createTelemetry();
    telemetry.reported(resultOf(2));
    expect((await series(telemetry, 'segmentry_segment_metric')).filter((line) => line.includes('recall'))).toEqual([]);
    telemetry.reported(resultOf(2, { checks: resultOf(2).segments.map((one) => check(one, null)) }));
    expect(await exported(telemetry)).toEqual(['overall', 's0', 's1']);
  });

  it('counts verdicts and actions, and shows those that did not happen as 0', async () => {
    const telemetry = createTelemetry();
    telemetry.reported(
      resultOf(1, { actions: [{ action: 'rollback', outcome: 'done', from: '2', to: '1', key: 'k', reason: '' }] }),
    );
    telemetry.reported(resultOf(1, { verdict: 'PASS' }));
    const value = (name: string, label: string) => async (): Promise<string | undefined> =>
      (await series(telemetry, name))
        .find((line) => line.includes(label))
        ?.split(' ')
        .at(-1);
    expect(await value('segmentry_runs_total', 'verdict="FAIL"')()).toBe('1');
    expect(await value('segmentry_runs_total', 'verdict="PASS"')()).toBe('1');
    expect(await value('segmentry_runs_total', 'verdict="ERROR"')()).toBe('0');
    expect(await value('segmentry_actions_total', 'outcome="done"')()).toBe('1');
    expect(await value('segmentry_actions_total', 'outcome="conflict"')()).toBe('0');
    expect(await value('segmentry_stage_duration_seconds', 'stage="pin"')()).toBe('0.5');
    expect(await series(telemetry, 'segmentry_stage_duration_seconds')).toHaveLength(1);
  });

  it('has no success to show for a run that came to no verdict', async () => {
    const telemetry = createTelemetry();
    telemetry.reported(resultOf(0, { verdict: 'ERROR' }));
    expect(await series(telemetry, 'segmentry_last_success_timestamp_seconds')).toEqual([]);
    telemetry.reported(resultOf(0, { verdict: 'INCONCLUSIVE' }));
    expect(await series(telemetry, 'segmentry_last_success_timestamp_seconds')).toHaveLength(1);
  });

  it('counts rows, seconds and batches of inference', async () => {
    const telemetry = createTelemetry();
    telemetry.inferred(20_000, 1.5, [4, 6_000]);
    telemetry.inferred(10_000, 0.5, [4]);
    expect(await series(telemetry, 'segmentry_inferred_rows_total')).toEqual(['segmentry_inferred_rows_total 30000']);
    expect(await series(telemetry, 'segmentry_inference_seconds_total')).toEqual([
      'segmentry_inference_seconds_total 2',
    ]);
    const buckets = await series(telemetry, 'segmentry_inference_batch_duration_seconds_bucket');
    expect(buckets.find((line) => line.includes('le="0.005"'))).toMatch(/ 2$/);
    expect(buckets.find((line) => line.includes('le="+Inf"'))).toMatch(/ 3$/);
  });
});
