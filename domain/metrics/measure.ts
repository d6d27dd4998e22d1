/** What the measure stage calls: the metrics of one segment. */
import type { MeasuredMetrics, MetricEstimates } from '../result.js';
import type { Metric } from './metric.js';
import type { MeasureInput } from './predictions.js';
import { binaryRows, multiclassRows, rankingRows, regressionRows } from './rows.js';
import { metricOf } from './table.js';
import { withoutWeightless } from './weightless.js';

/**
 * Every asked-for metric of the candidate, and with a baseline the baseline's and the paired difference. A function of the
 * set of rows: their order changes no bit.
 * @throws RangeError for a metric that does not exist for the task, or columns of unequal length
 */
export function measureRows(input: MeasureInput): MeasuredMetrics {
  const measure = measurer(withoutWeightless(input));
  const estimates: { -readonly [Name in keyof MeasuredMetrics]: MeasuredMetrics[Name] } = {};
  for (const name of input.metrics) {
    const found = measure(metricOf(name));
    if (found === undefined) throw new RangeError(`${name} does not exist for ${input.task} models`);
    estimates[name] = found;
  }
  return estimates;
}

function measurer(input: MeasureInput): (metric: Metric) => MetricEstimates | undefined {
  switch (input.task) {
    case 'binary': {
      const rows = binaryRows(input);
      return ({ measure }) => measure.binary?.(rows);
    }
    case 'multiclass': {
      const rows = multiclassRows(input);
      return ({ measure }) => measure.multiclass?.(rows);
    }
    case 'regression': {
      const rows = regressionRows(input);
      return ({ measure }) => measure.regression?.(rows);
    }
    case 'ranking': {
      const rows = rankingRows(input);
      return ({ measure }) => measure.ranking?.(rows);
    }
  }
}
