import { describe, expect, test } from 'vitest';
import { decide } from '../../domain/decide.js';
import { independentDifference, independentRatio } from '../../domain/decide/contrast.js';
import type { Check, Correction } from '../../domain/pipeline.js';
import type { Estimate, SegmentResult } from '../../domain/result.js';
import { change, check, estimate, pipeline, segment } from './decide-fixtures.js';

const DROP = { kind: 'maxDrop', value: 0.02 } as const;
const BY = { minRows: 200, by: [{ kind: 'columns', name: 'origin', columns: ['origin'] }] } as const;
const fine = () => segment('overall', change(0.8, 0.8));
const at = (name: string, estimates: SegmentResult['metrics']['auc'], more = {}) =>
  segment('origin', estimates, { segment: name, ...more });
const share = (successes: number, n: number): Estimate =>
  estimate(successes / n, { kind: 'proportion', successes, n }, n);
const run = (rule: Partial<Check>, segments: readonly SegmentResult[], more = {}) =>
  decide(pipeline([check(rule.bound ?? DROP, rule)], { segments: BY, ...more }), segments);

describe("a segment's own bound", () => {
  const segments = [fine(), at('EWR', change(0.76, 0.8)), at('LGA', change(0.76, 0.8))];

  test("holds in place of the check's", () => {
    const { checks } = run({ perSegment: { EWR: 0.08 } }, segments);
    expect(checks.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'inconclusive']);
    expect(checks[1]!.bound).toEqual({ kind: 'maxDrop', value: 0.08 });
    expect(checks[1]!.reason).toContain('at most 0.08 is allowed');
  });

  test('of a segment that is not there is not overlooked', () => {
    const { checks, verdict } = run({ perSegment: { JFK: 0.08 } }, segments);
    expect(checks[3]).toMatchObject({ segment: 'JFK', outcome: 'inconclusive', observed: null, rowsNeeded: 200 });
    expect(verdict).toBe('PASS');
  });

  test('a name that every object has is no bound', () => {
    const { checks } = run({}, [fine(), at('constructor', change(0.8, 0.8))]);
    expect(checks[1]!.bound).toEqual(DROP);
  });
});

describe('required segments', () => {
  test.each([
    ['missing', []],
    ['too small', [at('EWR', change(0.8, 0.8), { rows: 30 })]],
    ['undefined', [at('EWR', { candidate: { undefined: 'no positive labels' } })]],
  ])('%s: the run does not pass', (_, more) => {
    const segments = [fine(), at('LGA', change(0.8, 0.8, 0.001)), ...more];
    expect(run({ required: ['EWR', 'LGA'] }, segments).verdict).toBe('INCONCLUSIVE');
    expect(run({}, segments).verdict).toBe('PASS');
  });

  test('that can be judged change nothing, and fail stays fail', () => {
    expect(run({ required: ['EWR'] }, [fine(), at('EWR', change(0.8, 0.8, 0.001))]).verdict).toBe('PASS');
    const policy = { overall: 'fail', segments: 'fail' } as const;
    expect(run({ required: ['EWR'], onInconclusive: policy }, [fine()]).verdict).toBe('FAIL');
  });
});

describe('minEffect', () => {
  test('a sure breach by less is no failure', () => {
    const segments = [fine(), at('EWR', change(0.775, 0.8, 0.0005))];
    expect(run({}, segments).checks[1]!.outcome).toBe('fail');
    const { checks } = run({ minEffect: 0.01 }, segments);
    expect(checks[1]).toMatchObject({ outcome: 'inconclusive', rowsNeeded: null });
    expect(checks[1]!.reason).toMatch(/a breach by less than 0\.01 is no failure$/);
    expect(run({ minEffect: 0.005 }, segments).checks[1]!.outcome).toBe('fail');
    expect(run({ minEffect: 0.01, evidence: 'point' }, segments).checks[1]!.outcome).toBe('pass');
    expect(run({ minEffect: 0.004, evidence: 'point' }, segments).checks[1]!.outcome).toBe('fail');
  });
});

