import { describe, expect, test } from 'vitest';
import { decide } from '../../domain/decide.js';
import type { Bound, Check, Evidence, InconclusivePolicy } from '../../domain/pipeline.js';
import type { CheckResult } from '../../domain/result.js';
import { estimate, change, check, pipeline, segment } from './decide-fixtures.js';

const DROP = { kind: 'maxDrop', value: 0.02 } as const;
const fine = () => segment('overall', change(0.785, 0.769));
const only = (at: string, more = {}) => check(DROP, { segments: [at], ...more });

describe('three outcomes', () => {
  test('a proven drop in one segment fails the run, although overall improved', () => {
    const low = segment('low visibility', change(0.713, 0.81, 0.0132));
    const decision = decide(pipeline([check(DROP)]), [fine(), low]);
    expect(decision.verdict).toBe('FAIL');
    expect(decision.checks.map(({ outcome }) => outcome)).toEqual(['pass', 'fail']);
    expect(decision.reasons[0]).toBe(
      'auc fell by 0.097 (0.071 to 0.123) on low visibility (2,031 rows); at most 0.02 is allowed',
    );
    const [, failed] = decision.checks;
    expect(failed!.margin).toBeCloseTo(-0.077, 12);
    expect(failed!.pAdjusted).toBe(2 * failed!.p!);
    expect(failed!.detectable).toBeCloseTo(0.0132 * (2.2414027276 + 0.8416212336), 9);
  });

  test('an interval across the bound is inconclusive', () => {
    const decision = decide(pipeline([only('low visibility')]), [segment('low visibility', change(0.775, 0.8))]);
    expect(decision.checks[0]!.outcome).toBe('inconclusive');
    expect(decision.checks[0]!.reason).toBe(
      'auc fell by 0.025 (0.005 to 0.045) on low visibility (2,031 rows); at most 0.02 is allowed, but this can be chance; about 64,000 rows would tell',
    );
  });

  test('an interval that ends on the bound passes', () => {
    const sure = estimate(-0.02, { kind: 'exact' });
    const estimates = { candidate: estimate(0.5), baseline: estimate(0.52), difference: sure };
    expect(decide(pipeline([only('overall')]), [segment('overall', estimates)]).verdict).toBe('PASS');
  });

  test('a candidate that predicts like its baseline passes', () => {
    const same = { candidate: estimate(0.7), baseline: estimate(0.7), difference: estimate(0, { kind: 'exact' }) };
    for (const kind of ['maxDrop', 'maxIncrease', 'maxRelativeDrop', 'maxRelativeIncrease'] as const) {
      for (const value of [0, 0.02]) {
        const decision = decide(pipeline([check({ kind, value }, { segments: ['overall'] })]), [
          segment('overall', same),
        ]);
        expect(decision.verdict).toBe('PASS');
        expect(decision.checks[0]!.reason).toContain('did not change');
      }
    }
  });

  test('absolute bounds look at the candidate alone', () => {
    const estimates = { candidate: estimate(0.6) };
    const outcome = (kind: 'min' | 'max', value: number) =>
      decide(pipeline([check({ kind, value }, { segments: ['overall'] })]), [segment('overall', estimates)]).checks[0]!;
    expect(outcome('min', 0.65).outcome).toBe('fail');
    expect(outcome('min', 0.65).reason).toBe(
      'auc is 0.600 (0.580 to 0.620) on overall (2,031 rows); at least 0.65 is required',
    );
    expect(outcome('min', 0.5).outcome).toBe('pass');
    expect(outcome('max', 0.65).outcome).toBe('pass');
    expect(outcome('max', 0.5).outcome).toBe('fail');
    expect(outcome('max', 0.5).margin).toBeCloseTo(-0.1, 12);
  });

  test('relative changes divide by the size of the baseline', () => {
    const at = (candidate: number, baseline: number, kind: 'maxRelativeDrop' | 'maxRelativeIncrease') =>
      decide(pipeline([check({ kind, value: 0.1 }, { segments: ['overall'] })]), [
        segment('overall', change(candidate, baseline, 0.001)),
      ]).checks[0]!;
    expect(at(0.4, 0.5, 'maxRelativeDrop').observed!.value).toBeCloseTo(-0.2, 12);
    expect(at(0.4, 0.5, 'maxRelativeDrop').outcome).toBe('fail');
    expect(at(0.4, 0.5, 'maxRelativeDrop').reason).toMatch(
      /^auc fell by 20\.00 % \(.* %\) .*; at most 10 % is allowed$/,
    );
    expect(at(0.4, 0.5, 'maxRelativeIncrease').outcome).toBe('pass');
    // A negative baseline (bias, r2): from -0.5 to -0.6 is a drop of 20 %.
    expect(at(-0.6, -0.5, 'maxRelativeDrop').outcome).toBe('fail');
    expect(at(-0.4, -0.5, 'maxRelativeDrop').outcome).toBe('pass');
  });

  test('a change that is as large as the bound keeps it, whatever binary fractions make of it', () => {
    for (const [candidate, baseline] of [
      [63, 70],
      [27, 30],
      [81, 90],
      [9, 10],
      [54, 60],
    ] as const) {
      const estimates = change(candidate / 100, baseline / 100, 0.001);
      const one = check({ kind: 'maxRelativeDrop', value: 0.1 }, { segments: ['overall'], evidence: 'point' });
      const [{ outcome, margin }] = decide(pipeline([one]), [segment('overall', estimates)]).checks as [CheckResult];
      expect({ outcome, margin }).toEqual({ outcome: 'pass', margin: 0 });
    }
  });

  describe('numbers that are equal on paper, and that binary fractions tell apart', () => {
    const judged = (bound: Bound, candidate: number, baseline: number, more: Partial<Check> = {}) =>
      decide(pipeline([check(bound, { segments: ['overall'], evidence: 'point', ...more })]), [
        segment('overall', change(candidate, baseline)),
      ]).checks[0]!;

    test.each([
      // Recall 0/10 and specificity 3/10 against 1/10 and 2/10.
      ['balanced accuracies', 0, (0 + 0.3) / 2, (0.1 + 0.2) / 2],
      ['precisions, one bound apart', 0.01, 149 / 300, 152 / 300],
      ['means of three', 0, 0.6 / 3, (0.1 + 0.2 + 0.3) / 3],
    ])('keep the bound and did not fall: %s', (_, value, candidate, baseline) => {
      expect(candidate - baseline + value).toBeLessThan(0);
      const found = judged({ kind: 'maxDrop', value }, candidate, baseline);
      expect(found).toMatchObject({ outcome: 'pass', margin: 0 });
      if (value === 0) expect(found.observed?.value).toBe(0);
      expect(found.reason).not.toContain('0.0000');
    });

    test('relative to a small baseline as well', () => {
      const found = judged({ kind: 'maxRelativeDrop', value: 0 }, 0.3 / 1024, (0.1 + 0.2) / 1024);
      expect(found).toMatchObject({ outcome: 'pass', margin: 0, observed: { value: 0 } });
    });

    test('of all hundredths: a drop of 3 is beyond 2 by 1, which is no less than a minEffect of 1', () => {
      for (let hundredths = 3; hundredths <= 100; hundredths++) {
        const at = (minEffect: number) =>
          judged({ kind: 'maxDrop', value: 0.02 }, (hundredths - 3) / 100, hundredths / 100, { minEffect }).outcome;
        expect([at(0.01), at(0.0100001)]).toEqual(['fail', 'pass']);
      }
    });

    test('but a difference of a billionth is one', () => {
      expect(judged({ kind: 'maxDrop', value: 0 }, 0.5 - 1e-9, 0.5).outcome).toBe('fail');
      expect(judged({ kind: 'min', value: 0 }, -1e-300, 0.5).outcome).toBe('fail');
    });
  });

  test('the uncertainty of the baseline widens a relative change', () => {
    const estimates = {
      candidate: estimate(0.03, 0.004),
      baseline: estimate(0.02, 0.004),
      difference: estimate(0.01, 0.004 * Math.SQRT2),
    };
    const rule = check({ kind: 'maxRelativeIncrease', value: 0.1 }, { segments: ['overall'] });
    const { observed } = decide(pipeline([rule]), [segment('overall', estimates)]).checks[0]!;
    // Fieller 1954, of independent models: the ratios r with (c - r b)^2 <= z^2 se^2 (1 + r^2).
    const [c, b, reach] = [0.03, 0.02, 1.959963984540054 * 0.004];
    const root = Math.sqrt((b * c) ** 2 - (b ** 2 - reach ** 2) * (c ** 2 - reach ** 2));
    const [low, high] = [-1, 1].map((sign) => (b * c + sign * root) / (b ** 2 - reach ** 2) - 1);
    expect(observed!.low).toBeCloseTo(low!, 9);
    expect(observed!.high).toBeCloseTo(high!, 9);
  });
});

