/** The expected values that `test/golden/statistics/make.py` computed with SciPy, statsmodels and scikit-learn. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

type Range = readonly [number, number];
export interface MeanInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
/** Of an estimate by the delta method: standard error, and a third of the skewness. */
export interface Spread {
  readonly se: number;
  readonly skew: number;
}
type Values = Readonly<Record<string, number | null | MeanInterval | Spread>>;

interface Golden {
  readonly distributions: {
    readonly normalCdf: readonly (readonly [number, number])[];
    readonly normalQuantile: readonly (readonly [number, number])[];
    readonly studentCdf: readonly (readonly [number, number, number])[];
    readonly studentQuantile: readonly (readonly [number, number, number])[];
    readonly betaCdf: readonly (readonly [number, number, number, number, number])[];
    readonly betaQuantile: readonly (readonly [number, number, number, number])[];
  };
  readonly proportions: readonly {
    readonly successes: number;
    readonly n: number;
    readonly confidence: number;
    readonly wilson: Range;
    readonly jeffreys: Range;
    readonly clopperPearson: Range;
  }[];
  readonly tango: readonly { a: number; b: number; c: number; d: number; low: number; high: number }[];
  readonly adjustments: readonly { p: number[]; holm: number[]; bh: number[]; by: number[] }[];
  readonly binary: readonly {
    readonly name: string;
    readonly threshold: number;
    readonly labels: number[];
    readonly candidate: number[];
    readonly baseline: number[];
    readonly expected: { candidate: Values; baseline: Values; difference: Record<string, MeanInterval> };
  }[];
  readonly multiclass: readonly {
    readonly name: string;
    readonly k: number;
    readonly labels: number[];
    readonly candidate: { probabilities: number[]; classes: number[] };
    readonly baseline: { probabilities: number[]; classes: number[] };
    readonly expected: Record<'candidate' | 'baseline' | 'difference', Values>;
  }[];
  readonly regression: readonly {
    readonly name: string;
    readonly labels: number[];
    readonly candidate: number[];
    readonly baseline: number[];
    readonly expected: Record<'candidate' | 'baseline' | 'difference', Values>;
  }[];
}

export const golden = JSON.parse(
  readFileSync(new URL('../../golden/statistics/expected.json', import.meta.url), 'utf8'),
) as Golden;

/** Equal up to `tolerance` of the expected value's size (of 1, for values that are smaller and no tails). */
export function expectClose(actual: number, expected: number, tolerance: number, floor = 0): void {
  const scale = Math.max(Math.abs(expected), floor);
  const error = actual === expected ? 0 : Math.abs(actual - expected) / scale;
  expect(error, `${actual} is not ${expected}`).toBeLessThanOrEqual(tolerance);
}
