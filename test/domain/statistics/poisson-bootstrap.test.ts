/** Weights that hang on seed, row and replicate alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PoissonBootstrap, poissonWeight } from '../../../domain/statistics/poisson-bootstrap.js';

const ids = fc.uniqueArray(fc.nat(0x7fffffff), { minLength: 1, maxLength: 80 });

test('any order and any sharding of the rows: the same weights', () => {
  fc.assert(
    fc.property(fc.integer(), ids, fc.nat(1_000), fc.nat(80), (seed, rows, replicate, cut) => {
      const drawn = (of: readonly number[]) => {
        const weights = new Uint8Array(of.length);
        new PoissonBootstrap(seed, Int32Array.from(of)).draw(replicate, weights);
        return new Map(of.map((row, i) => [row, weights[i]!]));
      };
      const whole = drawn(rows);
      const parts = new Map([...drawn(rows.slice(0, cut)), ...drawn(rows.slice(cut))]);
      expect(drawn(rows.toReversed())).toEqual(whole);
      expect(parts).toEqual(whole);
      for (const row of rows) expect(poissonWeight(seed, row, replicate)).toBe(whole.get(row));
    }),
  );
});

test('weights are Poisson with mean 1: chi-squared over 400,000 of them', () => {
  const seen = new Array<number>(13).fill(0);
  const [rows, replicates] = [4_000, 100];
  for (let row = 0; row < rows; row++) {
    for (let replicate = 0; replicate < replicates; replicate++) seen[poissonWeight(7, row, replicate)]!++;
  }
  let [probability, statistic, rest, left] = [Math.exp(-1), 0, 1, rows * replicates];
  for (let k = 0; k < 6; k++) {
    const expected = probability * rows * replicates;
    statistic += (seen[k]! - expected) ** 2 / expected;
    rest -= probability;
    left -= seen[k]!;
    probability /= k + 1;
  }
  statistic += (left - rest * rows * replicates) ** 2 / (rest * rows * replicates);
  // 6 degrees of freedom: 22.5 is exceeded once in a thousand.
  expect(statistic).toBeLessThan(22.5);
});

test('rows, replicates and seeds do not go together', () => {
  const of = (seed: number, replicate: number) =>
    Float64Array.from({ length: 10_000 }, (_, row) => poissonWeight(seed, row, replicate) - 1);
  const correlation = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0) / a.length;
  // Standard error 0.01.
  expect(Math.abs(correlation(of(1, 0), of(1, 1)))).toBeLessThan(0.04);
  expect(Math.abs(correlation(of(1, 0), of(2, 0)))).toBeLessThan(0.04);
  const one = of(1, 0);
  expect(Math.abs(correlation(one.subarray(1), one.subarray(0, -1)))).toBeLessThan(0.04);
});

test('the same weights for ever: results of one manifest do not change', () => {
  const weights = new Uint8Array(24);
  new PoissonBootstrap(
    20130713,
    Int32Array.from({ length: 24 }, (_, row) => row),
  ).draw(3, weights);
  expect([...weights].join('')).toBe('101111102112101011002110');
});
