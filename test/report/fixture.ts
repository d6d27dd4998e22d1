/**
 * A result as a run of the demo could have written it, and results that try to break a renderer. Numbers are made up by a
 * seeded generator around the story that the demo tells: better overall, much worse in low visibility.
 */
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
import { MANIFEST_FORMAT } from '../../domain/manifest.js';
import type { Manifest } from '../../domain/manifest.js';
import type { Bound, MetricName, Severity } from '../../domain/pipeline.js';

const ROWS = 130_016;

/** mulberry32: the same numbers on every machine. */
function generator(seed: number): () => number {
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

interface Shape {
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

const CARRIERS = ['9E', 'AA', 'AS', 'B6', 'DL', 'EV', 'F9', 'FL', 'HA', 'MQ', 'OO', 'UA', 'US', 'VX', 'WN', 'YV'];
const CARRIER_SHARES = [
  0.053, 0.099, 0.002, 0.165, 0.147, 0.154, 0.002, 0.01, 0.001, 0.076, 0.0001, 0.178, 0.061, 0.016, 0.036, 0.001,
];
const ORIGINS: readonly (readonly [string, number])[] = [
  ['EWR', 0.357],
  ['JFK', 0.333],
  ['LGA', 0.31],
];
const WEATHER: readonly (readonly [string, number, number])[] = [
  ['1 (typical)', 61_210, 0.021],
  ['2 (high temp)', 38_907, 0.024],
  ['3 (high wind_speed)', 19_655, 0.009],
  ['4 (low visib, high precip)', 7_833, -0.046],
  ['5 (high precip)', 2_411, -0.012],
];

/** Names that break out of markup, reorder text, colour terminals, or fill the screen. */
export const HOSTILE_NAMES: readonly string[] = [
  '</script><img src=x onerror=alert(1)>',
  '"><svg onload=alert(2)>',
  '<!--<script>',
  '\u202Eevil\u202C rtl override',
  'مطار القاهرة الدولي',
  '\u001b[31mred\u001b[0m\u0007',
  'tab\tand\nnewline',
  '👩‍✈️ flight 🛫',
  'a|b`c*d_e[f](http://example.invalid)',
  '=HYPERLINK("http://example.invalid")',
  'null \u0000 and lone \ud800 surrogate and \ufffe',
  ']]>&amp;',
  'very long '.repeat(40).trim(),
  '長い名前の空港ターミナル第三',
  '__proto__',
  '',
];

export const MANIFEST: Manifest = {
  format: MANIFEST_FORMAT,
  pipeline: { name: 'flight-delays', digest: '9f2b6a'.padEnd(64, '3c') },
  task: 'binary',
  data: {
    source: 'flights.parquet',
    sourceDigest: '1d04'.padEnd(64, 'a7'),
    snapshot: '77aa'.padEnd(64, '0e'),
    rows: ROWS,
    columns: [
      'month',
      'day',
      'hour',
      'minute',
      'weekday',
      'distance',
      'temp',
      'visib',
      'carrier',
      'origin',
      'late',
    ].map((name) => ({
      name,
      type: name === 'carrier' || name === 'origin' ? 'VARCHAR' : 'DOUBLE',
    })),
    window: null,
  },
  models: {
    candidate: {
      kind: 'registry',
      name: 'late-flight',
      version: '2',
      ref: '@serving',
      sha256: 'c0ff'.padEnd(64, '1b'),
    },
    baseline: {
      kind: 'registry',
      name: 'late-flight',
      version: '1',
      ref: '@previous',
      sha256: 'ba5e'.padEnd(64, '9d'),
    },
  },
  serving: '2',
  act: true,
  seed: 20130101,
  versions: { segmentry: '0.1.0', duckdb: '1.5.5', onnxruntime: '1.30.0' },
};

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

const VALIDATION: readonly RuleResult[] = [
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

function shapes(): readonly Shape[] {
  const random = generator(7);
  const noise = (rows: number): number => (random() + random() + random() - 1.5) * (1.1 / Math.sqrt(rows));
  const all: Shape[] = [{ segmentation: 'overall', segment: 'overall', rule: 'true', rows: ROWS, change: 0.0161 }];
  for (const [origin, share] of ORIGINS) {
    all.push({
      segmentation: 'origin',
      segment: origin,
      rule: `origin = '${origin}'`,
      rows: Math.round(ROWS * share),
      change: 0.016 + (random() - 0.5) * 0.01,
    });
  }
  all.push({ segmentation: 'origin', segment: '(missing)', rule: 'origin IS NULL', rows: 41, change: -0.03 });
  CARRIERS.forEach((carrier, index) => {
    const rows = Math.max(9, Math.round(ROWS * CARRIER_SHARES[index]!));
    const change = carrier === 'OO' ? null : 0.015 + noise(rows);
    all.push({ segmentation: 'carrier', segment: carrier, rule: `carrier = '${carrier}'`, rows, change });
  });
  CARRIERS.forEach((carrier, index) => {
    for (const [origin, share] of ORIGINS) {
      const rows = Math.max(5, Math.round(ROWS * CARRIER_SHARES[index]! * share));
      const change = rows < 15 ? null : 0.014 + noise(rows);
      const rule = `carrier = '${carrier}' AND origin = '${origin}'`;
      all.push({ segmentation: 'carrier, origin', segment: `${carrier} × ${origin}`, rule, rows, change });
    }
  });
  all.push({
    segmentation: 'low visibility',
    segment: 'low visibility',
    rule: 'visib < 3',
    rows: 4_321,
    change: -0.1018,
  });
  for (const [segment, rows, change] of WEATHER) {
    all.push({
      segmentation: 'weather',
      segment,
      rule: `nearest centre: temp 55.2, wind_speed 10.1, visib 8.9`,
      rows,
      change,
    });
  }
  return all;
}

function resultOf(all: readonly Shape[], manifest: Manifest): Result {
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

/** The demo's story. */
export const FLIGHTS: Result = resultOf(shapes(), MANIFEST);

/** The same with a segment for every hostile name, each failing. */
export const HOSTILE: Result = resultOf(
  [
    ...shapes(),
    ...HOSTILE_NAMES.map((segment): Shape => ({
      segmentation: '<b>hostile</b> & co',
      segment,
      rule: `x = '${segment}'`,
      rows: 900,
      change: -0.2,
    })),
  ],
  MANIFEST,
);

/** No baseline: only the absolute check is possible, nothing has a difference. */
export const ABSOLUTE: Result = {
  ...FLIGHTS,
  verdict: 'PASS',
  reasons: ['every check that blocks is kept on all segments'],
  manifest: { ...MANIFEST, models: { ...MANIFEST.models, baseline: null }, serving: null },
  segments: FLIGHTS.segments.map((segment) => ({
    ...segment,
    metrics: Object.fromEntries(
      Object.entries(segment.metrics).map(([metric, { candidate }]) => [metric, { candidate }]),
    ),
  })),
  checks: FLIGHTS.checks
    .filter(({ versus }) => versus === null)
    .map((check) => ({ ...check, outcome: check.observed === null ? 'undefined' : 'pass' })),
  actions: [],
};

/** The data were invalid: nothing was measured, and nothing may be said about the model. */
export const INVALID: Result = {
  ...FLIGHTS,
  verdict: 'ERROR',
  reasons: ['invalid data: 17 rows break the rule "one row per flight"'],
  validation: [
    {
      rule: 'one row per flight',
      outcome: 'fail',
      badRows: 17,
      message: '17 rows share their flight_id with another',
      artifact: '6b'.repeat(32),
    },
    ...VALIDATION,
  ],
  segments: [],
  checks: [],
  actions: [],
  timings: { pin: 0.4, validate: 0.8 },
};

/** `count` segments of one segmentation. */
export function manySegments(count: number): Result {
  const random = generator(3);
  const [overall] = shapes();
  const many = Array.from({ length: count }, (_, index): Shape => {
    const rows = Math.round(20 + random() ** 4 * 5_000);
    return {
      segmentation: 'route',
      segment: `route ${index}`,
      rule: `route = ${index}`,
      rows,
      change: 0.01 + (random() - 0.6) * 0.1,
    };
  });
  return resultOf([overall!, ...many], MANIFEST);
}
