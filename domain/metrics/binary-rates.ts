/** Metrics of the confusion matrix: a share of some rows. */
import type { Estimate, MetricEstimates } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { smoothedShareDifference } from '../statistics/share-difference.js';
import { compared } from './comparison.js';
import type { Metric } from './metric.js';
import type { BinaryCounts, BinaryRows } from './rows.js';
import { shareInterval } from './shares.js';
import { measureUnevenRate } from './uneven-rates.js';

export type Condition = (label: boolean, predicted: boolean) => boolean;

export interface Rate {
  readonly name: Metric['name'];
  readonly description: string;
  readonly direction: Metric['direction'];
  /** The rows that count: the denominator. */
  readonly among: Condition;
  /** Those of them that make the numerator. */
  readonly event: Condition;
  /** Why it is undefined when no row counts. */
  readonly none: string;
  /** It is about the labels alone, so both models have the same. */
  readonly ofLabels?: true;
  /** `dice`: the metric is 2J/(1 + J) of this share J. */
  readonly scale?: 'dice';
}

/** Which of the 8 joint counts a model's rows are in. */
type Seat = 'candidate' | 'baseline';
const CELLS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const always: Condition = () => true;
const labelledPositive: Condition = (label) => label;
const labelledNegative: Condition = (label) => !label;
const predictedPositive: Condition = (_, predicted) => predicted;

export const ACCURACY_RATE: Rate = {
  name: 'accuracy',
  description: 'share of rows predicted right',
  direction: 'higher',
  among: always,
  event: (label, predicted) => label === predicted,
  none: 'no rows',
};

export const PRECISION = rateMetric({
  name: 'precision',
  description: 'share of the rows predicted positive that are positive',
  direction: 'higher',
  among: predictedPositive,
  event: labelledPositive,
  none: 'nothing predicted positive',
});

export const RECALL = rateMetric({
  name: 'recall',
  description: 'share of the positive rows that are predicted positive',
  direction: 'higher',
  among: labelledPositive,
  event: predictedPositive,
  none: 'no positive labels',
});

export const FPR = rateMetric({
  name: 'fpr',
  description: 'share of the negative rows that are predicted positive (false alarms)',
  direction: 'lower',
  among: labelledNegative,
  event: predictedPositive,
  none: 'no negative labels',
});

export const SPECIFICITY = rateMetric({
  name: 'specificity',
  description: 'share of the negative rows that are predicted negative',
  direction: 'higher',
  among: labelledNegative,
  event: (_, predicted) => !predicted,
  none: 'no negative labels',
});

export const PREVALENCE = rateMetric({
  name: 'prevalence',
  description: 'share of rows that are labelled positive',
  direction: 'none',
  among: always,
  event: labelledPositive,
  none: 'no rows',
  ofLabels: true,
});

export const FNR = rateMetric({
  name: 'fnr',
  description: 'share of the positive rows that are predicted negative (misses)',
  direction: 'lower',
  among: labelledPositive,
  event: (_, predicted) => !predicted,
  none: 'no positive labels',
});

export const F1 = rateMetric({
  name: 'f1',
  description: 'harmonic mean of precision and recall',
  direction: 'higher',
  among: (label, predicted) => label || predicted,
  event: (label, predicted) => label && predicted,
  none: 'no positive labels and nothing predicted positive',
  scale: 'dice',
});

export const SELECTION_RATE = rateMetric({
  name: 'selection_rate',
  description: 'share of rows predicted positive',
  direction: 'none',
  among: always,
  event: predictedPositive,
  none: 'no rows',
});

function rateMetric(rate: Rate): Metric {
  const { name, description, direction } = rate;
  const measure = { binary: (rows: BinaryRows) => measureRate(rate, rows) };
  return { name, description, direction, range: [0, 1], measure, ofTally: (tally) => measureCountedRate(rate, tally) };
}

export function measureRate(rate: Rate, rows: BinaryRows): MetricEstimates {
  if (rows.weights !== null || rows.units !== null) return measureUnevenRate(rate, rows);
  return measureCountedRate(rate, rows);
}

export function measureCountedRate(rate: Rate, rows: BinaryCounts): MetricEstimates {
  return compared<Seat, { successes: number; n: number }>({
    candidate: 'candidate',
    baseline: rows.baseline === null ? null : 'baseline',
    alike: rows.sameScores || rate.ofLabels === true,
    n: rows.n,
    prepare: (seat) => {
      const problem = rows[seat]?.problem ?? null;
      if (problem !== null) return undefinedBecause(problem);
      const n = count(rows, (label, predicted) => rate.among(label, predicted), seat);
      if (n === 0) return undefinedBecause(rate.none);
      const hit: Condition = (label, predicted) => rate.among(label, predicted) && rate.event(label, predicted);
      return { successes: count(rows, hit, seat), n };
    },
    estimate: ({ successes, n }): Estimate => {
      const share = successes / n;
      const scale = rate.scale === undefined ? {} : { scale: rate.scale };
      return estimateOf(
        {
          value: rate.scale === 'dice' ? (2 * successes) / (n + successes) : share,
          n,
          ...shareInterval(successes, n, rows.exactShares, scale),
        },
        rows.confidence,
      );
    },
    difference: () => (sameDenominator(rate) ? pairedRate(rate, rows) : shareDifference(rate, rows)),
  });
}

/** Whether the rows that count depend on the labels alone, so that both models share them. */
function sameDenominator({ among }: Rate): boolean {
  return [true, false].every((label) => among(label, true) === among(label, false));
}

function pairedRate(rate: Rate, { counts, confidence }: BinaryCounts): Estimate {
  const table = { a: 0, b: 0, c: 0, d: 0 };
  for (const cell of CELLS) {
    const label = labelOf(cell);
    if (!rate.among(label, true)) continue;
    const first = rate.event(label, predictedBy(cell, 'candidate'));
    const second = rate.event(label, predictedBy(cell, 'baseline'));
    table[first ? (second ? 'a' : 'b') : second ? 'c' : 'd'] += counts[cell]!;
  }
  const n = table.a + table.b + table.c + table.d;
  const value = (table.b - table.c) / n;
  return estimateOf({ value, n, method: 'tango', basis: { kind: 'paired', ...table } }, confidence);
}

function shareDifference(rate: Rate, { counts, confidence, n }: BinaryCounts): Estimate {
  const shares = (['candidate', 'baseline'] as const).map((seat) => ({
    among: CELLS.map((cell) => rate.among(labelOf(cell), predictedBy(cell, seat))),
    event: CELLS.map((cell) => rate.event(labelOf(cell), predictedBy(cell, seat))),
  }));
  const { value, se } = smoothedShareDifference(counts, shares[0]!, shares[1]!, rate.scale ?? 'share');
  // The variance is known from the rows that count for either model, which may be few of all.
  const counting = CELLS.filter((cell) => shares.some(({ among }) => among[cell])).map((cell) => counts[cell]!);
  const df = Math.max(1, counting.reduce((sum, rows) => sum + rows, 0) - 1);
  return estimateOf({ value, n, method: 'delta', basis: { kind: 't', se, df, min: -1, max: 1 } }, confidence);
}

function count({ counts }: BinaryCounts, condition: Condition, seat: Seat): number {
  let total = 0;
  for (const cell of CELLS) if (condition(labelOf(cell), predictedBy(cell, seat))) total += counts[cell]!;
  return total;
}

function labelOf(cell: number): boolean {
  return (cell & 4) !== 0;
}

function predictedBy(cell: number, seat: Seat): boolean {
  return (cell & (seat === 'candidate' ? 2 : 1)) !== 0;
}
