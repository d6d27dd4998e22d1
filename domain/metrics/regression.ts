/** Metrics of a predicted number. Errors are prediction minus label. */
import type { Estimate, MetricEstimates, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { moments, sumOfSquares } from '../statistics/moments.js';
import { compared } from './comparison.js';
import { meanDifference, meanEstimate } from './mean.js';
import type { Metric } from './metric.js';
import type { RegressionPredictions } from './predictions.js';
import type { RegressionRows, Side } from './rows.js';

export const MAE: Metric = {
  name: 'mae',
  description: 'mean absolute error, in the unit of the label',
  direction: 'lower',
  range: [0, Infinity],
  measure: { regression: (rows) => meanOfErrors(rows, Math.abs) },
};

export const BIAS: Metric = {
  name: 'bias',
  description: 'mean error, prediction minus label: above 0 the model predicts too much',
  direction: 'none',
  range: [-Infinity, Infinity],
  measure: { regression: (rows) => meanOfErrors(rows, (error) => error) },
};

export const RMSE: Metric = {
  name: 'rmse',
  description: 'root of the mean squared error, in the unit of the label',
  direction: 'lower',
  range: [0, Infinity],
  measure: {
    regression: (rows) =>
      smooth(rows, { min: 0 }, (errors) => {
        const value = Math.sqrt(sumOfSquares(errors, 0) / errors.length);
        // d sqrt(m)/dm = 1/(2 sqrt(m)), times each row's distance from the mean square m.
        return { value, influence: errors.map((error) => (error * error - value * value) / (2 * value)) };
      }),
  },
};

export const R2: Metric = {
  name: 'r2',
  description: "share of the label's variance that the predictions explain",
  direction: 'higher',
  range: [-Infinity, 1],
  measure: {
    regression: (rows) => {
      const { n, labels } = rows;
      const { mean, alike } = moments(labels);
      const total = sumOfSquares(labels, mean);
      return smooth(rows, { max: 1 }, (errors) => {
        if (alike) return undefinedBecause('all labels are alike');
        const value = 1 - sumOfSquares(errors, 0) / total;
        // The derivative in the labels' mean is 0, so 1 - E/T leaves -(e^2 - (1 - R2) t^2) n/T per row.
        const influence = errors.map(
          (error, i) => (-n * (error * error - (1 - value) * (labels[i]! - mean) ** 2)) / total,
        );
        return { value, influence };
      });
    },
  },
};

function errorsOf(
  { n, labels }: RegressionRows,
  { predictions: { values }, problem }: Side<RegressionPredictions>,
): Float64Array | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (n === 0) return undefinedBecause('no rows');
  if (n === 1) return undefinedBecause('one row only');
  const errors = new Float64Array(n);
  for (let i = 0; i < n; i++) errors[i] = values[i]! - labels[i]!;
  return errors;
}

function meanOfErrors(rows: RegressionRows, loss: (error: number) => number): MetricEstimates {
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameValues,
    n: rows.n,
    prepare: (side) => {
      const errors = errorsOf(rows, side);
      return 'undefined' in errors ? errors : errors.map(loss);
    },
    estimate: (losses) => meanEstimate(losses, null, rows.confidence),
    difference: (candidate, baseline) => meanDifference(candidate, baseline, null, rows.confidence),
  });
}

/** A smooth function of means, and the influence of each row on it (mean 0): the delta method. */
interface Linearised {
  readonly value: number;
  readonly influence: Float64Array;
}

function smooth(
  rows: RegressionRows,
  range: { min?: number; max?: number },
  linearise: (errors: Float64Array) => Linearised | UndefinedEstimate,
): MetricEstimates {
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameValues,
    n: rows.n,
    prepare: (side) => {
      const errors = errorsOf(rows, side);
      return 'undefined' in errors ? errors : linearise(errors);
    },
    estimate: ({ value, influence }) => deltaEstimate(value, influence, range, rows.confidence),
    difference: (candidate, baseline) =>
      deltaEstimate(
        candidate.value - baseline.value,
        candidate.influence.map((own, i) => own - baseline.influence[i]!),
        {},
        rows.confidence,
      ),
  });
}

function deltaEstimate(
  value: number,
  influence: Float64Array,
  range: { min?: number; max?: number },
  confidence: number,
): Estimate {
  const { n, variance, alike } = moments(influence);
  if (alike && Number.isFinite(value))
    return undefinedBecause(`all ${n} rows are alike, so there is no spread to judge by`);
  return estimateOf(
    { value, n, method: 'delta', basis: { kind: 't', se: Math.sqrt(variance / n), df: n - 1, ...range } },
    confidence,
  );
}
