/** Metrics of a predicted class. */
import type { PlainMetricName } from '../pipeline.js';
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { SMALL_CLASS, unitsOfClass, type ClassUnits } from '../statistics/class-units.js';
import { exactSum } from '../statistics/exact-sum.js';
import { square } from '../statistics/powers.js';
import type { Linearised } from '../statistics/linearised.js';
import { ACCURACY_RATE, measureCountedRate, measureRate } from './binary-rates.js';
import { SMOOTHING } from './count-metric.js';
import { measureLinear, type Form } from './linear.js';
import { kish, total } from './mean.js';
import type { Metric } from './metric.js';
import type { MulticlassPredictions } from './predictions.js';
import { NO_SCORES } from './probability-losses.js';
import type { MulticlassRows, Side } from './rows.js';
import { measureHits, UNEVEN_SHARE } from './shares.js';

export const ACCURACY: Metric = {
  name: ACCURACY_RATE.name,
  description: ACCURACY_RATE.description,
  direction: ACCURACY_RATE.direction,
  range: [0, 1],
  measure: {
    binary: (rows) => measureRate(ACCURACY_RATE, rows),
    multiclass: (rows) => measureHits(rows, (side) => rightRows(rows, side)),
  },
  ofTally: (tally) => measureCountedRate(ACCURACY_RATE, tally),
};

/** With one label and one prediction per row, micro-averaged F1, precision and recall are the accuracy. */
export function microAverage(name: PlainMetricName): Metric {
  return {
    name,
    description: 'over all classes together; with one class per row the same as accuracy',
    direction: 'higher',
    range: [0, 1],
    measure: { multiclass: (rows) => measureHits(rows, (side) => rightRows(rows, side)) },
  };
}

/** @param k whole and above 0 */
export function topKAccuracy(k: number): Metric {
  return {
    name: `top_k_accuracy(${k})`,
    description: `share of rows whose class is among the ${k} most probable ones`,
    direction: 'higher',
    range: [0, 1],
    measure: { multiclass: (rows) => measureHits(rows, (side) => inTop(k, rows, side)) },
  };
}

/** 1 where the predicted class is the label, else 0. */
function rightRows({ n, labels }: MulticlassRows, { predictions }: Side<MulticlassPredictions>): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => Number(labels[i] === predictions.classes[i]));
}

/** Of equally probable classes the later one counts as more probable, as in scikit-learn. */
function inTop(
  top: number,
  { n, labels }: MulticlassRows,
  { predictions: { probabilities, k } }: Side<MulticlassPredictions>,
): Uint8Array | UndefinedEstimate {
  if (probabilities === null) return NO_SCORES;
  const hits = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const label = labels[i]!;
    if (label >= k) return undefinedBecause('a label is not one of the classes that the model knows');
    const own = probabilities[i * k + label]!;
    let before = 0;
    for (let j = 0; j < k; j++) {
      const other = probabilities[i * k + j]!;
      if (other > own || (other === own && j > label)) before++;
    }
    hits[i] = Number(before < top);
  }
  return hits;
}

export type ClassScore = 'f1' | 'precision' | 'recall';

/** `macro`: every class that is seen or predicted counts alike; `weighted`: by its number of labels. */
export function classAverage(average: 'macro' | 'weighted', score: ClassScore): Metric {
  const what = { f1: 'F1', precision: 'precision', recall: 'recall' }[score];
  return {
    name: `${average}_${score}`,
    description:
      average === 'macro'
        ? `mean over the classes, seen or predicted, of their ${what}`
        : `mean over the classes, by their number of rows, of their ${what}`,
    direction: 'higher',
    range: [0, 1],
    measure: {
      multiclass: (rows) =>
        measureLinear(rows, rows.sameProbabilities, AVERAGE_FORMS[average], (side) =>
          averaged(average, score, rows, side),
        ),
    },
  };
}

/** A plain mean over the classes is known no better than its smallest class. */
const AVERAGE_FORMS: Readonly<Record<'macro' | 'weighted', Form>> = {
  macro: { ...UNEVEN_SHARE, few: true },
  weighted: UNEVEN_SHARE,
};

