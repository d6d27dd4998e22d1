import type { Bound, Check, MetricName, Pipeline } from '../../domain/pipeline.js';
import type { Estimate, IntervalBasis, MetricEstimates, SegmentResult } from '../../domain/result.js';
import { intervalAt } from '../../domain/statistics/interval.js';

export const CONFIDENCE = 0.95;

export function check(bound: Bound, more: Partial<Check> = {}): Check {
  return {
    name: `auc ${bound.kind} ${bound.value}`,
    metric: 'auc',
    versus: bound.kind === 'min' || bound.kind === 'max' ? null : 'baseline',
    reference: null,
    bound,
    perSegment: {},
    required: [],
    minEffect: 0,
    segments: null,
    severity: 'block',
    evidence: 'default',
    onInconclusive: { overall: 'inconclusive', segments: 'pass' },
    ...more,
  };
}

export function pipeline(checks: readonly Check[], more: Partial<Pipeline> = {}): Pipeline {
  return {
    name: 'test',
    data: { source: 'x.parquet', id: null, label: 'y', time: null, window: null, where: null, reference: null },
    model: {
      task: 'binary',
      registry: './registry',
      name: 'm',
      candidate: { kind: 'column', column: 'a' },
      baseline: { kind: 'column', column: 'b' },
      threshold: 0.5,
      positive: null,
      features: null,
      missing: 'nan',
    },
    validate: [],
    segments: { minRows: 200, by: [{ kind: 'where', name: 'low visibility', where: 'visib < 3' }] },
    metrics: ['auc'],
    checks,
    confidence: CONFIDENCE,
    evidence: 'default',
    correction: 'holm',
    onInconclusive: { overall: 'inconclusive', segments: 'pass' },
    onFail: [],
    onPass: [],
    seed: 1,
    ...more,
  };
}

export function estimate(value: number, basis: IntervalBasis | number = 0.01, n = 1000): Estimate {
  const used: IntervalBasis = typeof basis === 'number' ? { kind: 'normal', se: basis } : basis;
  const { low, high } = intervalAt({ value, basis: used }, CONFIDENCE);
  return { value, low, high, n, method: used.kind, basis: used };
}

export function segment(
  name: string,
  estimates: MetricEstimates | undefined,
  more: Partial<SegmentResult> & { metric?: MetricName } = {},
): SegmentResult {
  const { metric = 'auc', ...rest } = more;
  return {
    segmentation: name,
    segment: name,
    rule: name,
    rows: 2031,
    share: 1,
    unlabelled: 0,
    metrics: estimates === undefined ? {} : { [metric]: estimates },
    ...rest,
  };
}

/** Candidate and baseline with an independent difference; `se` is that of the difference. */
export function change(candidate: number, baseline: number, se = 0.01): MetricEstimates {
  return {
    candidate: estimate(candidate, se),
    baseline: estimate(baseline, se),
    difference: estimate(candidate - baseline, se),
  };
}
