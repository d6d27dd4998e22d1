/** Metrics of a predicted number. Errors are prediction minus label. */
import { square } from '../statistics/powers.js';
import type { MetricName } from '../pipeline.js';
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import type { Linearised } from '../statistics/linearised.js';
import { medianOf } from '../statistics/median.js';
import { SAME } from '../statistics/moments.js';
import { measureLinear, type Form } from './linear.js';
import { meanForm, meanOf, total, weightedSum } from './mean.js';
import type { Metric } from './metric.js';
import type { RegressionPredictions } from './predictions.js';
import type { RegressionRows, Side } from './rows.js';

type Loss = (error: number, label: number) => number;

const POSITIVE = [0, Infinity] as const;

export const MAE = meanMetric('mae', 'mean absolute error, in the unit of the label', Math.abs);

export const BIAS: Metric = {
  ...meanMetric('bias', 'mean error, prediction minus label: above 0 the model predicts too much', (error) => error),
  direction: 'none',
  range: [-Infinity, Infinity],
};

export const MAPE: Metric = {
  ...meanMetric('mape', 'mean absolute error as a share of the label', () => 0),
  measure: {
    regression: (rows) =>
      measureLinear(rows, rows.sameValues, meanForm(POSITIVE), (side) => {
        let zeros = 0;
        for (const label of rows.labels) if (label === 0) zeros++;
        if (zeros > 0 && side.problem === null) {
          return undefinedBecause(
            `${zeros} ${zeros === 1 ? 'label is' : 'labels are'} 0, of which no share can be taken`,
          );
        }
        const [min, max] = extremes(rows.labels);
        if (min < 0 && max > 0 && side.problem === null) {
          return undefinedBecause('labels lie on both sides of 0, and near 0 a share of the label has no mean');
        }
        const errors = errorsOf(rows, side);
        if ('undefined' in errors) return errors;
        const shares = errors.map((error, i) => Math.abs(error) / Math.abs(rows.labels[i]!));
        return carriedByOne(shares, rows.weights) ?? meanOf(shares, rows.weights);
      }),
  },
};

/** A row that carries more than this share of the mean is what the mean is about. */
const CARRIED = 0.25;
/** Among fewer rows one may carry that much by chance. */
const FEWEST_TO_CARRY = 20;

/** Why a mean is that of one row: a label near 0 makes its share as large as one likes, and no interval from the rows knows. */
function carriedByOne(values: Float64Array, weights: Float64Array | null): UndefinedEstimate | null {
  const parts = weights === null ? values : values.map((value, i) => value * weights[i]!);
  const largest = parts.reduce((most, part) => Math.max(most, part), 0);
  const share = largest / weightedSum(values, weights);
  if (values.length < FEWEST_TO_CARRY || !(share > CARRIED)) return null;
  return undefinedBecause(
    `one row of ${values.length} carries ${Math.round(100 * share)} % of the mean: its label is near 0`,
  );
}

/** @param quantile that the model predicts, between 0 and 1 */
export function pinball(quantile: number): Metric {
  const loss: Loss = (error) => (error > 0 ? (1 - quantile) * error : -quantile * error);
  return meanMetric(`pinball(${quantile})`, `mean pinball loss of a prediction of the ${quantile} quantile`, loss);
}

export const MEDIAN_AE: Metric = {
  name: 'median_ae',
  description: 'median absolute error, in the unit of the label',
  direction: 'lower',
  range: POSITIVE,
  measure: {
    regression: (rows) =>
      measureLinear(rows, rows.sameValues, { shape: 'plain', method: 'price-bonett', range: POSITIVE }, (side) => {
        const errors = errorsOf(rows, side);
        if ('undefined' in errors) return errors;
        if (rows.weights !== null) return undefinedBecause('the median absolute error takes no weights');
        return medianOf(errors.map(Math.abs));
      }),
  },
};

export const RMSE: Metric = {
  name: 'rmse',
  description: 'root of the mean squared error, in the unit of the label',
  direction: 'lower',
  range: POSITIVE,
  measure: {
    regression: (rows) =>
      smooth(rows, { shape: 'root', method: 'delta', range: POSITIVE }, (errors) => {
        const squares = errors.map((error) => error * error);
        const value = Math.sqrt(weightedSum(squares, rows.weights) / total(rows.weights, rows.n));
        // d sqrt(m)/dm = 1/(2 sqrt(m)), times each row's distance from the mean square m.
        return { value, influence: squares.map((square) => (square - value * value) / (2 * value)), magnitude: value };
      }),
  },
};

export const R2: Metric = {
  name: 'r2',
  description: "share of the label's variance that the predictions explain",
  direction: 'higher',
  range: [-Infinity, 1],
  measure: {
    regression: (rows) =>
      smooth(rows, { shape: 'plain', method: 'delta', range: [-Infinity, 1] }, (errors) => {
        const { labels, weights } = rows;
        const [min, max] = extremes(labels);
        if (max - min <= SAME * Math.max(Math.abs(min), Math.abs(max))) return undefinedBecause('all labels are alike');
        const whole = total(weights, rows.n);
        const mean = weightedSum(labels, weights) / whole;
        const squares = labels.map((label) => square(label - mean));
        const spread = weightedSum(squares, weights) / whole;
        if (spread === 0) return undefinedBecause('all labels with a weight are alike');
        const value =
          1 -
          weightedSum(
            errors.map((error) => error * error),
            weights,
          ) /
            whole /
            spread;
        // The derivative in the labels' mean is 0, so 1 - E/T leaves -(e^2 - (1 - R2) t^2)/T per row.
        const influence = errors.map((error, i) => -(error * error - (1 - value) * squares[i]!) / spread);
        return { value, influence, magnitude: Math.max(1, Math.abs(1 - value)) };
      }),
  },
};

function extremes(values: Float64Array): readonly [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

function meanMetric(name: MetricName, description: string, loss: Loss): Metric {
  return {
    name,
    description,
    direction: 'lower',
    range: POSITIVE,
    measure: {
      regression: (rows) =>
        measureLinear(rows, rows.sameValues, meanForm(name === 'bias' ? null : POSITIVE), (side) =>
          lossesMean(rows, side, loss),
        ),
    },
  };
}

function lossesMean(
  rows: RegressionRows,
  side: Side<RegressionPredictions>,
  loss: Loss,
): Linearised | UndefinedEstimate {
  const errors = errorsOf(rows, side);
  return 'undefined' in errors
    ? errors
    : meanOf(
        errors.map((error, i) => loss(error, rows.labels[i]!)),
        rows.weights,
      );
}

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

/** A smooth function of means, and the influence of each row on it (mean 0): the delta method. */
interface Influences {
  readonly value: number;
  readonly influence: Float64Array;
  readonly magnitude: number;
}

function smooth(rows: RegressionRows, form: Form, linearise: (errors: Float64Array) => Influences | UndefinedEstimate) {
  const { weights, n } = rows;
  return measureLinear(rows, rows.sameValues, form, (side) => {
    const errors = errorsOf(rows, side);
    if ('undefined' in errors) return errors;
    const found = linearise(errors);
    if ('undefined' in found) return found;
    const whole = total(weights, n);
    const { value, influence, magnitude } = found;
    const contributions = influence.map((own, i) => (own * (weights?.[i] ?? 1)) / whole);
    return { value, magnitude, contributions, ...(weights && { counted: weights }) };
  });
}
