import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IntervalBasis } from '../../../domain/result.js';
import { intervalAt, pValue, type Evidenced } from '../../../domain/statistics/interval.js';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const se = fc.double({ min: 1e-6, max: 2, noNaN: true });
const count = fc.oneof(fc.nat(5), fc.nat(60), fc.nat(100_000));

function paired([a, b, c, d]: readonly number[]) {
  return { kind: 'paired', a: a! + 1, b: b!, c: c!, d: d! } as const;
}

function valueOf({ a, b, c, d }: ReturnType<typeof paired>): number {
  return (b - c) / (a + b + c + d);
}

/** Every kind of basis with a value that goes with it. */
const evidence: fc.Arbitrary<Evidenced> = fc.oneof(
  fc
    .tuple(count, count, fc.boolean())
    .filter(([x, y]) => x + y > 0)
    .map(([x, y, dice]): Evidenced => {
      const n = x + y;
      if (!dice) return { value: x / n, basis: { kind: 'proportion', successes: x, n } };
      return { value: (2 * x) / (n + x), basis: { kind: 'proportion', successes: x, n, scale: 'dice' } };
    }),
  fc
    .tuple(count, count, count, count)
    .filter((cells) => cells.some((cell) => cell > 0))
    .map(([a, b, c, d]): Evidenced => ({
      value: (b - c) / (a + b + c + d),
      basis: { kind: 'paired', a, b, c, d },
    })),
  fc
    .tuple(fc.double({ min: -5, max: 5, noNaN: true }), se)
    .map(([value, s]): Evidenced => ({ value, basis: { kind: 'normal', se: s } })),
  fc.tuple(unit, se).map(([value, s]): Evidenced => ({ value, basis: { kind: 'normal', se: s, min: 0, max: 1 } })),
  fc.tuple(unit, se, fc.constantFrom(1, 2.5, 30, 5000)).map(([value, s, df]): Evidenced => ({
    value,
    basis: { kind: 't', se: s, df, min: 0, max: 1 },
  })),
  fc
    .tuple(fc.double({ min: 0.01, max: 0.999, noNaN: true }), se)
    .map(([value, s]): Evidenced => ({ value, basis: { kind: 'logit', se: s } })),
  fc
    .tuple(unit, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }))
    .map(([value, positives, negatives]): Evidenced => ({
      value,
      basis: { kind: 'mannWhitney', positives, negatives },
    })),
  fc
    .tuple(unit, fc.integer({ min: 1, max: 300 }))
    .map(([value, n]): Evidenced => ({ value, basis: { kind: 'constant', n, min: 0, max: 1 } })),
  fc
    .tuple(unit, se, se, fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 0.999, noNaN: true }))
    .map(([value, s, t, bias, correlation]): Evidenced => ({
      value: value / 2,
      basis: {
        kind: 'foldedDifference',
        first: { bias: bias * s, noise: s },
        second: { bias, noise: t },
        correlation,
        min: -1,
        max: 1,
      },
    })),
  fc
    .tuple(fc.array(fc.nat(300), { minLength: 8, maxLength: 8 }), fc.double({ min: -0.1, max: 0.1, noNaN: true }))
    .map(([cells, optimism]): Evidenced => {
      const [first, second] = [paired(cells), paired(cells.slice(4))];
      return {
        value: valueOf(first) - valueOf(second),
        basis: { kind: 'contrast', first, second, optimism, min: -2, max: 2 },
      };
    }),
  fc.double({ min: -1, max: 1, noNaN: true }).map((value): Evidenced => ({ value, basis: { kind: 'exact' } })),
);
const confidence = fc.constantFrom(0.5, 0.8, 0.95, 0.99, 0.9999);
const bound = fc.oneof(fc.double({ min: -1.2, max: 1.2, noNaN: true }), fc.constantFrom(-1, 0, 0.5, 1));
/** Closer than this to the interval's end, rounding decides on which side the bound is. */
const TOUCHES = 1e-9;