/** Delta method; for macro F1 see Takahashi et al. 2022, Applied Intelligence 52:4961. */
function averaged(
  average: 'macro' | 'weighted',
  score: ClassScore,
  { n, labels, weights, units }: MulticlassRows,
  { predictions: { classes }, problem }: Side<MulticlassPredictions>,
): Linearised | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (n === 0) return undefinedBecause('no rows');
  const { hits, labelled, predicted } = countClasses(labels, classes, weights);
  const base = score === 'precision' ? predicted : labelled;
  // A class that occurs has labelled + predicted > 0, so its F1 exists; a precision or recall without rows counts as 0.
  const size = score === 'f1' ? labelled.map((count, j) => count + predicted[j]!) : base;
  const scores = hits.map((count, j) => (size[j] === 0 ? 0 : ((score === 'f1' ? 2 : 1) * count) / size[j]!));
  const whole = total(weights, n);
  const occurring = labelled.filter((count, j) => count + predicted[j]! > 0).length;
  const shares = labelled.map((count, j) =>
    average === 'weighted' ? count / whole : count + predicted[j]! > 0 ? 1 / occurring : 0,
  );
  let value = 0;
  for (let j = 0; j < scores.length; j++) value += shares[j]! * scores[j]!;
  const step = (j: number, event: number) => (size[j] === 0 ? 0 : (shares[j]! * (event - scores[j]!)) / size[j]!);
  const contributions = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [label, guess] = [labels[i]!, classes[i]!];
    const event = Number(label === guess);
    let own = average === 'macro' ? 0 : (scores[label]! - value) / whole;
    if (score !== 'precision') own += step(label, event);
    if (score !== 'recall') own += step(guess, event);
    contributions[i] = own * (weights?.[i] ?? 1);
  }
  const bases = Array.from(shares, (share, j) => baseOf(score, j, share, { labels, classes, weights, units }));
  const hidden = exactSum(
    bases.map(({ effective, weight }, j) =>
      effective >= SMALL_CLASS ? 0 : hiddenVariance(shares[j]!, (score === 'f1' ? 2 : 1) * hits[j]!, size[j]!, weight),
    ),
  );
  const smallest = bases.reduce((least, { effective }) => Math.min(least, effective || Infinity), n);
  const reach = average === 'macro' ? smallest : Math.min(kish(weights, n), units?.count ?? n);
  return {
    value: Math.min(1, value),
    contributions,
    magnitude: 1,
    reach,
    hidden,
    ...(weights && { counted: weights }),
  };
}

/**
 * Added to each share of a small class, one right and one wrong, for its variance and not for its value: Agresti & Caffo 2000, American
 * Statistician 54:280. What is predicted once and wrongly has a precision of 0, and without it no variance: a difference would be beyond doubt.
 * @param unit how much one of the class's units weighs
 */
function hiddenVariance(share: number, hits: number, size: number, unit: number): number {
  const whole = size + 2 * SMOOTHING * unit;
  const p = (hits + SMOOTHING * unit) / whole;
  return SMOOTHING * square((share * unit) / whole) * (square(p) + square(1 - p));
}

/** The rows that a class's score is of: those predicted, those labelled or, of F1, the fewer. If there are none, the others: the class occurs. */
function baseOf(
  score: ClassScore,
  j: number,
  share: number,
  { labels, classes, weights, units }: Pick<MulticlassRows, 'labels' | 'weights' | 'units'> & { classes: Int32Array },
): ClassUnits {
  if (share === 0) return { total: 0, effective: 0, weight: 0 };
  const labelled = unitsOfClass(labels, j, weights, units);
  const predicted = unitsOfClass(classes, j, weights, units);
  const [own, other] = score === 'recall' ? [labelled, predicted] : [predicted, labelled];
  if (own.effective === 0) return other;
  return score === 'f1' && other.effective > 0 && other.effective < own.effective ? other : own;
}

/** Per class: rows (or weights) labelled, predicted, and both. */
function countClasses(labels: Int32Array, classes: Int32Array, weights: Float64Array | null) {
  let k = 0;
  for (let i = 0; i < labels.length; i++) k = Math.max(k, labels[i]! + 1, classes[i]! + 1);
  const sums = (has: (i: number, j: number) => boolean) =>
    Float64Array.from({ length: k }, (_, j) => sumWhere((i) => has(i, j), labels.length, weights));
  const labelled = sums((i, j) => labels[i] === j);
  const predicted = sums((i, j) => classes[i] === j);
  const hits = sums((i, j) => labels[i] === j && classes[i] === j);
  return { hits, labelled, predicted };
}

function sumWhere(has: (i: number) => boolean, n: number, weights: Float64Array | null): number {
  if (weights !== null) return exactSum(weights.map((weight, i) => (has(i) ? weight : 0)));
  let count = 0;
  for (let i = 0; i < n; i++) if (has(i)) count++;
  return count;
}
