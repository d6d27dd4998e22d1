/** What functions of the whole confusion matrix have in common, whether rows count once each or weigh unevenly. */
import type { MetricName } from '../pipeline.js';
import type { Estimate, IntervalBasis } from '../result.js';
import { estimateOf } from '../statistics/estimate.js';
import { fewUnits } from './linear.js';
import type { BinaryCounts } from './rows.js';

/** Rows, or their weights, by 2 * label + predicted: tn, fp, fn, tp. */
export type Cells = readonly [number, number, number, number];

export interface CountMetric {
  readonly name: MetricName;
  readonly description: string;
  /** `signed`: between -1 and 1 instead of 0 and 1. */
  readonly shape: 'share' | 'signed';
  /** It is about the positive rows, in labels or predictions: without negative rows it is as well known. */
  readonly ofPositives?: true;
  /** Why it does not exist for these counts, or null. */
  readonly problem: (cells: Cells) => string | null;
  readonly value: (cells: Cells) => number;
  /** The value's derivative in each count. */
  readonly gradient: (cells: Cells) => Cells;
}

/** Added to each of the 4 cells for a value's variance: Agresti & Caffo 2000, American Statistician 54:280. */
export const SMOOTHING = 1;
/** Added to each of the 8 joint cells for a difference's variance: Agresti & Min 2005, Statistics in Medicine 24:729. */
export const JOINT_SMOOTHING = 0.5;

/** Units of either class: rows, or as many as would say as much. */
interface UnitsOfClasses {
  readonly negatives: number;
  readonly positives: number;
}

/** As many rows as would give a share of this value this variance, both of the smoothed counts. */
export function countEstimate(
  metric: CountMetric,
  {
    cells,
    smoothed,
    variance,
    ...units
  }: UnitsOfClasses & { readonly cells: Cells; readonly smoothed: Cells; readonly variance: number },
  rows: Pick<BinaryCounts, 'n' | 'confidence'>,
): Estimate {
  const signed = metric.shape === 'signed';
  const share = (value: number) => (signed ? (value + 1) / 2 : value);
  const middle = share(metric.value(smoothed));
  const n = ((middle * (1 - middle)) / (signed ? variance / 4 : variance)) * fewUnits(unitsBehind(metric, units) - 1);
  const scale = signed ? { scale: 'signed' as const } : {};
  const value = metric.value(cells);
  const basis: IntervalBasis = { kind: 'proportion', n, ...scale, successes: share(value) * n };
  return estimateOf({ value, n: rows.n, method: 'effective-wilson', basis }, rows.confidence);
}

/** Student's t, because the variance of what hangs on a few rows is itself known from so few. */
export function countDifference(
  metric: CountMetric,
  { value, variance, ...units }: UnitsOfClasses & { readonly value: number; readonly variance: number },
  rows: Pick<BinaryCounts, 'n' | 'confidence'>,
): Estimate {
  const width = metric.shape === 'signed' ? 2 : 1;
  const df = Math.max(1, unitsBehind(metric, units) - 1);
  const basis = { kind: 't', se: Math.sqrt(variance), df, min: -width, max: width } as const;
  return estimateOf({ value, n: rows.n, method: 'delta', basis }, rows.confidence);
}

/** Units of the class that tells least about the value. */
function unitsBehind({ ofPositives }: CountMetric, { negatives, positives }: UnitsOfClasses): number {
  if (ofPositives === true && positives > 0) return positives;
  return Math.min(negatives, positives) || Math.max(negatives, positives);
}

/** From the 8 joint counts to the 4 of one model. */
export function cellsWhere(predicted: (cell: number) => boolean, counts: readonly number[]): Cells {
  const cells: [number, number, number, number] = [0, 0, 0, 0];
  counts.forEach((count, cell) => (cells[(cell & 4 ? 2 : 0) + Number(predicted(cell))]! += count));
  return cells;
}

/** How far one row of each of the 8 joint cells moves the difference of the two models' values. */
export function jointSlopes(metric: CountMetric, joint: readonly number[]): readonly number[] {
  const [first, second] = ([2, 1] as const).map((bit) =>
    metric.gradient(cellsWhere((cell) => (cell & bit) !== 0, joint)),
  ) as [Cells, Cells];
  return joint.map((_, cell) => {
    const label = cell & 4 ? 2 : 0;
    return first[label + ((cell >> 1) & 1)]! - second[label + (cell & 1)]!;
  });
}