describe('interval and p-value are one and the same evidence', () => {
  test('p < (1 - confidence)/2 exactly when the whole interval is on the wrong side', () => {
    fc.assert(
      fc.property(evidence, confidence, bound, (one, level, at) => {
        const { low, high } = intervalAt(one, level);
        const alpha = (1 - level) / 2;
        const far = (end: number) => Math.abs(end - at) > TOUCHES;
        const certain = one.basis.kind === 'exact';
        if (far(high) || certain) expect(pValue(one, at, 'atLeast') < alpha).toBe(high < at);
        if (far(low) || certain) expect(pValue(one, at, 'atMost') < alpha).toBe(low > at);
      }),
      { numRuns: 5000 },
    );
  });

  test('p at an end of the interval is its tail probability', () => {
    const bases: Evidenced[] = [
      { value: 0.3, basis: { kind: 'proportion', successes: 6, n: 20 } },
      { value: 0.3, basis: { kind: 'proportion', successes: 30, n: 100 } },
      { value: 60 / 130, basis: { kind: 'proportion', successes: 30, n: 100, scale: 'dice' } },
      { value: 0.03, basis: { kind: 'paired', a: 50, b: 9, c: 6, d: 35 } },
      { value: 0.9, basis: { kind: 'logit', se: 0.2 } },
      { value: 0.9, basis: { kind: 'mannWhitney', positives: 9, negatives: 70 } },
      { value: 0.2, basis: { kind: 'constant', n: 12, min: 0, max: 1 } },
      { value: 3, basis: { kind: 'normal', se: 2 } },
      { value: 3, basis: { kind: 't', se: 2, df: 7 } },
    ];
    for (const one of bases) {
      for (const level of [0.8, 0.95, 0.999]) {
        const { low, high } = intervalAt(one, level);
        expect(pValue(one, high, 'atLeast')).toBeCloseTo((1 - level) / 2, 10);
        expect(pValue(one, low, 'atMost')).toBeCloseTo((1 - level) / 2, 10);
      }
    }
  });

  test('the interval contains its value and grows with the confidence', () => {
    fc.assert(
      fc.property(evidence, (one) => {
        const [narrow, wide] = [intervalAt(one, 0.8), intervalAt(one, 0.95)];
        expect(narrow.low <= one.value && one.value <= narrow.high).toBe(true);
        expect(wide.low <= narrow.low + 1e-12 && narrow.high <= wide.high + 1e-12).toBe(true);
        expect(Object.values(wide).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('a stricter bound never has a larger p', () => {
    fc.assert(
      fc.property(evidence, bound, bound, (one, x, y) => {
        const [low, high] = [Math.min(x, y), Math.max(x, y)];
        expect(pValue(one, high, 'atLeast')).toBeLessThanOrEqual(pValue(one, low, 'atLeast') + 1e-12);
        expect(pValue(one, low, 'atMost')).toBeLessThanOrEqual(pValue(one, high, 'atMost') + 1e-12);
      }),
      { numRuns: 2000 },
    );
  });

  test('turning the axis round turns the answer round', () => {
    const turned: [Evidenced, Evidenced][] = [
      [
        { value: 0.1, basis: { kind: 'paired', a: 4, b: 30, c: 20, d: 46 } },
        { value: -0.1, basis: { kind: 'paired', a: 4, b: 20, c: 30, d: 46 } },
      ],
      [
        { value: 0.1, basis: { kind: 't', se: 0.3, df: 9 } },
        { value: -0.1, basis: { kind: 't', se: 0.3, df: 9 } },
      ],
    ];
    for (const [one, other] of turned) {
      const [a, b] = [intervalAt(one, 0.95), intervalAt(other, 0.95)];
      expect(a.low).toBeCloseTo(-b.high, 12);
      expect(pValue(one, 0.2, 'atLeast')).toBeCloseTo(pValue(other, -0.2, 'atMost'), 14);
    }
  });
});

test('a difference of two independent shares: Newcombe 1998, table II, method 10', () => {
  const share = (successes: number, n: number) => ({ kind: 'proportion', successes, n }) as const;
  const of = (a: number, m: number, b: number, n: number) =>
    intervalAt(
      {
        value: a / m - b / n,
        basis: { kind: 'contrast', first: share(a, m), second: share(b, n), optimism: 0, min: -1, max: 1 },
      },
      0.95,
    );
  const { low, high } = of(56, 70, 48, 80);
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0524', '0.3339']);
});

test('nothing small is certain', () => {
  const small: [number, IntervalBasis][] = [
    [0, { kind: 'proportion', successes: 0, n: 3 }],
    [1, { kind: 'proportion', successes: 3, n: 3 }],
    [0, { kind: 'paired', a: 3, b: 0, c: 0, d: 0 }],
    [1, { kind: 'mannWhitney', positives: 2, negatives: 2 }],
    [0, { kind: 'constant', n: 3, min: 0, max: 1 }],
  ];
  for (const [value, basis] of small) {
    const { low, high } = intervalAt({ value, basis }, 0.95);
    expect(high - low).toBeGreaterThan(0.5);
  }
});
