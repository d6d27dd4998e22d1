/** Metrics that are a smooth function of the whole confusion matrix, and no single share of it. */
import type { MetricEstimates } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { square } from '../statistics/powers.js';
import { compared } from './comparison.js';
import {
  cellsWhere,
  countDifference,
  countEstimate,
  JOINT_SMOOTHING,
  jointSlopes,
  SMOOTHING,
  type Cells,
  type CountMetric,
} from './count-metric.js';
import type { Metric } from './metric.js';
import type { BinaryCounts, BinaryRows } from './rows.js';
import { measureUnevenCounts } from './uneven-counts.js';

export const BALANCED_ACCURACY = countMetric({
  name: 'balanced_accuracy',
  description: 'mean of recall and specificity',
  shape: 'share',
  problem: oneClass,
  value: ([tn, fp, fn, tp]) => (tp / (tp + fn) + tn / (tn + fp)) / 2,
  gradient: ([tn, fp, fn, tp]) => {
    const [p, n] = [2 * square(tp + fn), 2 * square(tn + fp)];
    return [fp / n, -tn / n, -tp / p, fn / p];
  },
});

export const MCC = countMetric({
  name: 'mcc',
  description: 'correlation of label and predicted label (Matthews)',
  shape: 'signed',
  problem: (cells) => {
    const [tn, fp, fn, tp] = cells;
    if (tp + fp === 0) return 'nothing predicted positive';
    return oneClass(cells) ?? (tn + fn === 0 ? 'nothing predicted negative' : null);
  },
  value: correlation,
  gradient: (cells) => {
    const [tn, fp, fn, tp] = cells;
    const root = marginRoot(cells);
    const half = correlation(cells) / 2;
    const [p, n, pp, pn] = [half / (tp + fn), half / (tn + fp), half / (tp + fp), half / (tn + fn)];
    return [tp / root - n - pn, -fn / root - n - pp, -fp / root - p - pn, tn / root - p - pp];
  },
});

/** @param beta how many times as much recall weighs as precision */
export function fBeta(beta: number): Metric {
  const b2 = beta * beta;
  return countMetric({
    name: `f_beta(${beta})`,
    description: `harmonic mean of precision and recall, in which recall weighs ${beta} times as much`,
    shape: 'share',
    ofPositives: true,
    problem: ([, fp, fn, tp]) => (tp + fp + fn === 0 ? 'no positive labels and nothing predicted positive' : null),
    value: ([, fp, fn, tp]) => ((1 + b2) * tp) / ((1 + b2) * tp + b2 * fn + fp),
    gradient: ([, fp, fn, tp]) => {
      const hits = (1 + b2) * tp;
      const misses = b2 * fn + fp;
      const squared = square(hits + misses);
      return [0, -hits / squared, (-hits * b2) / squared, ((1 + b2) * misses) / squared];
    },
  });
}

function oneClass([tn, fp, fn, tp]: Cells): string | null {
  if (tn + fp + fn + tp === 0) return 'no rows';
  if (tp + fn === 0) return 'no positive labels';
  return tn + fp === 0 ? 'no negative labels' : null;
}

/**
 * Root of the product of the four margins. Of predictions that are all right, or all wrong, two and two margins are the same number, and the root
 * of their product is it exactly: the root of each margin by itself would make a third of such tables miss 1 by a bit, which then counts as a miss.
 */
function marginRoot([tn, fp, fn, tp]: Cells): number {
  const [predictedPositive, predictedNegative] = [tp + fp, tn + fn];
  const [positive, negative] = [tp + fn, tn + fp];
  return tp * tn >= fp * fn
    ? Math.sqrt(predictedPositive * positive) * Math.sqrt(predictedNegative * negative)
    : Math.sqrt(predictedPositive * negative) * Math.sqrt(predictedNegative * positive);
}

function correlation(cells: Cells): number {
  const [tn, fp, fn, tp] = cells;
  return Math.min(1, Math.max(-1, (tp * tn - fp * fn) / marginRoot(cells)));
}

function countMetric(metric: CountMetric): Metric {
  const { name, description, shape } = metric;
  const range = [shape === 'signed' ? -1 : 0, 1] as const;
  return {
    name,
    description,
    direction: 'higher',
    range,
    measure: { binary: (rows) => measure(metric, rows) },
    ofTally: (tally) => measureCounted(metric, tally),
  };
}

function measure(metric: CountMetric, rows: BinaryRows): MetricEstimates {
  return rows.weights === null && rows.units === null
    ? measureCounted(metric, rows)
    : measureUnevenCounts(metric, rows);
}

function measureCounted(metric: CountMetric, rows: BinaryCounts): MetricEstimates {
  const cellsOf = (bit: 1 | 2) => cellsWhere((cell) => (cell & bit) !== 0, rows.counts);
  return compared<1 | 2, { readonly cells: Cells }>({
    candidate: 2,
    baseline: rows.baseline === null ? null : 1,
    alike: rows.sameScores,
    n: rows.n,
    prepare: (bit) => {
      const problem = (bit === 2 ? rows.candidate : rows.baseline!).problem;
      if (problem !== null) return undefinedBecause(problem);
      const cells = cellsOf(bit);
      const none = rows.n === 0 ? 'no rows' : metric.problem(cells);
      return none === null ? { cells } : undefinedBecause(none);
    },
    estimate: ({ cells }) => {
      const [tn, fp, fn, tp] = cells;
      const smoothed = cells.map((count) => count + SMOOTHING) as unknown as Cells;
      const slopes = metric.gradient(smoothed);
      const variance = smoothed.reduce((sum, count, cell) => sum + count * square(slopes[cell]!), 0);
      return countEstimate(metric, { cells, smoothed, variance, negatives: tn + fp, positives: tp + fn }, rows);
    },
    difference: ({ cells: first }, { cells: second }) => {
      const joint = rows.counts.map((count) => count + JOINT_SMOOTHING);
      const slopes = jointSlopes(metric, joint);
      const variance = joint.reduce((sum, count, cell) => sum + count * square(slopes[cell]!), 0);
      const value = metric.value(first) - metric.value(second);
      const [tn, fp, fn, tp] = first;
      return countDifference(metric, { value, variance, negatives: tn + fp, positives: tp + fn }, rows);
    },
  });
}
