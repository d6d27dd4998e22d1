/**
 * The area under the ROC curve with DeLong's variance, in O(n log n): DeLong, DeLong & Clarke-Pearson 1988, Biometrics
 * 44:837, with the placements from one sort (Sun & Xu 2014, IEEE Signal Processing Letters 21:1389). Ties count half.
 */
import { square } from './powers.js';
import { ExactSum, exactSum } from './exact-sum.js';
import { classesOf, fewestOf, type ByClass } from './class-units.js';
import type { Linearised } from './linearised.js';
import { areAlike } from './moments.js';
import { ascendingOrderBy, sortedEntries } from './radix-order.js';

/** An AUC, and how many rows of each class it is of. */
export interface Area {
  readonly auc: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * How each row is placed among the rows of the other class: for a positive row among the negative rows that score lower,
 * for a negative row among the positive rows that score higher; ties count half.
 */
export interface Placements extends Area {
  readonly labels: Uint8Array;
  /** By row: twice the number of those rows, which is whole. Divided by twice the rows of the other class it is the placement, 0..1. */
  readonly twice: Uint32Array;
  /**
   * DeLong's variance of the AUC, with one more row of each class that is placed as badly as the worst one seen: near 1 a few rows carry
   * all of the variance, and a small sample seldom holds its share of them. Not a number where a class has less than two rows.
   */
  readonly variance: Variance;
}

/**
 * @param scores n finite scores, higher means more likely positive
 * @param labels n times 0 or 1, both of them present
 */
export function placements(scores: Float64Array | Float32Array, labels: Uint8Array): Placements {
  const n = scores.length;
  let positives = 0;
  const labelled = new Uint32Array(n);
  for (let row = 0; row < n; row++) {
    labelled[row] = 2 * row + labels[row]!;
    positives += labels[row]!;
  }
  const negatives = n - positives;
  const { entries, words } = sortedEntries(scores, labelled);
  const twice = new Uint32Array(n);
  const wins = place(new ScoredRows(words, entries, positives), entries, twice);
  const auc = wins / (2 * positives * negatives);
  const variance = varianceOf(new ScoredRows(words, entries, positives), { auc, positives, negatives });
  return { auc, positives, negatives, labels, twice, variance };
}

// The loops over scores are functions of their own, so that each is compiled as soon as it runs, and for what it does.

/** @returns the sum of twice the placements of the positive rows */
function place(scored: ScoredRows, entries: Uint32Array, twice: Uint32Array): number {
  let wins = 0;
  while (scored.next()) {
    const { start, end, positivesPlace, negativesPlace } = scored;
    for (let i = start; i < end; i++) {
      const entry = entries[i]!;
      twice[entry >>> 1] = (entry & 1) === 1 ? positivesPlace : negativesPlace;
    }
    wins += scored.positives * positivesPlace;
  }
  return wins;
}

function varianceOf(scored: ScoredRows, { auc, positives, negatives }: Area): Variance {
  const ofPositives = new PlacementSpread(auc);
  const ofNegatives = new PlacementSpread(auc);
  while (scored.next()) {
    ofPositives.addTimes(scored.positivesPlace / (2 * negatives), scored.positives);
    ofNegatives.addTimes(scored.negativesPlace / (2 * positives), scored.negatives);
  }
  return twoSampleVariance(ofPositives, ofNegatives);
}

/**
 * Goes from the lowest score to the highest: how many rows of each class have it, and twice how many of the other class they are placed
 * above or below. A cursor, because a call of a function that was handed in costs more than what is done for a row.
 */
class ScoredRows {
  /** The rows of the score are the entries with start <= place < end. */
  start = 0;
  end = 0;
  positives = 0;
  negatives = 0;
  positivesPlace = 0;
  negativesPlace = 0;
  private negativesBelow = 0;

  /** @param positivesAbove of all rows */
  constructor(
    private readonly words: Uint32Array,
    private readonly entries: Uint32Array,
    private positivesAbove: number,
  ) {}

  /** @returns false: there is no other score */
  next(): boolean {
    const { words, entries, end: start } = this;
    if (start >= words.length) return false;
    this.negativesBelow += this.negatives;
    const word = words[start]!;
    let end = start;
    let positives = 0;
    for (; end < words.length && words[end] === word; end++) positives += entries[end]! & 1;
    const negatives = end - start - positives;
    this.start = start;
    this.end = end;
    this.positives = positives;
    this.negatives = negatives;
    this.positivesAbove -= positives;
    this.positivesPlace = 2 * this.negativesBelow + negatives;
    this.negativesPlace = 2 * this.positivesAbove + positives;
    return true;
  }
}

export interface Variance {
  /** Standard error; 0 when neither class varies. */
  readonly se: number;
  /** Degrees of freedom after Satterthwaite, as in Brunner & Munzel 2000, Biometrical Journal 42:17; NaN when se = 0. */
  readonly df: number;
}

/** DeLong's variance of the difference of two AUCs on identical rows, covariance included; one more row as above. */
export function aucDifferenceVariance(first: Placements, second: Placements): Variance {
  const { positives, negatives, labels } = first;
  const ofPositives = new PlacementSpread(first.auc - second.auc);
  const ofNegatives = new PlacementSpread(first.auc - second.auc);
  for (let row = 0; row < labels.length; row++) {
    const a = first.twice[row]!;
    const b = second.twice[row]!;
    if (labels[row] === 1) ofPositives.add(a / (2 * negatives) - b / (2 * negatives));
    else ofNegatives.add(a / (2 * positives) - b / (2 * positives));
  }
  return twoSampleVariance(ofPositives, ofNegatives);
}

/** Placements as {@link PlacementSpread} sees them. */
export interface SeenPlacements {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** The largest squared distance from the mean. */
  readonly farthest: number;
  /** Numbers whose exact sum is that of the squared distances. */
  readonly squares: Iterable<number>;
}

/** How the placements of one class, or their differences, vary around their mean. Exact sums: no order of the rows changes a bit. */
export class PlacementSpread {
  readonly #squares = new ExactSum();
  #count = 0;
  #min = Infinity;
  #max = -Infinity;
  #farthest = 0;

