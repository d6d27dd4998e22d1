/** One segment's rows, checked once and with what several metrics share. */
import type {
  BinaryPredictions,
  Labels,
  MulticlassPredictions,
  Numbers,
  RegressionPredictions,
} from './predictions.js';
import type { MeasureInput } from './predictions.js';
import { unitsOf, type Units } from '../statistics/linearised.js';

/** One model's predictions, and why no metric can use them (null: they can be used). */
export interface Side<P> {
  readonly predictions: P;
  readonly problem: string | null;
}

export interface Rows<L, P> {
  readonly n: number;
  readonly confidence: number;
  /** null: every row counts once. */
  readonly weights: Float64Array | null;
  readonly costs: Float64Array | null;
  /** null: every row varies on its own. */
  readonly units: Units | null;
  readonly exactShares: boolean;
  readonly seed: number;
  /** null: a row's id is its place here. */
  readonly rowIds: Int32Array | null;
  readonly labels: L;
  readonly candidate: Side<P>;
  readonly baseline: Side<P> | null;
}

/** What metrics of the confusion matrix need of rows that count once each and vary on their own. */
export interface BinaryCounts {
  readonly n: number;
  readonly confidence: number;
  readonly exactShares: boolean;
  /** Rows by label (4), candidate predicted positive (2) and baseline predicted positive (1): 8 counts. */
  readonly counts: readonly number[];
  /** Both models score every row alike. Alike predicted labels are no proof of it, and do not count. */
  readonly sameScores: boolean;
  readonly candidate: Pick<Side<unknown>, 'problem'>;
  readonly baseline: Pick<Side<unknown>, 'problem'> | null;
}

export interface BinaryRows extends Rows<Uint8Array, BinaryPredictions>, BinaryCounts {
  readonly candidate: Side<BinaryPredictions>;
  readonly baseline: Side<BinaryPredictions> | null;
}

export interface MulticlassRows extends Rows<Int32Array, MulticlassPredictions> {
  readonly classNames: readonly string[];
  /** Both models give every class of every row the same probability; alike classes do not count. */
  readonly sameProbabilities: boolean;
}

export interface RegressionRows extends Rows<Float64Array, RegressionPredictions> {
  readonly sameValues: boolean;
}

export interface RankingRows extends RegressionRows {
  /** The items of each group. */
  readonly groups: Units;
}

export function binaryRows(input: MeasureInput): BinaryRows {
  const { labels, candidate, baseline } = input;
  if (!(labels instanceof Uint8Array)) throw new TypeError('binary labels are a Uint8Array');
  const side = (predictions: MeasureInput['candidate']): Side<BinaryPredictions> => {
    if (predictions.kind !== 'binary') throw new TypeError(`${predictions.kind} predictions for a binary task`);
    sameLength(labels, predictions.positive);
    if (predictions.scores !== null) sameLength(labels, predictions.scores);
    return { predictions, problem: badWeights(input) ?? nonFinite(predictions.scores, 'score') };
  };
  const first = side(candidate);
  const second = baseline === null ? null : side(baseline);
  return {
    ...shared(input),
    labels,
    candidate: first,
    baseline: second,
    counts: countCells(labels, first.predictions.positive, second?.predictions.positive ?? null),
    sameScores: equal(first.predictions.scores, second?.predictions.scores),
  };
}

/** As {@link BinaryCounts} has them. Over millions of rows, typed counters take two thirds of the time of a plain list's. */
function countCells(labels: Uint8Array, candidate: Uint8Array, baseline: Uint8Array | null): readonly number[] {
  const counts = new Uint32Array(8);
  if (baseline === null) for (let i = 0; i < labels.length; i++) counts[4 * labels[i]! + 2 * candidate[i]!]!++;
  else for (let i = 0; i < labels.length; i++) counts[4 * labels[i]! + 2 * candidate[i]! + baseline[i]!]!++;
  return Array.from(counts);
}

