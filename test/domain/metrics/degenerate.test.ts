/** Undefined with a reason, never 0 or NaN; and nothing certain that is not. */
import { describe, expect, test } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { BinaryPredictions } from '../../../domain/metrics/predictions.js';
import type { MetricName } from '../../../domain/pipeline.js';
import type { MetricEstimates } from '../../../domain/result.js';
import { pValue } from '../../../domain/statistics/interval.js';
import { binary, byScore, defined, flags, measureAll, reasonOf, valueOf } from './inputs.js';

function scored(...scores: number[]): BinaryPredictions {
  return byScore(Float64Array.from(scores));
}

/** Rows that are all predicted right: so many positive, so many negative. */
const perfect = (positives: number, negatives: number): number[] =>
  Array.from({ length: positives + negatives }, (_, row) => Number(row < positives));

function expectNoNaN(estimates: Partial<Record<MetricName, MetricEstimates>>): void {
  const visit = (value: unknown): void => {
    if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(estimates);
}

/** It needs ten rows of each class. */
function withoutKs<T extends { readonly ks: unknown }>({ ks, ...rest }: T): Omit<T, 'ks'> {
  expect(ks).toMatchObject({ candidate: { undefined: 'fewer than 10 rows of a class' } });
  return rest;
}

describe('mcc is 1 where everything is right and -1 where everything is wrong, to the last bit', () => {
  const measured = (labels: readonly number[], predicted: readonly number[]) => {
    const parts = { labels: Uint8Array.from(labels), candidate: flags(predicted), baseline: null };
    return defined(
      measureRows({ task: 'binary', metrics: ['mcc'], confidence: 0.95, seed: 1, ...parts }).mcc!.candidate,
    );
  };

  test.each([1, 2, 5, 7, 30, 101, 950])('of tables with %d positive rows', (positives) => {
    for (let negatives = 1; negatives < 40; negatives++) {
      const labels = perfect(positives, negatives);
      const right = measured(labels, labels);
      expect([right.value, right.high]).toEqual([1, 1]);
      // Certainly not 1 would be a p of 0, and `min: 1` would fail.
      expect(pValue(right, 1, 'atLeast')).toBeGreaterThan(0.1);
      const wrong = measured(
        labels,
        labels.map((label) => 1 - label),
      );
      expect([wrong.value, wrong.low]).toEqual([-1, -1]);
    }
  });
});

describe('binary', () => {
  test('no rows', () => {
    const measured = binary([], scored(), scored());
    for (const { candidate, baseline, difference } of Object.values(measured)) {
      expect(reasonOf(candidate)).not.toBeNull();
      expect(reasonOf(baseline)).not.toBeNull();
      expect(reasonOf(difference)).not.toBeNull();
    }
    expect(reasonOf(measured.accuracy.candidate)).toBe('no rows');
    expect(reasonOf(measured.accuracy.difference)).toBe('candidate: no rows');
  });

  test('one row: shares are wide, means are undefined', () => {
    const measured = binary([1], scored(0.9), scored(0.2));
    expect(defined(measured.accuracy.candidate)).toMatchObject({ value: 1, n: 1, method: 'jeffreys', high: 1 });
    expect(defined(measured.accuracy.candidate).low).toBeLessThan(0.2);
    expect(reasonOf(measured.brier.candidate)).toBe('one row only');
    expect(reasonOf(measured.log_loss.difference)).toBe('candidate: one row only');
    expect(reasonOf(measured.auc.candidate)).toBe('no negative labels');
  });

  test('one class', () => {
    const measured = binary([0, 0, 0], scored(0.1, 0.2, 0.3));
    expect(reasonOf(measured.auc.candidate)).toBe('no positive labels');
    expect(reasonOf(measured.recall.candidate)).toBe('no positive labels');
    expect(reasonOf(measured.fnr.candidate)).toBe('no positive labels');
    expect(reasonOf(measured.precision.candidate)).toBe('nothing predicted positive');
    expect(reasonOf(measured.f1.candidate)).toBe('no positive labels and nothing predicted positive');
    expect(valueOf(measured.fpr.candidate)).toBe(0);
    expect(valueOf(measured.log_loss.candidate)).toBeGreaterThan(0);
    const positive = binary([1, 1], scored(0.9, 0.4));
    expect(reasonOf(positive.fpr.candidate)).toBe('no negative labels');
    expect(reasonOf(positive.auc.candidate)).toBe('no negative labels');
  });

  test('labels without scores', () => {
    const measured = binary([1, 0, 1], flags([1, 0, 0]), scored(0.9, 0.1, 0.2));
    for (const name of ['auc', 'log_loss', 'brier'] as const) {
      expect(reasonOf(measured[name].candidate)).toBe('the model returns labels, no scores');
      expect(reasonOf(measured[name].baseline)).toBeNull();
      expect(reasonOf(measured[name].difference)).toBe('candidate: the model returns labels, no scores');
    }
    expect(valueOf(measured.recall.candidate)).toBe(0.5);
  });

  test.each([NaN, Infinity, -Infinity])('a score of %d makes every metric undefined', (bad) => {
    const measured = binary([1, 0, 1, 0], scored(0.9, 0.1, 0.8, 0.3), scored(0.9, bad, bad, 0.3));
    for (const { candidate, baseline, difference } of Object.values(withoutKs(measured))) {
      expect(reasonOf(candidate)).toBeNull();
      expect(reasonOf(baseline)).toBe('2 rows with a non-finite score');
      expect(reasonOf(difference)).toBe('baseline: 2 rows with a non-finite score');
    }
  });

  test('scores that are no probabilities rank, but have no loss', () => {
    const measured = binary([1, 0, 1, 0], scored(3, -2, 1.5, 0.3));
    expect(reasonOf(measured.log_loss.candidate)).toBe('3 scores lie outside of 0 to 1, so they are no probabilities');
    expect(reasonOf(measured.brier.candidate)).not.toBeNull();
    expect(valueOf(measured.auc.candidate)).toBe(1);
  });

  test('models that score alike differ by exactly 0; models that only decide alike need not', () => {
    const labels = [1, 0, 1, 0, 1];
    const measured = binary(labels, scored(0.9, 0.1, 0.8, 0.6, 0.2), scored(0.9, 0.1, 0.8, 0.6, 0.2));
    for (const { difference } of Object.values(withoutKs(measured))) {
      expect(defined(difference)).toMatchObject({ value: 0, low: 0, high: 0, method: 'exact' });
    }
    const other = binary(labels, scored(0.9, 0.1, 0.8, 0.6, 0.2), scored(0.8, 0.1, 0.8, 0.6, 0.2));
    // Five agreeing rows prove little about the sixth.
    for (const name of ['accuracy', 'precision', 'f1'] as const) {
      const { value, low, high } = defined(other[name].difference);
      expect(value).toBe(0);
      expect(high - low).toBeGreaterThan(0.5);
    }
    expect(defined(other.brier.difference).method).toBe('hall');
    expect(defined(other.auc.difference).high).toBeGreaterThan(0.1);
  });

  test('the same loss on every row of few is not certain', () => {
    const measured = binary([1, 1, 1], scored(0.75, 0.75, 0.75), scored(0.5, 0.5, 0.5));
    const { value, low, high, method } = defined(measured.brier.candidate);
    expect(method).toBe('rule-of-three');
    expect(value).toBe(0.0625);
    expect(low).toBeLessThan(0.02);
    expect(high).toBeGreaterThan(0.6);
    const difference = defined(measured.brier.difference);
    expect(difference.low).toBeLessThan(-0.5);
    expect(difference.high).toBeGreaterThan(0.5);
  });

  test('perfect separation is not certain, nor is the difference of two perfect models', () => {
    const labels = Array.from({ length: 60 }, (_, i) => Number(i >= 30));
    const first = Float64Array.from(labels, (_, i) => i / 60);
    const measured = binary(labels, byScore(first), byScore(first.map((score) => score ** 2)));
    const { value, low, high, method } = defined(measured.auc.candidate);
    expect([value, high, method]).toEqual([1, 1, 'newcombe']);
    expect(low).toBeGreaterThan(0.85);
    expect(low).toBeLessThan(0.97);
    const difference = defined(measured.auc.difference);
    expect(difference.value).toBe(0);
    expect(difference.low).toBeLessThan(-0.02);
  });

  test('a class of a few rows: the interval is wide', () => {
    const labels = Array.from({ length: 200 }, (_, i) => Number(i < 3));
    const scores = Float64Array.from(labels, (label, i) => (label ? 0.9 : (i % 100) / 100));
    const { low, high, method } = defined(binary(labels, byScore(scores)).auc.candidate);
    expect(method).toBe('newcombe');
    expect(high - low).toBeGreaterThan(0.3);
  });

  test('no NaN anywhere, whatever three rows hold', () => {
    const values = [0, 1, 0.5, 1e-320, -1, 2, 1e308, NaN, Infinity];
    for (const a of values) {
      for (const b of values) {
        for (const labels of [
          [0, 0, 0],
          [1, 1, 1],
          [0, 1, 0],
          [1, 1, 0],
        ]) {
          expectNoNaN(binary(labels, scored(a, b, a), scored(b, a, 0.25)));
        }
      }
    }
  });
});

describe('regression', () => {
  const measure = (labels: number[], candidate: number[], baseline: number[] | null = null) =>
    measureAll('regression', {
      labels: Float64Array.from(labels),
      candidate: { kind: 'regression', values: Float64Array.from(candidate) },
      baseline: baseline && { kind: 'regression', values: Float64Array.from(baseline) },
    });

  test('no row, one row', () => {
    for (const { candidate } of Object.values(measure([], []))) expect(reasonOf(candidate)).toBe('no rows');
    for (const { candidate } of Object.values(measure([1], [2]))) expect(reasonOf(candidate)).toBe('one row only');
  });

  test('labels that are all alike have no R²; errors that are all alike no interval', () => {
    const measured = measure([5, 5, 5], [4, 5, 7]);
    expect(reasonOf(measured.r2.candidate)).toBe('all labels are alike');
    expect(valueOf(measured.mae.candidate)).toBe(1);
    const shifted = measure([1, 2, 3], [2, 3, 4]);
    for (const name of ['mae', 'rmse', 'bias'] as const) {
      expect(reasonOf(shifted[name].candidate)).toBe('all 3 rows are alike, so there is no spread to judge by');
    }
    expect(valueOf(shifted.r2.candidate)).toBe(-0.5);
    expect(reasonOf(measure([1, 2, 3], [1, 2, 3]).rmse.candidate)).not.toBeNull();
    expect(reasonOf(measure([1, 2, 3], [1, 2, 3]).r2.candidate)).not.toBeNull();
  });

  test('numbers that are none, or too large', () => {
    expect(reasonOf(measure([1, 2, 3], [1, NaN, 3]).mae.candidate)).toBe('1 row with a non-finite prediction');
    expect(reasonOf(measure([1, NaN, 3], [1, 2, 3]).mae.candidate)).toBe('1 row with a non-finite label');
    expect(reasonOf(measure([1, 2, 3], [1e200, 2e200, 0]).rmse.candidate)).toBe('the values are too large to add up');
    const values = [0, -1, 1e-320, 1e155, 1e308, -1e308, NaN, Infinity];
    for (const a of values) for (const b of values) expectNoNaN(measure([a, 1, b], [b, a, 2], [a, 2, 1]));
  });

  test('models that predict alike', () => {
    const alike = [1.5, 2.5, 3, 4, 7];
    const measured = measure([1, 2, 4, 5, 6], alike, alike);
    for (const { difference } of Object.values(measured)) expect(defined(difference).method).toBe('exact');
  });
});

describe('multiclass', () => {
  const measure = (labels: number[], classes: number[], probabilities: number[] | null = null, k = 3) =>
    measureAll('multiclass', {
      labels: Int32Array.from(labels),
      candidate: {
        kind: 'multiclass',
        classes: Int32Array.from(classes),
        probabilities: probabilities && Float64Array.from(probabilities),
        k,
      },
      baseline: null,
    });

  test('macro F1 is over the classes that occur, and always defined with a row', () => {
    // Class 0: 2/2, class 1: 0 of 1, class 2: 0 of 1; class 3 of k = 4 does not occur.
    expect(valueOf(measure([0, 1], [0, 2], null, 4).macro_f1.candidate)).toBeCloseTo(1 / 3, 15);
    expect(reasonOf(measure([], []).macro_f1.candidate)).toBe('no rows');
  });

  test('all right or all wrong is not certain', () => {
    const right = defined(measure([0, 1, 2, 0], [0, 1, 2, 0]).macro_f1.candidate);
    expect([right.value, right.high, right.method]).toEqual([1, 1, 'effective-wilson']);
    expect(right.low).toBeLessThan(0.1);
    const wrong = defined(measure([0, 0, 0], [1, 1, 1]).macro_f1.candidate);
    expect([wrong.value, wrong.low]).toEqual([0, 0]);
    expect(wrong.high).toBeGreaterThan(0.6);
  });

  test('models are alike when their probabilities are, not when their classes are', () => {
    const labels = Int32Array.of(0, 1, 1, 0);
    const model = (sure: number) =>
      ({
        kind: 'multiclass',
        k: 2,
        classes: Int32Array.of(0, 1, 0, 0),
        probabilities: Float64Array.of(sure, 1 - sure, 1 - sure, sure, sure, 1 - sure, sure, 1 - sure),
      }) as const;
    const same = measureAll('multiclass', { labels, candidate: model(0.75), baseline: model(0.75) });
    const other = measureAll('multiclass', { labels, candidate: model(0.75), baseline: model(0.875) });
    for (const name of ['accuracy', 'macro_f1', 'log_loss'] as const) {
      expect(defined(same[name].difference).method).toBe('exact');
      const { low, high } = defined(other[name].difference);
      expect(high - low).toBeGreaterThan(0.5);
    }
  });

  test('probabilities that are none', () => {
    expect(reasonOf(measure([0, 1], [0, 1]).log_loss.candidate)).toBe('the model returns labels, no scores');
    expect(reasonOf(measure([0, 1], [0, 1], [0.5, 0.5, 0.5, 0, 1, 0]).log_loss.candidate)).toBe(
      '1 row has probabilities that do not add up to 1',
    );
    expect(reasonOf(measure([0, 1], [0, 1], [1, NaN, 0, 0, 1, 0]).accuracy.candidate)).toBe(
      '1 row with a non-finite probability',
    );
    expect(reasonOf(measure([0, 3], [0, 1], [1, 0, 0, 0, 1, 0]).log_loss.candidate)).toContain(
      'not one of the classes',
    );
    expect(reasonOf(measure([0, -1], [0, 1]).macro_f1.candidate)).toContain('not one of the classes');
  });
});

test('what the caller gets wrong is an error, not an estimate', () => {
  const ask = (metrics: MetricName[], labels: Uint8Array | Float64Array, candidate: BinaryPredictions) =>
    measureRows({ task: 'binary', metrics, confidence: 0.95, seed: 1, labels, candidate, baseline: null });
  const one = Uint8Array.of(1);
  expect(() => ask(['mae'], one, scored(0.5))).toThrow('mae does not exist for binary models');
  expect(() => ask(['auc'], one, scored(0.5, 0.5))).toThrow('2 predictions for 1 labels');
  expect(() => ask(['auc'], Float64Array.of(1), scored(0.5))).toThrow('binary labels');
});

describe('mape where labels come near 0', () => {
  const measure = (labels: readonly number[]) =>
    measureAll('regression', {
      labels: Float64Array.from(labels),
      candidate: { kind: 'regression', values: Float64Array.from(labels, (label, i) => label + (i % 2 ? 1 : -0.5)) },
      baseline: null,
    }).mape.candidate;
  const usual = Array.from({ length: 30 }, (_, i) => 10 + i);

  test('labels on both sides of 0: there is no mean to estimate', () => {
    expect(reasonOf(measure([...usual, -3]))).toMatch(/both sides of 0/);
  });

  test('one row carries the mean: undefined, and says how much', () => {
    expect(reasonOf(measure([...usual, 0.01]))).toMatch(/^one row of 31 carries \d+ % of the mean/);
  });

  test('labels far from 0 have one', () => {
    expect(defined(measure(usual)).method).toBe('hall');
  });
});
