/** Losses of predicted probabilities: means over the rows. */
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { compared } from './comparison.js';
import { meanDifference, meanEstimate, type LossRange } from './mean.js';
import type { Metric } from './metric.js';
import type { BinaryPredictions, MulticlassPredictions, Numbers } from './predictions.js';
import type { BinaryRows, MulticlassRows, Side } from './rows.js';

export const NO_SCORES: UndefinedEstimate = undefinedBecause('the model returns labels, no scores');

/** Probabilities are clipped to [eps, 1 - eps] with the eps of doubles, as scikit-learn does: no loss is infinite. */
const EPS = Number.EPSILON;
const LOG_LOSS_RANGE: readonly [number, number] = [0, -Math.log(EPS)];
/** What the probabilities of a row may miss 1 by, for models that compute in single precision. */
const SUM_TOLERANCE = 1e-3;

/** Not `0 - Math.log`: -log(1 - EPS) is tiny but not 0, and so is scikit-learn's. */
function negativeLog(probability: number): number {
  return -Math.log(Math.min(Math.max(probability, EPS), 1 - EPS));
}

export const LOG_LOSS: Metric = {
  name: 'log_loss',
  description: 'mean negative logarithm of the probability given to the true class',
  direction: 'lower',
  range: LOG_LOSS_RANGE,
  measure: {
    binary: (rows) =>
      meanOfScores(rows, LOG_LOSS_RANGE, (score, label) => negativeLog(label === 1 ? score : 1 - score)),
    multiclass: (rows) =>
      compared({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameProbabilities,
        n: rows.n,
        prepare: (side) => multiclassLosses(rows, side),
        estimate: (losses) => meanEstimate(losses, LOG_LOSS_RANGE, rows.confidence),
        difference: (candidate, baseline) => meanDifference(candidate, baseline, LOG_LOSS_RANGE, rows.confidence),
      }),
  },
};

export const BRIER: Metric = {
  name: 'brier',
  description: 'mean squared distance of the predicted probability from the label',
  direction: 'lower',
  range: [0, 1],
  measure: { binary: (rows) => meanOfScores(rows, [0, 1], (score, label) => (score - label) ** 2) },
};

function meanOfScores(rows: BinaryRows, range: LossRange, loss: (score: number, label: number) => number) {
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameScores,
    n: rows.n,
    prepare: (side: Side<BinaryPredictions>) => {
      const { scores } = side.predictions;
      if (side.problem !== null) return undefinedBecause(side.problem);
      if (scores === null) return NO_SCORES;
      const problem = notProbabilities(scores);
      if (problem !== null) return undefinedBecause(problem);
      const losses = new Float64Array(rows.n);
      for (let i = 0; i < rows.n; i++) losses[i] = loss(scores[i]!, rows.labels[i]!);
      return losses;
    },
    estimate: (losses) => meanEstimate(losses, range, rows.confidence),
    difference: (candidate, baseline) => meanDifference(candidate, baseline, range, rows.confidence),
  });
}

function multiclassLosses(
  { n, labels }: MulticlassRows,
  { predictions: { probabilities, k }, problem }: Side<MulticlassPredictions>,
): Float64Array | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (probabilities === null) return NO_SCORES;
  const wrong = notProbabilities(probabilities) ?? notSummingToOne(probabilities, k);
  if (wrong !== null) return undefinedBecause(wrong);
  const losses = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (labels[i]! >= k) return undefinedBecause('a label is not one of the classes that the model knows');
    losses[i] = negativeLog(probabilities[i * k + labels[i]!]!);
  }
  return losses;
}

function notProbabilities(values: Numbers): string | null {
  let bad = 0;
  for (const value of values) if (value < 0 || value > 1) bad++;
  return bad === 0
    ? null
    : `${bad} ${bad === 1 ? 'score lies' : 'scores lie'} outside of 0 to 1, so they are no probabilities`;
}

function notSummingToOne(values: Numbers, k: number): string | null {
  let bad = 0;
  for (let start = 0; start < values.length; start += k) {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += values[start + j]!;
    if (Math.abs(sum - 1) > SUM_TOLERANCE) bad++;
  }
  return bad === 0 ? null : `${bad} ${bad === 1 ? 'row has' : 'rows have'} probabilities that do not add up to 1`;
}