describe('the rows that would be needed', () => {
  test('settle an observation like this one with 80 % power', () => {
    const { checks } = run({ segments: ['origin'] }, [at('EWR', change(0.77, 0.8), { rows: 1_000 })]);
    // Excess 0.01 at a standard error of 0.01: (1.96 + 0.84)^2 = 7.849 times the rows.
    expect(checks[0]).toMatchObject({ outcome: 'inconclusive', rowsNeeded: 7_849 });
    expect(checks[0]!.reason).toMatch(/; about 7,900 rows would tell$/);
    expect(checks[0]!.detectable).toBeCloseTo(0.028016, 6);
  });

  test('to pass, without the correction; to fail, with it', () => {
    const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
    const of = (drop: number) =>
      run(
        { segments: ['origin'] },
        names.map((name) => at(name, change(0.8 - drop, 0.8), { rows: 1_000 })),
      ).checks[0]!.rowsNeeded;
    expect(of(0.01)).toBe(7_849);
    expect(of(0.03)).toBe(13_313);
  });

  test('are at least minRows, and unknown on the bound itself', () => {
    expect(run({ segments: ['origin'] }, [at('EWR', change(0.2, 0.8), { rows: 5 })]).checks[0]!.rowsNeeded).toBe(200);
    expect(run({ segments: ['origin'] }, [at('EWR', change(0.78, 0.8))]).checks[0]!.rowsNeeded).toBeNull();
    expect(run({ segments: ['origin'] }, [at('EWR', change(0.8, 0.8, 0.001))]).checks[0]!.rowsNeeded).toBeNull();
  });
});

describe('corrections', () => {
  const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
  // Three segments beyond the bound by 2.5 standard errors, p = 0.0062; the others on it.
  const segments = names.map((name, i) => at(name, change(0.78 - (i < 3 ? 0.025 : 0), 0.8)));
  const failed = (correction: Correction) => {
    const { checks } = run({ segments: ['origin'] }, segments, { correction });
    return checks.filter(({ outcome }) => outcome === 'fail').length;
  };

  test('holm is stricter than bh, by stricter than bh, none lets all through', () => {
    expect([failed('holm'), failed('by'), failed('bh'), failed('none')]).toEqual([0, 0, 3, 3]);
  });

  test('detectable is that of the first step', () => {
    const level = (correction: Correction) =>
      run({ segments: ['origin'] }, segments, { correction }).checks[0]!.detectable!;
    expect(level('holm')).toBe(level('bh'));
    expect(level('by')).toBeGreaterThan(level('holm'));
    expect(level('none')).toBeLessThan(level('holm'));
  });
});