describe('many segments', () => {
  const names = Array.from({ length: 50 }, (_, i) => `s${i}`);
  const by = names.map((name) => ({ kind: 'where', name, where: 'true' }) as const);
  const many = (drops: (i: number) => number, severity: 'block' | 'warn' = 'block') =>
    decide(
      pipeline([check(DROP, { segments: names, severity })], { segments: { minRows: 200, by } }),
      names.map((name, i) => segment(name, change(0.8 - drops(i), 0.8))),
    );

  test('one segment that is wrong by its own interval only can be chance among 50', () => {
    const decision = many((i) => (i === 7 ? 0.02 + 2.2 * 0.01 : 0.02));
    expect(decision.checks[7]!.p).toBeLessThan(0.025);
    expect(decision.checks[7]!.outcome).toBe('inconclusive');
    expect(decision.checks[7]!.reason).toContain('but this can be chance among 50 comparisons');
  });

  test('a strong one fails; warnings are not corrected and do not block', () => {
    expect(many((i) => (i === 7 ? 0.02 + 3.6 * 0.01 : 0.02)).verdict).toBe('FAIL');
    const warned = many((i) => (i === 7 ? 0.02 + 2.2 * 0.01 : 0.02), 'warn');
    expect(warned.checks[7]!.outcome).toBe('fail');
    expect(warned.checks[7]!.pAdjusted).toBeNull();
    expect(warned.verdict).toBe('INCONCLUSIVE');
    expect(warned.reasons[0]).toBe('no check may block, so nothing can pass');
    expect(warned.reasons[1]).toMatch(/^warning: auc fell by 0\.042/);
  });

  test('worst first, by how far the bound is exceeded', () => {
    const decision = many((i) => (i === 3 ? 0.2 : i === 30 ? 0.4 : i === 9 ? 0.3 : 0));
    expect(decision.reasons.map((reason) => /on (s\d+)/.exec(reason)?.[1])).toEqual(['s30', 's9', 's3']);
  });

  test('segments too small to be judged do not spend the error level', () => {
    const small = names.slice(1).map((name) => segment(name, change(0.8, 0.8), { rows: 10 }));
    const decision = decide(pipeline([check(DROP, { segments: names })], { segments: { minRows: 200, by } }), [
      segment('s0', change(0.8 - 0.042, 0.8)),
      ...small,
    ]);
    expect(decision.checks[0]!.outcome).toBe('fail');
    expect(decision.checks[0]!.pAdjusted).toBe(decision.checks[0]!.p);
    expect(decision.checks[1]!.pAdjusted).toBeNull();
  });
});

