/** Metrics that are a smooth function of the whole confusion matrix, and no single share of it. */
import { square } from '../statistics/powers.js';
import type { MetricName } from '../pipeline.js';
import type { Estimate, IntervalBasis, MetricEstimates, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import type { Linearised } from '../statistics/linearised.js';
import { compared } from './comparison.js';
import { fewUnits, measureLinear } from './linear.js';
import { kish } from './mean.js';
import type { Metric } from './metric.js';
import type { BinaryPredictions } from './predictions.js';
import type { BinaryCounts, BinaryRows, Side } from './rows.js';

/** Rows, or their weights, by 2 * label + predicted: tn, fp, fn, tp. */
type Cells = readonly [number, number, number, number];

interface CountMetric {
  readonly name: MetricName;
  readonly description: string;
  /** `signed`: between -1 and 1 instead of 0 and 1. */
  readonly shape: 'share' | 'signed';
  /** Why it does not exist for these counts, or null. */
  readonly problem: (cells: Cells) => string | null;
  readonly value: (cells: Cells) => number;
  /** The value's derivative in each count. */
  readonly gradient: (cells: Cells) => Cells;
}

/** Added to each of the 4 cells for a value's variance: Agresti & Caffo 2000, American Statistician 54:280. */
const SMOOTHING = 1;
/** Added to each of the 8 joint cells for a difference's variance: Agresti & Min 2005, Statistics in Medicine 24:729. */
const JOINT_SMOOTHING = 0.5;

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

function marginRoot([tn, fp, fn, tp]: Cells): number {
  return Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
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
  const { shape } = metric;
  if (rows.weights !== null || rows.units !== null) {
    const form = { shape, method: 'effective-wilson', range: [shape === 'signed' ? -1 : 0, 1] } as const;
    return measureLinear(rows, rows.sameScores, form, (side) => linearised(metric, rows, side));
  }
  return measureCounted(metric, rows);
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
      const basis = effectiveShare(metric, cells);
      return estimateOf({ value: metric.value(cells), n: rows.n, method: 'effective-wilson', basis }, rows.confidence);
    },
    difference: (candidate, baseline) => countDifference(metric, rows, candidate.cells, baseline.cells),
  });
}

/** As many rows as would give a share of this value this variance, both of the smoothed counts. */
function effectiveShare(metric: CountMetric, cells: Cells): IntervalBasis {
  const smoothed = cells.map((count) => count + SMOOTHING) as unknown as Cells;
  const slopes = metric.gradient(smoothed);
  const variance = smoothed.reduce((sum, count, cell) => sum + count * square(slopes[cell]!), 0);
  const signed = metric.shape === 'signed';
  const share = (value: number) => (signed ? (value + 1) / 2 : value);
  const middle = share(metric.value(smoothed));
  const [tn, fp, fn, tp] = cells;
  const n = ((middle * (1 - middle)) / (signed ? variance / 4 : variance)) * fewUnits(Math.min(tp + fn, tn + fp) - 1);
  const scale = signed ? { scale: 'signed' as const } : {};
  return { kind: 'proportion', successes: share(metric.value(cells)) * n, n, ...scale };
}

function countDifference(metric: CountMetric, rows: BinaryCounts, first: Cells, second: Cells): Estimate {
  const joint = rows.counts.map((count) => count + JOINT_SMOOTHING);
  const slopes = ([2, 1] as const).map((bit) => metric.gradient(cellsWhere((cell) => (cell & bit) !== 0, joint)));
  const variance = joint.reduce((sum, count, cell) => {
    const label = cell & 4 ? 2 : 0;
    return sum + count * square(slopes[0]![label + ((cell >> 1) & 1)]! - slopes[1]![label + (cell & 1)]!);
  }, 0);
  const width = metric.shape === 'signed' ? 2 : 1;
  const basis = { kind: 'normal', se: Math.sqrt(variance), min: -width, max: width } as const;
  return estimateOf(
    { value: metric.value(first) - metric.value(second), n: rows.n, method: 'delta', basis },
    rows.confidence,
  );
}

/** From the 8 joint counts to the 4 of one model. */
function cellsWhere(predicted: (cell: number) => boolean, counts: readonly number[]): Cells {
  const cells: [number, number, number, number] = [0, 0, 0, 0];
  counts.forEach((count, cell) => (cells[(cell & 4 ? 2 : 0) + Number(predicted(cell))]! += count));
  return cells;
}

function linearised(
  metric: CountMetric,
  { n, labels, weights, units }: BinaryRows,
  { predictions: { positive }, problem }: Side<BinaryPredictions>,
): Linearised | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (n === 0) return undefinedBecause('no rows');
  const cellOf = (i: number) => 2 * labels[i]! + positive[i]!;
  const weightOf = (i: number) => weights?.[i] ?? 1;
  const cells = [0, 1, 2, 3].map((cell) =>
    exactSum(Float64Array.from({ length: n }, (_, i) => (cellOf(i) === cell ? weightOf(i) : 0))),
  ) as unknown as Cells;
  const none = metric.problem(cells);
  if (none !== null) return undefinedBecause(none);
  const slopes = metric.gradient(cells);
  const contributions = Float64Array.from({ length: n }, (_, i) => weightOf(i) * slopes[cellOf(i)]!);
  return { value: metric.value(cells), contributions, magnitude: 1, reach: units?.count ?? kish(weights, n) };
}
