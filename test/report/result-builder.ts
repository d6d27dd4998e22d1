/** Builds results with made-up numbers, from a seeded generator, and decides their checks by a simple rule. */
import type {
  ActionResult,
  CheckResult,
  Estimate,
  MetricEstimates,
  Result,
  RuleResult,
  SegmentResult,
} from '../../domain/result.js';
import { RESULT_FORMAT } from '../../domain/result.js';
import type { Manifest } from '../../domain/manifest.js';
import type { Bound, MetricName, Severity } from '../../domain/pipeline.js';

export const ROWS = 130_016;

/** mulberry32: the same numbers on every machine. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function estimateOf(value: number, half: number, n: number, method: string): Estimate {
  return { value, low: value - half, high: value + half, n, method, basis: { kind: 'normal', se: half / 1.96 } };
}

export interface Shape {
  readonly segmentation: string;
  readonly segment: string;
  readonly rule: string;
  readonly rows: number;
  /** Change of the AUC; null: only one class, nothing can be computed. */
  readonly change: number | null;
}

function metricsOf({ rows, change }: Shape, random: () => number): SegmentResult['metrics'] {
  if (change === null) {
    const none: Estimate = { undefined: 'no positive labels' };
    return {
      auc: { candidate: none, baseline: none, difference: none },
      log_loss: plainMetric(0.31, -0.002, 0.08, rows),
    };
  }
  const auc = 0.769 + (random() - 0.5) * 0.04;
  return {
    auc: plainMetric(auc, change, 1.1 / Math.sqrt(rows), rows, 'delong'),
    log_loss: plainMetric(0.462 + (random() - 0.5) * 0.05, -change * 0.9, 0.9 / Math.sqrt(rows), rows, 't'),
    fpr: plainMetric(
      0.079,
      -change * 0.3 + (random() - 0.5) * 0.004,
      0.5 / Math.sqrt(rows),
      Math.round(rows * 0.77),
      'wilson',
    ),
  };
}

function plainMetric(baseline: number, change: number, half: number, n: number, method = 't'): MetricEstimates {
  return {
    candidate: estimateOf(baseline + change, half, n, method),
    baseline: estimateOf(baseline, half, n, method),
    difference: estimateOf(change, half * 0.8, n, 'paired'),
  };
}

interface Rule {
  readonly metric: MetricName;
  readonly bound: Bound;
  readonly versus: 'baseline' | null;
  readonly severity: Severity;
  readonly segmentation?: string;
}

const RULES: readonly Rule[] = [
  { metric: 'auc', bound: { kind: 'min', value: 0.65 }, versus: null, severity: 'block' },
  { metric: 'auc', bound: { kind: 'maxDrop', value: 0.02 }, versus: 'baseline', severity: 'block' },
  {
    metric: 'fpr',
    bound: { kind: 'maxRelativeIncrease', value: 0.1 },
    versus: 'baseline',
    severity: 'warn',
    segmentation: 'origin',
  },
];

function checkOf(rule: Rule, segment: SegmentResult): CheckResult {
  const { metric, bound, versus, severity } = rule;
  const name = `${metric} ${bound.kind} ${bound.value}`;
  const shared = {
    check: name,
    metric,
    versus,
    bound,
    severity,
    segmentation: segment.segmentation,
    segment: segment.segment,
  };
  const estimates = segment.metrics[metric];
  const estimate = versus === null ? estimates?.candidate : estimates?.difference;
  if (estimate === undefined || 'undefined' in estimate) {
    const reason = estimate?.undefined ?? 'not measured';
    return {
      ...shared,
      outcome: 'undefined',
      observed: null,
      margin: null,
      p: null,
      pAdjusted: null,
      detectable: null,
      reason,
    };
  }
  const base = estimates?.baseline;
  const by = bound.kind === 'maxRelativeIncrease' && base !== undefined && !('undefined' in base) ? 1 / base.value : 1;
  const observed = { value: estimate.value * by, low: estimate.low * by, high: estimate.high * by };
  const rising = bound.kind === 'maxRelativeIncrease';
  const limit = bound.kind === 'maxDrop' ? -bound.value : bound.value;
  const margin = rising ? limit - observed.value : observed.value - limit;
  const proven = rising ? observed.low > limit : observed.high < limit;
  const kept = rising ? observed.high <= limit : observed.low >= limit;
  const outcome = segment.rows < 200 ? 'inconclusive' : proven ? 'fail' : kept || margin > 0 ? 'pass' : 'inconclusive';
  const reason =
    segment.rows < 200
      ? `${segment.rows} rows, fewer than minRows 200`
      : `${metric} ${outcome === 'fail' ? 'breaks' : 'keeps'} the bound by ${Math.abs(margin).toFixed(3)}`;
  const p = outcome === 'fail' ? 0.00004 : 0.4;
  return {
    ...shared,
    outcome,
    observed,
    margin,
    p,
    pAdjusted: Math.min(1, p * 90),
    detectable: 1.3 / Math.sqrt(segment.rows),
    reason,
  };
}

const ACTIONS: readonly ActionResult[] = [
  {
    action: 'rollback',
    outcome: 'done',
    from: '2',
    to: '1',
    key: 'late-flight/2/rollback',
    reason: '@serving points at version 1 again',
  },
];

export const VALIDATION: readonly RuleResult[] = [
  { rule: 'features exist with the right types', outcome: 'pass', badRows: 0, message: '14 features', artifact: null },
  { rule: 'label is binary', outcome: 'pass', badRows: 0, message: 'late: 0, 1', artifact: null },
  {
    rule: 'temp between -30 and 120',
    outcome: 'warn',
    badRows: 3,
    message: '3 rows outside, first 131.0',
    artifact: '5a'.repeat(32),
  },
];

export function resultOf(all: readonly Shape[], manifest: Manifest): Result {
  const random = generator(11);
  const segments = all.map((shape): SegmentResult => {
    const { segmentation, segment, rule, rows } = shape;
    return { segmentation, segment, rule, rows, share: rows / ROWS, unlabelled: 0, metrics: metricsOf(shape, random) };
  });
  const checks = RULES.flatMap((rule) =>
    segments
      .filter((one) => rule.segmentation === undefined || one.segmentation === rule.segmentation)
      .map((one) => checkOf(rule, one)),
  );
  const failed = checks.filter(({ outcome, severity }) => outcome === 'fail' && severity === 'block');
  return {
    format: RESULT_FORMAT,
    run: 'flight-delays-9f2b6a3c-2',
    pipeline: 'flight-delays',
    verdict: failed.length > 0 ? 'FAIL' : 'PASS',
    reasons: failed
      .sort((a, b) => (a.margin ?? 0) - (b.margin ?? 0))
      .map(({ segmentation, segment, observed }) => {
        const change =
          observed === null
            ? ''
            : `${observed.value.toFixed(3)} [${observed.low.toFixed(3)}, ${observed.high.toFixed(3)}]`;
        return `${segmentation} / ${segment}: auc changed by ${change}, more than the 0.02 that the pipeline allows`;
      }),
    manifest,
    digest: 'd1e5'.padEnd(64, '42'),
    validation: VALIDATION,
    segments,
    checks,
    discovered: [],
    actions: failed.length > 0 ? ACTIONS : [],
    timings: {
      pin: 0.412,
      validate: 0.93,
      segment: 1.71,
      infer: 14.2,
      measure: 3.05,
      decide: 0.004,
      act: 0.21,
      'rows per second': 18_322,
    },
  };
}
