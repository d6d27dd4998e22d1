import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aucDifferenceVariance, placements } from '../../../domain/statistics/delong.js';
import { ascendingOrder } from '../../../domain/statistics/radix-order.js';
import { expectClose } from './golden.js';

/** DeLong 1988 as printed: every pair of a positive and a negative row, O(n^2). */
function byPairs(scores: readonly number[], labels: readonly number[]) {
  const of = (label: number) => scores.filter((_, i) => labels[i] === label);
  const [positives, negatives] = [of(1), of(0)];
  const psi = (x: number, y: number) => (x > y ? 1 : x === y ? 0.5 : 0);
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const v10 = positives.map((x) => average(negatives.map((y) => psi(x, y))));
  const v01 = negatives.map((y) => average(positives.map((x) => psi(x, y))));
  return { auc: average(v10), v10, v01 };
}

function covariance(a: readonly number[], b: readonly number[], ma: number, mb: number): number {
  return a.reduce((sum, x, i) => sum + (x - ma) * (b[i]! - mb), 0) / (a.length - 1);
}

/** DeLong's variance of a mean, and what one more row as far from it as the farthest makes of it. */
function withFarthest(values: readonly number[], mean: number): number {
  const n = values.length;
  const plain = covariance(values, values, mean, mean) / n;
  const farthest = Math.max(...values.map((value) => (value - mean) ** 2));
  return farthest < 1e-20 ? 0 : (plain * (n - 1) * n + farthest) / (n * (n + 1));
}

const rows = fc
  .array(
    fc.record({
      label: fc.nat(1),
      first: fc.integer({ min: -9, max: 9 }),
      second: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    {
      minLength: 4,
      maxLength: 80,
    },
  )
  .filter((all) => [0, 1].every((label) => all.filter((row) => row.label === label).length >= 2));

describe('DeLong', () => {
  test('AUC, variance and covariance equal the definition over all pairs, ties included', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const labels = all.map(({ label }) => label);
        const [x, y] = [all.map(({ first }) => first / 10), all.map(({ second }) => second)];
        const [a, b] = [byPairs(x, labels), byPairs(y, labels)];
        const typed = Uint8Array.from(labels);
        const [p, q] = [placements(Float64Array.from(x), typed), placements(Float64Array.from(y), typed)];
        expectClose(p.auc, a.auc, 1e-13, 1);
        expectClose(q.auc, b.auc, 1e-13, 1);
        const variance = (f: typeof a) => withFarthest(f.v10, f.auc) + withFarthest(f.v01, f.auc);
        const minus = (f: readonly number[], g: readonly number[]) => f.map((value, i) => value - g[i]!);
        const apart = { auc: a.auc - b.auc, v10: minus(a.v10, b.v10), v01: minus(a.v01, b.v01) };
        expectClose(p.variance.se ** 2, variance(a), 1e-12, 1e-3);
        expectClose(aucDifferenceVariance(p, q).se ** 2, variance(apart), 1e-12, 1e-3);
      }),
    );
  });

  test('single precision scores rank like their values', () => {
    const scores = Float32Array.from([0.1, 0.7, 0.7, 0.35, 0.2]);
    const labels = Uint8Array.from([0, 1, 0, 1, 0]);
    expect(placements(scores, labels)).toEqual(placements(Float64Array.from(scores), labels));
  });
});

test('the radix order is that of a stable comparison sort, -0 equal to 0', () => {
  const any = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324)), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(any, (values) => {
      const expected = values
        .map((_, i) => i)
        .sort((i, j) => (values[i]! < values[j]! ? -1 : values[i]! > values[j]! ? 1 : i - j));
      expect([...ascendingOrder(Float64Array.from(values))]).toEqual(expected);
      const single = Float32Array.from(values);
      const inSingle = values
        .map((_, i) => i)
        .sort((i, j) => (single[i]! < single[j]! ? -1 : single[i]! > single[j]! ? 1 : i - j));
      expect([...ascendingOrder(single)]).toEqual(inSingle);
    }),
  );
});
