/**
 * A result as a run of the demo could have written it, and results that try to break a renderer. The story is the demo's:
 * better overall, much worse in low visibility.
 */
import type { Result } from '../../domain/result.js';
import { MANIFEST } from './manifest.js';
import { generator, resultOf, ROWS, VALIDATION } from './result-builder.js';
import type { Shape } from './result-builder.js';

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