describe('what cannot be judged', () => {
  const ok = [fine(), segment('low visibility', change(0.81, 0.81))];

  test.each([
    [
      'too few rows',
      { rows: 199 },
      'auc could not be judged on low visibility (199 rows): 199 rows are fewer than the 200 of minRows',
    ],
    [
      'too few labels',
      { rows: 300, unlabelled: 101 },
      'auc could not be judged on low visibility (300 rows): 199 labelled rows are fewer than the 200 of minRows',
    ],
    [
      'no rows',
      { rows: 0 },
      'auc could not be judged on low visibility (0 rows): 0 rows are fewer than the 200 of minRows',
    ],
  ])('%s is inconclusive, also with point evidence', (_, rows, reason) => {
    for (const evidence of ['default', 'strict', 'point'] as const) {
      const { checks } = decide(pipeline([check(DROP, { evidence })]), [
        fine(),
        segment('low visibility', change(0.1, 0.9), rows),
      ]);
      expect(checks[1]).toMatchObject({ outcome: 'inconclusive', pAdjusted: null, reason });
    }
  });

  test('an empty segment is inconclusive even when minRows is 0', () => {
    const without = pipeline([only('low visibility')], { segments: { minRows: 0, by: [] } });
    expect(decide(without, [segment('low visibility', change(0.8, 0.8), { rows: 0 })]).checks[0]!.outcome).toBe(
      'inconclusive',
    );
  });

  test('a segmentation without a segment is not overlooked', () => {
    const { checks } = decide(pipeline([check(DROP)]), [fine()]);
    expect(checks[1]).toMatchObject({
      segmentation: 'low visibility',
      outcome: 'inconclusive',
      observed: null,
      p: null,
    });
    expect(checks[1]!.reason).toBe('auc could not be judged on low visibility: there is no such segment');
  });

  test.each<[InconclusivePolicy, string]>([
    ['pass', 'PASS'],
    ['inconclusive', 'INCONCLUSIVE'],
    ['fail', 'FAIL'],
  ])('policy %s makes the verdict %s, for inconclusive and for undefined', (segments, verdict) => {
    const rule = check(DROP, { onInconclusive: { overall: 'fail', segments } });
    const few = segment('low visibility', change(0.8, 0.8), { rows: 3 });
    const none = segment('low visibility', { candidate: { undefined: 'no positive labels' } });
    expect(decide(pipeline([rule]), [fine(), few]).verdict).toBe(verdict);
    const decision = decide(pipeline([rule]), [fine(), none]);
    expect(decision.verdict).toBe(verdict);
    expect(decision.checks[1]).toMatchObject({ outcome: 'undefined', margin: null, p: null, detectable: null });
    expect(decision.checks[1]!.reason).toBe('auc is undefined on low visibility (2,031 rows): no positive labels');
  });

  test('overall has its own policy', () => {
    const rule = check(DROP, { onInconclusive: { overall: 'inconclusive', segments: 'pass' } });
    const decision = decide(pipeline([rule]), [segment('overall', change(0.8, 0.8), { rows: 3 }), ok[1]!]);
    expect(decision.verdict).toBe('INCONCLUSIVE');
  });

  test('nothing judged is never a pass', () => {
    expect(decide(pipeline([]), ok).verdict).toBe('INCONCLUSIVE');
    const lenient = check(DROP, { onInconclusive: { overall: 'pass', segments: 'pass' } });
    const decision = decide(pipeline([lenient]), []);
    expect(decision.verdict).toBe('INCONCLUSIVE');
    expect(decision.reasons[0]).toBe('no blocking check could be judged as kept');
    expect(decide(pipeline([check(DROP, { severity: 'warn' })]), ok).verdict).toBe('INCONCLUSIVE');
  });

  test('a shadow check changes nothing', () => {
    const bad = segment('low visibility', change(0.1, 0.9));
    const decision = decide(pipeline([only('overall'), check(DROP, { severity: 'shadow' })]), [fine(), bad]);
    expect(decision.verdict).toBe('PASS');
    expect(decision.checks.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'fail']);
    expect(decision.reasons).toEqual(['the only blocking check passed']);
  });
});

