/** How much evidence there is of each class: a value that hangs on few positive rows is no better known than from so few. */
import { exactSum } from './exact-sum.js';
import { totalsOf, type Classes, type Units } from './linearised.js';
import { square } from './powers.js';

/** A class of fewer units has no spread to speak of. */
export const SMALL_CLASS = 10;

export interface ClassUnits {
  /** Weight of all of them. */
  readonly total: number;
  /** Units (rows, or clusters with a row of the class) that would say as much if each weighed the same (Kish 1965). */
  readonly effective: number;
  /** Weight of one of them. */
  readonly weight: number;
}

/** Of the rows labelled 0 and of those labelled 1. */
export type ByClass = readonly [negatives: ClassUnits, positives: ClassUnits];

/**
 * @param labels n times 0 or 1
 * @param weights >= 0; null: 1 each
 * @param units null: every row varies on its own
 */
export function classUnits(labels: Uint8Array, weights: Float64Array | null, units: Units | null): ByClass {
  return [unitsOfClass(labels, 0, weights, units), unitsOfClass(labels, 1, weights, units)];
}

/** Of the rows with this label; of any labels, as {@link classUnits} of two. */
export function unitsOfClass(
  labels: Uint8Array | Int32Array,
  label: number,
  weights: Float64Array | null,
  units: Units | null,
): ClassUnits {
  if (weights === null && units === null) {
    let rows = 0;
    for (const own of labels) if (own === label) rows++;
    return { total: rows, effective: rows, weight: rows === 0 ? 0 : 1 };
  }
  const weighed = Float64Array.from(labels, (own, row) => (own === label ? (weights?.[row] ?? 1) : 0));
  const totals = units === null ? weighed : totalsOf(weighed, units);
  const whole = exactSum(totals);
  const squares = exactSum(totals.map((total) => total * total));
  if (whole === 0) return { total: 0, effective: 0, weight: 0 };
  return { total: whole, effective: square(whole) / squares, weight: squares / whole };
}

/** For {@link Classes}: what a statistic's degrees of freedom follow from. */
export function classesOf(labels: Uint8Array, [negatives, positives]: ByClass): Classes {
  return { labels, units: [negatives.effective, positives.effective] };
}

/** Of the class that says least. */
export function fewestOf([negatives, positives]: ByClass): number {
  return Math.min(negatives.effective, positives.effective);
}