  constructor(private readonly mean: number) {}

  add(placement: number): void {
    this.#squares.add(this.#see(placement));
    this.#count++;
  }

  /** The same as adding it so many times. */
  addTimes(placement: number, times: number): void {
    if (times === 0) return;
    this.#squares.addTimes(this.#see(placement), times);
    this.#count += times;
  }

  /** @returns the squared distance from the mean */
  #see(placement: number): number {
    if (placement < this.#min) this.#min = placement;
    if (placement > this.#max) this.#max = placement;
    const squared = square(placement - this.mean);
    if (squared > this.#farthest) this.#farthest = squared;
    return squared;
  }

  /** What was seen elsewhere, of the same mean. */
  addAll(seen: SeenPlacements): void {
    this.#squares.addAll(seen.squares);
    this.#count += seen.count;
    this.#min = Math.min(this.#min, seen.min);
    this.#max = Math.max(this.#max, seen.max);
    this.#farthest = Math.max(this.#farthest, seen.farthest);
  }

  get count(): number {
    return this.#count;
  }

  /** Variance of the mean of the rows and of the row that is farthest from it once more; 0 when all rows are alike. */
  get ofMean(): number {
    if (areAlike(this.#min, this.#max)) return 0;
    const n = this.#count;
    return (this.#squares.value() + this.#farthest) / (n * (n + 1));
  }
}

export function twoSampleVariance(positives: PlacementSpread, negatives: PlacementSpread): Variance {
  const [ofPositives, ofNegatives] = [positives.ofMean, negatives.ofMean];
  const total = ofPositives + ofNegatives;
  const spread = square(ofPositives) / (positives.count - 1) + square(ofNegatives) / (negatives.count - 1);
  return { se: Math.sqrt(total), df: square(total) / spread };
}

/** Rows of one class, and what they weigh together. */
class Weighed {
  rows = 0;
  weight = 0;

  add(rows: number, weight: number): void {
    this.rows += rows;
    this.weight += weight;
  }
}

/**
 * Of a class: the share of its weight that lies below, ties half. Sums of weights are rounded and numbers of rows are not: where all of the rows
 * lie below, or none, or all are tied, it is exact. Else perfect separation would depend on the unit of the weights.
 */
function shareBelow(below: Weighed, tied: Weighed, whole: Weighed): number {
  if (below.rows === whole.rows) return 1;
  if (below.rows + tied.rows === 0) return 0;
  if (tied.rows === whole.rows) return 0.5;
  return (below.weight + tied.weight / 2) / whole.weight;
}

/** The mean of the positive rows' places, which is one of them to the last bit where they are all the same. */
function meanPlace(placed: Float64Array, labels: Uint8Array, weightOf: (row: number) => number, total: number): number {
  const first = placed[labels.indexOf(1)]!;
  if (placed.every((place, row) => labels[row] !== 1 || place === first)) return first;
  return exactSum(placed.map((place, row) => (labels[row] === 1 ? place * weightOf(row) : 0))) / total;
}

/**
 * The AUC of weighted rows and what each row contributes to it: weight times (placement - auc)/weight of its class.
 * @param weights >= 0, some of each class above 0; null: 1 each
 * @param of how many units each class has
 */
export function weightedPlacements(
  scores: Float64Array | Float32Array,
  labels: Uint8Array,
  weights: Float64Array | null,
  of: ByClass,
): Linearised {
  const n = scores.length;
  const weightOf = (row: number) => weights?.[row] ?? 1;
  const totals = [of[0].total, of[1].total] as const;
  const whole = [new Weighed(), new Weighed()] as const;
  labels.forEach((label) => whole[label as 0 | 1].rows++);
  for (const label of [0, 1] as const) whole[label].weight = totals[label];
  // Rows of one score in the order of their weights: sums that no order of the rows changes.
  const order = ascendingOrderBy(scores, weights);
  const placed = new Float64Array(n);
  const below = [new Weighed(), new Weighed()] as const;
  for (let start = 0; start < n;) {
    const score = scores[order[start]!]!;
    let end = start;
    const tied = [new Weighed(), new Weighed()] as const;
    for (; end < n && scores[order[end]!] === score; end++)
      tied[labels[order[end]!]! as 0 | 1].add(1, weightOf(order[end]!));
    const [ofNegatives, ofPositives] = [
      1 - shareBelow(below[1], tied[1], whole[1]),
      shareBelow(below[0], tied[0], whole[0]),
    ];
    for (let i = start; i < end; i++) placed[order[i]!] = labels[order[i]!] === 1 ? ofPositives : ofNegatives;
    for (const label of [0, 1] as const) below[label].add(tied[label].rows, tied[label].weight);
    start = end;
  }
  const value = meanPlace(placed, labels, weightOf, totals[1]);
  const contributions = placed.map(
    (place, row) => (weightOf(row) * (place - value)) / totals[labels[row] === 1 ? 1 : 0],
  );
  return {
    value: Math.min(1, Math.max(0, value)),
    contributions,
    magnitude: 1,
    reach: fewestOf(of),
    classes: classesOf(labels, of),
  };
}
