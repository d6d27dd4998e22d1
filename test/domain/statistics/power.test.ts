/** What a test finds, and how often. */
import { describe, expect, test } from 'vitest';
import { tangoZ } from '../../../domain/statistics/paired-proportions.js';
import { detectableExcess, powerOf, rowsFactor } from '../../../domain/statistics/power.js';
import { wilsonZ } from '../../../domain/statistics/proportion.js';

const Z = 1.959963984540054;
const paired = (b: number, c: number, n: number) => ({ kind: 'paired', a: n - b - c, b, c, d: 0 }) as const;
const drop = (b: number, c: number, n: number, bound = 0) =>
  ({ bound, side: 'atLeast', se: 1, basis: paired(b, c, n) }) as const;

test('a normal estimate: 2.8016 standard errors at 2.5 % and 80 % power', () => {
  const normal = { bound: 3, side: 'atMost', se: 2 } as const;
  expect(detectableExcess(normal, 0.025)).toBeCloseTo(2 * 2.801585218, 8);
  expect(powerOf(normal, 2 * 2.801585218, 0.025)).toBeCloseTo(0.8, 8);
  expect(rowsFactor(normal, 2.801585218, 0.025)).toBeCloseTo(4, 7);
  expect(rowsFactor(normal, 0, 0.025)).toBeNull();
});

/** Chance of each pair of discordant counts of a trinomial, and what the test says of it. */
function exactPower(n: number, better: number, worse: number, rejects: (b: number, c: number) => boolean): number {
  let power = 0;
  const same = Math.log(1 - better - worse);
  const factorials = [0];
  for (let i = 1; i <= n; i++) factorials.push(factorials[i - 1]! + Math.log(i));
  for (let b = 0; b <= n; b++) {
    for (let c = 0; c <= n - b; c++) {
      if (!rejects(b, c)) continue;
      const log =
        factorials[n]! -
        factorials[b]! -
        factorials[c]! -
        factorials[n - b - c]! +
        b * Math.log(better) +
        c * Math.log(worse) +
        (n - b - c) * same;
      power += Math.exp(log);
    }
  }
  return power;
}

describe('paired shares, against the sum over all tables', () => {
  test.each([
    { n: 400, discordant: 0.128, drop: 0.05, bound: 0 },
    { n: 400, discordant: 0.06, drop: 0.05, bound: 0 },
    { n: 200, discordant: 0.2, drop: 0.09, bound: 0 },
    { n: 300, discordant: 0.1, drop: 0.07, bound: -0.02 },
    { n: 150, discordant: 0.4, drop: 0.2, bound: -0.05 },
  ])('$n rows, $discordant discordant, a drop of $drop, bound $bound', ({ n, discordant, drop: all, bound }) => {
    const [better, worse] = [(discordant - all) / 2, (discordant + all) / 2];
    const exact = exactPower(n, better, worse, (b, c) => tangoZ(paired(b, c, n), bound) < -Z);
    expect(powerOf(drop(n * better, n * worse, n, bound), all + bound, 0.025)).toBeCloseTo(exact, 1.5);
    expect(Math.abs(powerOf(drop(n * better, n * worse, n, bound), all + bound, 0.025) - exact)).toBeLessThan(0.025);
  });

  test('a bound from above is the same the other way round', () => {
    const above = { bound: 0.02, side: 'atMost', se: 1, basis: paired(30, 20, 400) } as const;
    expect(powerOf(above, 0.04, 0.01)).toBe(powerOf(drop(20, 30, 400, -0.02), 0.04, 0.01));
  });

  test('no discordant row: what is found is a drop on that many rows at once', () => {
    // McNemar's score statistic is the root of their number.
    const found = detectableExcess(drop(0, 0, 1_000), 0.025)!;
    expect(found).toBeGreaterThan((Z * Z) / 1_000);
    expect(found).toBeLessThan(0.01);
  });

  test('too few rows to find anything', () => {
    expect(detectableExcess(drop(1, 1, 3), 0.0001)).toBeNull();
  });

  test('twice the rows of rowsFactor are enough, half of them are not', () => {
    const one = drop(20, 30, 400);
    const factor = rowsFactor(one, 0.025, 0.025)!;
    expect(powerOf(one, 0.025, 0.025, factor)).toBeCloseTo(0.8, 3);
    expect(powerOf(one, 0.025, 0.025, factor / 2)).toBeLessThan(0.8);
    expect(powerOf(one, 0.025, 0.025, factor * 2)).toBeGreaterThan(0.8);
  });
});

test('one share: the variance on the bound judges, the truth varies', () => {
  // Sum over the binomial distribution with 200 rows, 0.8 against a bound of 0.9.
  const n = 200;
  let exact = 0;
  let probability = 0.2 ** n;
  for (let x = 0; x <= n; x++) {
    if (wilsonZ(x, n, 0.9) < -Z) exact += probability;
    probability *= ((n - x) / (x + 1)) * (0.8 / 0.2);
  }
  const share = { bound: 0.9, side: 'atLeast', se: 1, basis: { kind: 'proportion', successes: 160, n } } as const;
  expect(Math.abs(powerOf(share, 0.1, 0.025) - exact)).toBeLessThan(0.015);
});