describe('a segment against the rest', () => {
  const rest = (candidate: Estimate, others: Estimate | undefined) =>
    at('EWR', others === undefined ? { candidate } : { candidate, rest: others });
  const one = (rule: Partial<Check>, found: SegmentResult) => run({ versus: 'rest', ...rule }, [fine(), found]);

  test('is judged on segments only, never on overall', () => {
    const { checks } = one({}, rest(estimate(0.7), estimate(0.8)));
    expect(checks.map(({ segmentation }) => segmentation)).toEqual(['origin']);
    expect(checks[0]).toMatchObject({ versus: 'rest', outcome: 'fail' });
    expect(checks[0]!.reason).toBe(
      'auc on origin EWR (2,031 rows) is 0.100 (0.072 to 0.128) below the rest; at most 0.02 below is allowed',
    );
  });

  test("is Newcombe's hybrid score interval for two proportions", () => {
    // Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
    const first = independentDifference(evidenced(share(56, 70)), evidenced(share(48, 80))).interval(0.95);
    expect(first.low).toBeCloseTo(0.0524, 4);
    expect(first.high).toBeCloseTo(0.3339, 4);
  });

  test('the ratio of two proportions, and the four-fifths rule', () => {
    const bound = { kind: 'minRatio', value: 0.8 } as const;
    const fails = one({ bound }, rest(share(300, 1000), share(1000, 2000)));
    expect(fails.checks[0]).toMatchObject({ outcome: 'fail' });
    expect(fails.checks[0]!.observed!.value).toBeCloseTo(0.6, 12);
    expect(fails.checks[0]!.reason).toMatch(
      /^auc on origin EWR \(2,031 rows\) is 0\.600 \(0\.5\d\d to 0\.6\d\d\) times that of the rest; at least 0\.8 is required$/,
    );
    expect(one({ bound }, rest(share(480, 1000), share(1000, 2000))).checks[0]!.outcome).toBe('pass');
    expect(one({ bound }, rest(share(400, 1000), share(1000, 2000))).checks[0]!.outcome).toBe('inconclusive');
  });

  test('p inverts the interval, for differences and ratios, on either side', () => {
    for (const [a, b] of [
      [share(81, 263), share(700, 1500)],
      [share(15, 30), share(14, 31)],
      [estimate(0.7, { kind: 't', se: 0.03, df: 40 }), estimate(0.8, 0.01)],
    ] as const) {
      for (const evidence of [independentDifference, independentRatio].map((make) =>
        make(evidenced(a), evidenced(b)),
      )) {
        const { low, high } = evidence.interval(0.95);
        expect(low).toBeLessThan(evidence.value);
        expect(high).toBeGreaterThan(evidence.value);
        expect(evidence.p(high, 'atLeast')).toBeCloseTo(0.025, 9);
        expect(evidence.p(low, 'atMost')).toBeCloseTo(0.025, 9);
        expect(evidence.p(low, 'atLeast')).toBeCloseTo(0.975, 9);
        expect(evidence.p(evidence.value, 'atLeast')).toBeCloseTo(0.5, 6);
      }
    }
  });

  test('of means it is the root of both variances', () => {
    const difference = independentDifference(evidenced(estimate(0.7, 0.03)), evidenced(estimate(0.8, 0.04)));
    const { low, high } = difference.interval(0.95);
    expect((high - low) / 2 / 1.959963984540054).toBeCloseTo(0.05, 12);
  });

  test.each<[string, Estimate | undefined, string]>([
    ['missing', undefined, 'there is no rest'],
    ['undefined', { undefined: 'no rows' }, 'rest: no rows'],
    ['not finite', { ...(estimate(0.8) as object), value: NaN } as Estimate, 'the rest is not a finite number'],
  ])('%s never passes', (_, others, says) => {
    for (const kind of ['maxDrop', 'maxIncrease', 'minRatio', 'maxRatio'] as const) {
      const { checks } = one(
        { bound: { kind, value: kind === 'minRatio' ? 0.001 : 1e9 } },
        rest(estimate(0.8), others),
      );
      expect(checks[0]!.outcome).toBe('undefined');
      expect(checks[0]!.reason).toContain(says);
    }
  });

  test('a ratio to 0 has no meaning', () => {
    const bound = { kind: 'minRatio', value: 0.8 } as const;
    expect(one({ bound }, rest(share(5, 50), share(0, 50))).checks[0]).toMatchObject({ outcome: 'undefined' });
    // Nothing against something is a ratio: 0.
    const none = one({ bound }, rest(share(0, 500), share(400, 500))).checks[0]!;
    expect(none).toMatchObject({ outcome: 'fail' });
    expect(none.observed).toMatchObject({ value: 0, low: 0 });
  });
});

describe('segments against one of them', () => {
  const segments = [
    fine(),
    at('EWR', { candidate: share(700, 1000) }),
    at('JFK', { candidate: share(900, 1000) }),
    at('LGA', { candidate: share(890, 1000) }),
  ];
  const rule = { versus: 'segment', reference: 'JFK', segments: ['origin'] } as const;

  test('which itself is not compared', () => {
    const { checks } = run(rule, segments);
    expect(checks.map(({ segment: name, outcome, reference }) => [name, outcome, reference])).toEqual([
      ['EWR', 'fail', 'JFK'],
      ['LGA', 'inconclusive', 'JFK'],
    ]);
    expect(checks[0]!.reason).toContain('below JFK; at most 0.02 below is allowed');
  });

  test('that is not there, or too small', () => {
    expect(run({ ...rule, reference: 'SEA' }, segments).checks.map(({ outcome }) => outcome)).toEqual(
      Array<string>(3).fill('undefined'),
    );
    const small = segments.map((found) => (found.segment === 'JFK' ? { ...found, rows: 150 } : found));
    const { checks } = run(rule, small);
    expect(checks[0]).toMatchObject({ outcome: 'undefined' });
    expect(checks[0]!.reason).toContain('segment JFK: fewer labelled rows than minRows (200)');
  });
});

test('a shadow check is shown, and never acts', () => {
  const { checks, verdict, reasons } = decide(
    pipeline([check(DROP, { segments: ['overall'] }), check(DROP, { severity: 'shadow', required: ['JFK'] })], {
      segments: BY,
    }),
    [fine(), at('EWR', change(0.1, 0.9))],
  );
  expect(checks.map(({ severity, outcome }) => [severity, outcome])).toEqual([
    ['block', 'pass'],
    ['shadow', 'pass'],
    ['shadow', 'fail'],
    ['shadow', 'inconclusive'],
  ]);
  expect(verdict).toBe('PASS');
  expect(reasons).toHaveLength(1);
});

function evidenced(found: Estimate) {
  if ('undefined' in found) throw new Error(found.undefined);
  return found;
}