export function multiclassRows(input: MeasureInput): MulticlassRows {
  const { labels, candidate, baseline } = input;
  if (!(labels instanceof Int32Array)) throw new TypeError('multiclass labels are an Int32Array');
  const side = (predictions: MeasureInput['candidate']): Side<MulticlassPredictions> => {
    if (predictions.kind !== 'multiclass') throw new TypeError(`${predictions.kind} predictions for a multiclass task`);
    const { classes, probabilities, k } = predictions;
    sameLength(labels, classes);
    if (probabilities !== null && probabilities.length !== labels.length * k) {
      throw new RangeError(`${probabilities.length} probabilities for ${labels.length} rows of ${k} classes`);
    }
    const problem = badWeights(input) ?? nonFinite(probabilities, 'probability', k) ?? noClass(labels, classes);
    return { predictions, problem };
  };
  const first = side(candidate);
  const second = baseline === null ? null : side(baseline);
  const [a, b] = [first.predictions, second?.predictions];
  return {
    ...shared(input),
    labels,
    candidate: first,
    baseline: second,
    classNames: input.classNames ?? [],
    sameProbabilities: equal(a.probabilities, b?.probabilities),
  };
}

export function regressionRows(input: MeasureInput): RegressionRows {
  const { labels, candidate, baseline } = input;
  if (!(labels instanceof Float64Array)) throw new TypeError('regression labels are a Float64Array');
  const side = (predictions: MeasureInput['candidate']): Side<RegressionPredictions> => {
    if (predictions.kind !== 'regression')
      throw new TypeError(`${predictions.kind} predictions for a ${input.task} task`);
    sameLength(labels, predictions.values);
    const problem = badWeights(input) ?? nonFinite(predictions.values, 'prediction') ?? nonFinite(labels, 'label');
    return { predictions, problem };
  };
  const first = side(candidate);
  const second = baseline === null ? null : side(baseline);
  return {
    ...shared(input),
    labels,
    candidate: first,
    baseline: second,
    sameValues: equal(first.predictions.values, second?.predictions.values),
  };
}

export function rankingRows(input: MeasureInput): RankingRows {
  const { groups } = input;
  if (groups === undefined || groups === null) throw new TypeError('ranking needs groups');
  sameLength(input.labels, groups);
  return { ...regressionRows(input), groups: unitsOf(groups) };
}

function shared({ labels, confidence, weights, costs, clusters, proportions, seed, rowIds }: MeasureInput) {
  for (const column of [weights, costs, clusters, rowIds]) if (column) sameLength(labels, column);
  return {
    n: labels.length,
    confidence,
    weights: weights ?? null,
    costs: costs ?? null,
    units: clusters ? unitsOf(clusters) : null,
    exactShares: proportions === 'exact',
    seed,
    rowIds: rowIds ?? null,
  };
}

/** Why nothing can be weighted so, or null. */
function badWeights({ weights }: MeasureInput): string | null {
  if (!weights || weights.length === 0) return null;
  let bad = 0;
  for (const weight of weights) if (!(weight >= 0 && weight < Infinity)) bad++;
  if (bad > 0) return `${bad} ${bad === 1 ? 'row' : 'rows'} with a weight that is negative or no number`;
  return weights.some((weight) => weight > 0) ? null : 'every row has weight 0';
}

/** "3 rows with a non-finite score", or null. A row has `width` numbers. */
function nonFinite(values: Numbers | null, what: string, width = 1): string | null {
  if (values === null || isFiniteBetween(values, 0, values.length)) return null;
  let rows = 0;
  for (let start = 0; start < values.length; start += width) {
    if (!isFiniteBetween(values, start, start + width)) rows++;
  }
  return nonFiniteRows(rows, what);
}

/** A number less itself is 0, unless it is not finite: then it is NaN, and so is every sum with it. */
function isFiniteBetween(values: Numbers, start: number, end: number): boolean {
  let apart = 0;
  for (let i = start; i < end; i++) apart += values[i]! - values[i]!;
  return apart === 0;
}

/** "3 rows with a non-finite score"; null for none. */
export function nonFiniteRows(rows: number, what: string): string | null {
  return rows === 0 ? null : `${rows} ${rows === 1 ? 'row' : 'rows'} with a non-finite ${what}`;
}

/** Negative class indices stand for a class that is not one of the task's. */
function noClass(labels: Int32Array, classes: Int32Array): string | null {
  let rows = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i]! < 0 || classes[i]! < 0) rows++;
  return rows === 0
    ? null
    : `${rows} ${rows === 1 ? 'row' : 'rows'} whose label or prediction is not one of the classes`;
}

function sameLength(labels: Labels, values: ArrayLike<number>): void {
  if (values.length !== labels.length) throw new RangeError(`${values.length} predictions for ${labels.length} labels`);
}

function equal(a: ArrayLike<number> | null, b: ArrayLike<number> | null | undefined): boolean {
  if (a === null || b === null || b === undefined) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
