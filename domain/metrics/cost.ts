/** What a model's wrong predictions cost. */
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import type { Linearised } from '../statistics/linearised.js';
import { measureLinear } from './linear.js';
import { meanForm, meanOf } from './mean.js';
import type { Metric } from './metric.js';
import type { BinaryRows, MulticlassRows } from './rows.js';

export const COST: Metric = {
  name: 'cost',
  description: 'mean cost of a row: its own cost where the prediction is wrong, else 0',
  direction: 'lower',
  range: [0, Infinity],
  measure: {
    binary: (rows) =>
      measureLinear(rows, rows.sameScores, meanForm([0, Infinity]), ({ predictions, problem }) =>
        problem === null ? costOf(rows, predictions.positive) : undefinedBecause(problem),
      ),
    multiclass: (rows) =>
      measureLinear(rows, rows.sameProbabilities, meanForm([0, Infinity]), ({ predictions, problem }) =>
        problem === null ? costOf(rows, predictions.classes) : undefinedBecause(problem),
      ),
  },
};

/** A row that the sample has missed: what those that are right would cost if they were wrong. */
function costOf(
  { n, labels, costs, weights }: BinaryRows | MulticlassRows,
  predicted: ArrayLike<number>,
): Linearised | UndefinedEstimate {
  if (costs === null) return undefinedBecause('the pipeline says no costs');
  let bad = 0;
  for (const cost of costs) if (!(cost >= 0 && cost < Infinity)) bad++;
  if (bad > 0)
    return undefinedBecause(`${bad} ${bad === 1 ? 'row' : 'rows'} with a cost that is negative or no number`);
  const wrong = (i: number) => predicted[i] !== labels[i];
  const spent = Float64Array.from({ length: n }, (_, i) => (wrong(i) ? costs[i]! : 0));
  const missed = Float64Array.from({ length: n }, (_, i) => (wrong(i) ? 0 : costs[i]!));
  return meanOf(spent, weights, missed);
}
