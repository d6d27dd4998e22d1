/** Values equal to scikit-learn 1.6.1, intervals to SciPy, standard errors to numerical derivatives. */
import { describe, expect, test } from 'vitest';
import { studentQuantile } from '../../../domain/statistics/student.js';
import { expectClose, golden, type MeanInterval, type Spread } from '../statistics/golden.js';
import { binary, byScore, defined, measureAll, reasonOf, valueOf } from './inputs.js';

/** Of values, as the issue asks; of numerical derivatives, what those are good for. */
const VALUE = 1e-9;
const DERIVATIVE = 1e-5;

function expectMean(actual: Parameters<typeof defined>[0], expected: MeanInterval): void {
  const { value, low, high, method } = defined(actual);
  expect(method).toBe('hall');
  expectClose(value, expected.value, VALUE, 1e-3);
  expectClose(low, expected.low, VALUE, 1e-3);
  expectClose(high, expected.high, VALUE, 1e-3);
}

function expectSpread(actual: Parameters<typeof defined>[0], { se, skew }: Spread, tolerance = DERIVATIVE): void {
  const { value, basis } = defined(actual);
  if (basis.kind !== 'skewed') throw new Error(basis.kind);
  expectClose(basis.scale === 'root' ? basis.se / (2 * value) : basis.se, se, tolerance);
  expectClose(basis.skew, skew, 10 * tolerance, 0.1);
}

describe.each(golden.binary)('binary: $name', (data) => {
  const scores = (which: 'candidate' | 'baseline') =>
    (data.name === 'single precision' ? Float32Array : Float64Array).from(data[which]);
  const measured = binary(
    data.labels,
    byScore(scores('candidate'), data.threshold),
    byScore(scores('baseline'), data.threshold),
  );
  const rates = [
    'accuracy',
    'precision',
    'recall',
    'fpr',
    'fnr',
    'f1',
    'selection_rate',
    'auc',
    'log_loss',
    'brier',
  ] as const;

  test.each(['candidate', 'baseline'] as const)('%s', (which) => {
    for (const name of rates) {
      const expected = data.expected[which][name] as number | null;
      const actual = measured[name][which];
      if (expected === null) expect(reasonOf(actual)).not.toBeNull();
      else expectClose(valueOf(actual), expected, VALUE, 1);
    }
    for (const name of ['log_loss', 'brier'] as const) {
      const interval = data.expected[which][`${name}_interval`] as MeanInterval;
      const range = [0, name === 'brier' ? 1 : Infinity] as const;
      expectMean(measured[name][which], {
        ...interval,
        low: Math.max(interval.low, range[0]),
        high: Math.min(interval.high, range[1]),
      });
    }
  });

  test('difference', () => {
    for (const name of rates) {
      const { candidate, baseline, difference } = measured[name];
      if (reasonOf(candidate) !== null || reasonOf(baseline) !== null) continue;
      expectClose(valueOf(difference), valueOf(candidate) - valueOf(baseline), 1e-12, 1);
    }
    for (const name of ['log_loss', 'brier'] as const) {
      // Where both models' losses differ by rounding only, there is no spread to compare.
      if (defined(measured[name].difference).method === 'hall') {
        expectMean(measured[name].difference, data.expected.difference[name]!);
      }
    }
  });
});

