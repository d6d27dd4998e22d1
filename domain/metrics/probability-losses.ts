/** Losses of predicted probabilities: means over the rows. */
import { square } from '../statistics/powers.js';
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import type { Linearised } from '../statistics/linearised.js';
import { measureLinear } from './linear.js';
import { meanForm, meanOf, type LossRange } from './mean.js';
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
      measureLinear(rows, rows.sameProbabilities, meanForm(LOG_LOSS_RANGE), (side) => multiclassLosses(rows, side)),
  },
};

export const BRIER: Metric = {
  name: 'brier',
  description: 'mean squared distance of the predicted probability from the label',
  direction: 'lower',
  range: [0, 1],
  measure: { binary: (rows) => meanOfScores(rows, [0, 1], (score, label) => square(score - label)) },
};

function meanOfScores(rows: BinaryRows, range: LossRange, loss: (score: number, label: number) => number) {
  return measureLinear(rows, rows.sameScores, meanForm(range), (side) => {
    const scores = probabilitiesOf(side);
    if ('undefined' in scores) return scores;
    const losses = new Float64Array(rows.n);
    const missed = new Float64Array(rows.n);
    for (let i = 0; i < rows.n; i++) {
      losses[i] = loss(scores[i]!, rows.labels[i]!);
      missed[i] = loss(scores[i]!, 1 - rows.labels[i]!);
    }
    return meanOf(losses, rows.weights, missed);
  });
}

/** The scores, if they are probabilities. */
export function probabilitiesOf({
  predictions: { scores },
  problem,
}: Side<BinaryPredictions>): Numbers | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (scores === null) return NO_SCORES;
  const wrong = notProbabilities(scores);
  return wrong === null ? scores : undefinedBecause(wrong);
}

function multiclassLosses(
  { n, labels, weights }: MulticlassRows,
  { predictions: { probabilities, k }, problem }: Side<MulticlassPredictions>,
): Linearised | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (probabilities === null) return NO_SCORES;
  const wrong = notProbabilities(probabilities) ?? notSummingToOne(probabilities, k);
  if (wrong !== null) return undefinedBecause(wrong);
  const losses = new Float64Array(n);
  const missed = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const label = labels[i]!;
    if (label >= k) return undefinedBecause('a label is not one of the classes that the model knows');
    losses[i] = negativeLog(probabilities[i * k + label]!);
    // Had another class been true: as much as they lose on average.
    let others = 0;
    for (let j = 0; j < k; j++) if (j !== label) others += negativeLog(probabilities[i * k + j]!);
    missed[i] = k > 1 ? others / (k - 1) : losses[i]!;
  }
  return meanOf(losses, weights, missed);
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
