import { describe, expect, test } from 'vitest';
import { betaQuantile, betaTails, logGamma } from '../../../domain/statistics/beta.js';
import { criticalZ, normalCdf, normalQuantile } from '../../../domain/statistics/normal.js';
import { studentCdf, studentQuantile } from '../../../domain/statistics/student.js';
import { expectClose, golden } from './golden.js';

const { distributions } = golden;

describe('equal to SciPy in relative terms, tails included', () => {
  test('normal', () => {
    for (const [z, p] of distributions.normalCdf) expectClose(normalCdf(z), p, 1e-12);
    for (const [p, z] of distributions.normalQuantile) expectClose(normalQuantile(p), z, 1e-12, 1e-3);
  });

  test("Student's t", () => {
    for (const [t, df, p] of distributions.studentCdf) {
      if (p > 1e-250) expectClose(studentCdf(t, df), p, 1e-10);
      else expect(studentCdf(t, df)).toBeLessThan(1e-240);
    }
    for (const [p, df, t] of distributions.studentQuantile) expectClose(studentQuantile(p, df), t, 1e-10, 1e-3);
  });

  test('beta', () => {
    for (const [a, b, x, lower, upper] of distributions.betaCdf) {
      const tails = betaTails(a, b, x);
      // At a million rows the tail's exponent itself is of the order of 1e5.
      const tolerance = a > 1e5 ? 1e-8 : 1e-10;
      if (lower > 1e-250) expectClose(tails.lower, lower, tolerance, lower > 0.5 ? 1 : 0);
      if (upper > 1e-250) expectClose(tails.upper, upper, tolerance, upper > 0.5 ? 1 : 0);
    }
    for (const [a, b, p, x] of distributions.betaQuantile) expectClose(betaQuantile(a, b, p), x, 1e-10);
  });
});

test('known values', () => {
  expectClose(criticalZ(0.95), 1.959963984540054, 1e-15);
  expectClose(logGamma(0.5), Math.log(Math.PI) / 2, 1e-15);
  expectClose(logGamma(101), 363.7393755555635, 1e-15);
  expectClose(studentCdf(-1, 1), 0.25, 1e-14);
});

test('ends and nonsense', () => {
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(1)).toBe(Infinity);
  expect(normalQuantile(1.1)).toBeNaN();
  expect(normalCdf(-Infinity)).toBe(0);
  expect(normalCdf(Infinity)).toBe(1);
  expect(studentCdf(-Infinity, 3)).toBe(0);
  expect(studentCdf(Infinity, 3)).toBe(1);
  expect(studentQuantile(0, 3)).toBeNaN();
  expect(betaQuantile(2, 3, 0)).toBe(0);
  expect(betaQuantile(2, 3, 1)).toBe(1);
});