describe.each(golden.multiclass)('multiclass: $name', ({ k, labels, expected, ...models }) => {
  const predictions = (which: 'candidate' | 'baseline') =>
    ({
      kind: 'multiclass',
      k,
      classes: Int32Array.from(models[which].classes),
      probabilities: Float64Array.from(models[which].probabilities),
    }) as const;
  const measured = measureAll('multiclass', {
    labels: Int32Array.from(labels),
    candidate: predictions('candidate'),
    baseline: predictions('baseline'),
  });

  test.each(['candidate', 'baseline'] as const)('%s', (which) => {
    for (const name of ['accuracy', 'macro_f1', 'log_loss'] as const) {
      expectClose(valueOf(measured[name][which]), expected[which][name] as number, VALUE);
    }
    // Wilson's of as many rows as would vary this much, known no better than from the smallest class.
    const { value, basis } = defined(measured.macro_f1[which]);
    if (basis.kind !== 'proportion') throw new Error(basis.kind);
    const { se } = expected[which]['macro_f1_spread'] as Spread;
    const counts = Array.from({ length: k }, (_, j) => {
      const of = (classes: readonly number[]) => classes.filter((one) => one === j).length;
      // A class's F1 is known from the fewer of its labels and predictions; a class of which there are none of one kind from the others.
      const [labelled, predicted] = [of(labels), of(models[which].classes)];
      return Math.min(labelled, predicted) || Math.max(labelled, predicted);
    });
    const few = (1.959963984540054 / studentQuantile(0.975, Math.min(...counts.filter((count) => count > 0)) - 1)) ** 2;
    expectClose(basis.n, ((value * (1 - value)) / (se * se)) * few, DERIVATIVE);
    expectClose(basis.successes, value * basis.n, 1e-12);
  });

  test('difference', () => {
    expectSpread(measured.macro_f1.difference, expected.difference['macro_f1_spread'] as Spread);
    const { basis } = defined(measured.accuracy.difference);
    const right = (which: 'candidate' | 'baseline') => labels.map((label, i) => label === models[which].classes[i]);
    const [c, b] = [right('candidate'), right('baseline')];
    const count = (x: boolean, y: boolean) => c.filter((hit, i) => hit === x && b[i] === y).length;
    expect(basis).toEqual({
      kind: 'paired',
      a: count(true, true),
      b: count(true, false),
      c: count(false, true),
      d: count(false, false),
    });
  });
});

describe.each(golden.regression)('regression: $name', ({ name, labels, candidate, baseline, expected }) => {
  const measured = measureAll('regression', {
    labels: Float64Array.from(labels),
    candidate: { kind: 'regression', values: Float64Array.from(candidate) },
    baseline: { kind: 'regression', values: Float64Array.from(baseline) },
  });
  // Numerical derivatives lose digits where the labels are a million and the errors ten.
  const derivative = name === 'far from zero' ? 1e-4 : DERIVATIVE;

  test.each(['candidate', 'baseline'] as const)('%s', (which) => {
    const mae = expected[which]['mae'] as MeanInterval;
    expectMean(measured.mae[which], { ...mae, low: Math.max(0, mae.low) });
    expectMean(measured.bias[which], expected[which]['bias'] as MeanInterval);
    for (const metric of ['rmse', 'r2'] as const) {
      expectClose(valueOf(measured[metric][which]), expected[which][metric] as number, VALUE);
      expectSpread(measured[metric][which], expected[which][`${metric}_spread`] as Spread, derivative);
    }
  });

  test('difference', () => {
    expectMean(measured.mae.difference, expected.difference['mae'] as MeanInterval);
    expectMean(measured.bias.difference, expected.difference['bias'] as MeanInterval);
    for (const metric of ['rmse', 'r2'] as const) {
      expectSpread(measured[metric].difference, expected.difference[`${metric}_spread`] as Spread, derivative);
    }
  });
});

describe("Fairlearn's documented example of 18 rows (user guide, assessment)", () => {
  const labels = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1];
  const predicted = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0];
  const groups = 'b b a b b c c c a a c a b c c b c c'.split(' ');

  test.each([
    ['a', 0.5, 1, 0.75, 4],
    ['b', 0.6, 0, 0.5, 6],
    ['c', 0.4, 2 / 3, 0.5, 8],
  ])('group %s', (group, tpr, fpr, selection, count) => {
    const of = (values: readonly number[]) => values.filter((_, i) => groups[i] === group);
    const measured = binary(of(labels), { kind: 'binary', scores: null, positive: Uint8Array.from(of(predicted)) });
    expect(valueOf(measured.recall.candidate)).toBeCloseTo(tpr, 14);
    expect(valueOf(measured.fpr.candidate)).toBeCloseTo(fpr, 14);
    expect(valueOf(measured.selection_rate.candidate)).toBe(selection);
    expect(defined(measured.accuracy.candidate).n).toBe(count);
  });
});
