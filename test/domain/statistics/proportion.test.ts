import { describe, expect, test } from 'vitest';
import { tangoInterval, tangoZ } from '../../../domain/statistics/paired-proportions.js';
import {
  clopperPearsonInterval,
  jeffreysInterval,
  proportionMethod,
  wilsonInterval,
} from '../../../domain/statistics/proportion.js';
import { expectClose, golden } from './golden.js';

test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('Wilson 95 %% of %d/%d is %d to %d (Newcombe 1998, table I)', (successes, n, low, high) => {
  const interval = wilsonInterval(successes, n, 0.95);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test('equal to statsmodels', () => {
  for (const { successes, n, confidence, ...expected } of golden.proportions) {
    const ours = {
      wilson: wilsonInterval(successes, n, confidence),
      jeffreys: jeffreysInterval(successes, n, confidence),
      clopperPearson: clopperPearsonInterval(successes, n, confidence),
    };
    for (const name of ['wilson', 'jeffreys', 'clopperPearson'] as const) {
      expectClose(ours[name].low, expected[name][0], 1e-9, 1e-3);
      expectClose(ours[name].high, expected[name][1], 1e-9, 1e-3);
    }
  }
});

test('the method depends on n alone', () => {
  expect([1, 39, 40, 1e6].map(proportionMethod)).toEqual(['jeffreys', 'jeffreys', 'wilson', 'wilson']);
});

describe('paired proportions', () => {
  test("Tango's interval is that of the numerically maximised likelihood", () => {
    for (const { low, high, ...counts } of golden.tango) {
      const interval = tangoInterval(counts, 0.95);
      expectClose(interval.low, low, 1e-6, 1e-2);
      expectClose(interval.high, high, 1e-6, 1e-2);
    }
  });

  test('no disagreement is not certainty: z^2/(n + z^2) either way', () => {
    const { low, high } = tangoInterval({ a: 90, b: 0, c: 0, d: 10 }, 0.95);
    expect(high).toBeCloseTo(1.959963984540054 ** 2 / (100 + 1.959963984540054 ** 2), 12);
    expect(low).toBeCloseTo(-high, 14);
  });

  test("at no difference it is McNemar's statistic", () => {
    expect(tangoZ({ a: 5, b: 9, c: 4, d: 30 }, 0)).toBeCloseTo(5 / Math.sqrt(13), 14);
  });
});