test.each<[Evidence, number, string]>([
  ['default', 0.021, 'inconclusive'],
  ['strict', 0.021, 'inconclusive'],
  ['point', 0.021, 'fail'],
  ['point', 0.019, 'pass'],
  ['point', 0.02, 'pass'],
])('evidence %s, drop of %d: %s', (evidence, drop, outcome) => {
  const estimates = { candidate: estimate(0.8), baseline: estimate(0.8), difference: estimate(-drop) };
  const { checks } = decide(pipeline([only('overall', { evidence })]), [segment('overall', estimates)]);
  expect(checks[0]!.outcome).toBe(outcome);
  expect(checks[0]!.detectable === null).toBe(evidence === 'point');
});

describe('closed numerics: nothing undefined ever passes', () => {
  const se = 0.001;
  const numbers: [string, number][] = [
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
  ];
  const reasons = ['no positive labels', 'no rows', 'one row only', 'no negative labels'];
  const good = estimate(0.7, se);
  const broken: [string, ReturnType<typeof estimate> | undefined][] = [
    ['missing', undefined],
    ...numbers.map(([name, value]): [string, ReturnType<typeof estimate>] => [
      `value ${name}`,
      { value, low: value, high: value, n: 1000, method: 't', basis: { kind: 't', se, df: 999 } },
    ]),
    ...numbers.map(([name, value]): [string, ReturnType<typeof estimate>] => [
      `standard error ${name}`,
      { value: 0.7, low: 0.6, high: 0.8, n: 1000, method: 't', basis: { kind: 't', se: value, df: 999 } },
    ]),
    [
      'standard error 0',
      { value: 0.7, low: 0.7, high: 0.7, n: 1000, method: 'normal', basis: { kind: 'normal', se: 0 } },
    ],
    [
      'standard error negative',
      { value: 0.7, low: 0.7, high: 0.7, n: 1000, method: 'normal', basis: { kind: 'normal', se: -1 } },
    ],
    ['df 0', { value: 0.7, low: 0.7, high: 0.7, n: 1, method: 't', basis: { kind: 't', se, df: 0 } }],
    [
      'n 0',
      { value: 0.7, low: 0.7, high: 0.7, n: 0, method: 'wilson', basis: { kind: 'proportion', successes: 0, n: 0 } },
    ],
    [
      'paired n 0',
      { value: 0.7, low: 0, high: 1, n: 0, method: 'tango', basis: { kind: 'paired', a: 0, b: 0, c: 0, d: 0 } },
    ],
    [
      'no class',
      {
        value: 1,
        low: 0,
        high: 1,
        n: 0,
        method: 'newcombe',
        basis: { kind: 'mannWhitney', positives: 0, negatives: 5 },
      },
    ],
    // What JSON makes of NaN.
    ['null', { value: null as unknown as number, low: 0, high: 1, n: 1, method: 't', basis: { kind: 't', se, df: 9 } }],
    ...reasons.map((reason): [string, ReturnType<typeof estimate>] => [reason, { undefined: reason }]),
  ];
  const kinds = ['min', 'max', 'maxDrop', 'maxIncrease', 'maxRelativeDrop', 'maxRelativeIncrease'] as const;
  const run = (kind: (typeof kinds)[number], value: number, estimates: object, evidence: Evidence) =>
    decide(pipeline([check({ kind, value }, { segments: ['overall'], evidence })]), [
      segment('overall', estimates as never),
    ]);

  for (const [name, bad] of broken) {
    for (const place of ['candidate', 'baseline', 'difference'] as const) {
      test(`${place}: ${name}`, () => {
        const zero = estimate(0, { kind: 'exact' });
        const estimates = { candidate: good, baseline: good, difference: zero, [place]: bad };
        if (bad === undefined) Reflect.deleteProperty(estimates, place);
        for (const kind of kinds) {
          for (const evidence of ['default', 'strict', 'point'] as const) {
            // Bounds so wide that any number would keep them.
            const decision = run(kind, kind === 'min' ? -1e9 : 1e9, estimates, evidence);
            const reads = place === 'candidate' || !['min', 'max'].includes(kind);
            expect(decision.checks[0]!.outcome).toBe(reads ? 'undefined' : 'pass');
            expect(decision.verdict).toBe(reads ? 'INCONCLUSIVE' : 'PASS');
            expect(JSON.stringify(decision)).not.toMatch(/NaN|Infinity/);
          }
        }
      });
    }
  }

  test.each([0, -0])('a baseline of %d: absolute changes are judged, relative ones are undefined', (zero) => {
    const estimates = { candidate: estimate(0.1, se), baseline: estimate(zero, se), difference: estimate(0.1, se) };
    expect(run('maxIncrease', 0.02, estimates, 'default').checks[0]!.outcome).toBe('fail');
    expect(run('maxDrop', 0.02, estimates, 'default').checks[0]!.outcome).toBe('pass');
    for (const kind of ['maxRelativeDrop', 'maxRelativeIncrease'] as const) {
      const { checks } = run(kind, 0.5, estimates, 'default');
      expect(checks[0]!.outcome).toBe('undefined');
      expect(checks[0]!.reason).toContain("the baseline's value is 0");
    }
  });

  test.each([NaN, Infinity, -Infinity])('a bound of %d is undefined', (value) => {
    for (const kind of kinds)
      expect(run(kind, value, change(0.7, 0.7), 'default').checks[0]!.outcome).toBe('undefined');
  });

  test.each([NaN, Infinity])('%d rows never pass', (rows) => {
    const { checks } = decide(pipeline([only('overall')]), [
      segment('overall', change(0.7, 0.7), { rows, unlabelled: rows }),
    ]);
    expect(checks[0]!.outcome).toBe('inconclusive');
  });
});
