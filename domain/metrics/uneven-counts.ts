/**
 * Functions of the whole confusion matrix when rows have weights or come in clusters. What a row is to the plain ones is here a unit: a
 * row of its weight, or a cluster's rows together. With weights of 1 and every row on its own both are the same to the last bits.
 */
import type { MetricEstimates } from '../result.js';
import { classUnits, type ByClass } from '../statistics/class-units.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import { totalsOf } from '../statistics/linearised.js';
import { square } from '../statistics/powers.js';
import { compared } from './comparison.js';
import {
  countDifference,
  countEstimate,
  JOINT_SMOOTHING,
  jointSlopes,
  SMOOTHING,
  type Cells,
  type CountMetric,
} from './count-metric.js';
import type { BinaryPredictions } from './predictions.js';
import type { BinaryRows, Side } from './rows.js';

interface Prepared {
  readonly cells: Cells;
  readonly positive: Uint8Array;
}

const CELLS = [0, 1, 2, 3] as const;
const JOINT_CELLS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export function measureUnevenCounts(metric: CountMetric, rows: BinaryRows): MetricEstimates {
  const { n, labels, units } = rows;
  const classes = classUnits(labels, rows.weights, units);
  const cellOf = (positive: Uint8Array, row: number): 0 | 1 | 2 | 3 =>
    (2 * labels[row]! + positive[row]!) as 0 | 1 | 2 | 3;
  const [negatives, positives] = [classes[0].effective, classes[1].effective];
  return compared<Side<BinaryPredictions>, Prepared>({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameScores,
    n,
    prepare: ({ predictions: { positive }, problem }) => {
      if (problem !== null) return undefinedBecause(problem);
      if (n === 0) return undefinedBecause('no rows');
      const cells = CELLS.map((cell) => weightWhere(rows, (row) => cellOf(positive, row) === cell));
      const none = metric.problem(cells as unknown as Cells) ?? (units?.count === 1 ? 'one cluster only' : null);
      return none === null ? { cells: cells as unknown as Cells, positive } : undefinedBecause(none);
    },
    estimate: ({ cells, positive }) => {
      const smoothed = CELLS.map(
        (cell) => cells[cell] + SMOOTHING * unitWeight(classes, cell >> 1),
      ) as unknown as Cells;
      const slopes = metric.gradient(smoothed);
      const seen = varianceOf(rows, (row) => slopes[cellOf(positive, row)]);
      const added = CELLS.map((cell) => SMOOTHING * square(unitWeight(classes, cell >> 1) * slopes[cell]));
      return countEstimate(metric, { cells, smoothed, variance: seen + exactSum(added), negatives, positives }, rows);
    },
    difference: (first, second) => {
      const jointOf = (row: number): number => 4 * labels[row]! + 2 * first.positive[row]! + second.positive[row]!;
      const joint = JOINT_CELLS.map(
        (cell) => weightWhere(rows, (row) => jointOf(row) === cell) + JOINT_SMOOTHING * unitWeight(classes, cell >> 2),
      );
      const slopes = jointSlopes(metric, joint);
      const seen = varianceOf(rows, (row) => slopes[jointOf(row)]!);
      const added = JOINT_CELLS.map((cell) => JOINT_SMOOTHING * square(unitWeight(classes, cell >> 2) * slopes[cell]!));
      const value = metric.value(first.cells) - metric.value(second.cells);
      return countDifference(metric, { value, variance: seen + exactSum(added), negatives, positives }, rows);
    },
  });
}

function weightWhere({ n, weights }: BinaryRows, wanted: (row: number) => boolean): number {
  return exactSum(Float64Array.from({ length: n }, (_, row) => (wanted(row) ? (weights?.[row] ?? 1) : 0)));
}

/** Of one unit of the class; where it has none, of the other one. */
function unitWeight(classes: ByClass, label: number): number {
  const [own, other] = label === 1 ? [classes[1], classes[0]] : classes;
  return own.weight > 0 ? own.weight : other.weight;
}

/** Sum over the units of the squares of what their rows add up to. */
function varianceOf({ n, weights, units }: BinaryRows, slopeOf: (row: number) => number): number {
  const moved = Float64Array.from({ length: n }, (_, row) => (weights?.[row] ?? 1) * slopeOf(row));
  const totals = units === null ? moved : totalsOf(moved, units);
  return exactSum(totals.map((total) => total * total));
}
