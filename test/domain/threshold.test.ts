import { expect, it } from 'vitest';
import { metricsFor } from '../../domain/metrics/table.js';
import { beyondProbability, metricsOfThreshold } from '../../domain/threshold.js';

it('every binary metric of predicted positives needs the threshold', () => {
  const all = metricsFor('binary').map(({ name }) => name);
  expect([...metricsOfThreshold([...all, 'f_beta(2)'])].sort()).toEqual(
    [
      'accuracy',
      'balanced_accuracy',
      'precision',
      'recall',
      'specificity',
      'fpr',
      'fnr',
      'f1',
      'mcc',
      'selection_rate',
      'cost',
      'f_beta(2)',
    ].sort(),
  );
});

it('scores outside of 0 to 1 are counted from piece to piece, and the first is kept', () => {
  const first = beyondProbability([0, 1, 0.5, 1.0005], 0, null);
  expect(first).toBeNull();
  const second = beyondProbability([0.5, 75, NaN, Infinity, -3], 4, first);
  expect(second).toEqual({ count: 2, row: 5, score: 75 });
  expect(beyondProbability([1.5], 9, second)).toEqual({ count: 3, row: 5, score: 75 });
});
