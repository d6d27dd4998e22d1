/** Shares of the confusion matrix when rows have weights or come in clusters: the delta method on the ratio of two sums. */
import { square } from '../statistics/powers.js';
import type { MetricEstimates, UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import type { Linearised } from '../statistics/linearised.js';
import type { Rate } from './binary-rates.js';
import { compared } from './comparison.js';
import { linearDifference, linearEstimate, type Form } from './linear.js';
import { kish } from './mean.js';
import type { BinaryPredictions } from './predictions.js';
import type { BinaryRows, Side } from './rows.js';
import { UNEVEN_SHARE } from './shares.js';

export function measureUnevenRate(rate: Rate, rows: BinaryRows): MetricEstimates {
  const form: Form = { ...UNEVEN_SHARE, shape: rate.scale ?? 'share' };
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameScores || rate.ofLabels === true,
    n: rows.n,
    prepare: (side) => ratio(rate, rows, side),
    estimate: (linear) => linearEstimate(linear, form, rows),
    difference: (first, second) => linearDifference(scaled(rate, first), scaled(rate, second), form, rows),
  });
}

function ratio(
  rate: Rate,
  { n, labels, weights, units }: BinaryRows,
  { predictions: { positive }, problem }: Side<BinaryPredictions>,
): Linearised | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  const [counted, hits] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const [label, predicted] = [labels[i] === 1, positive[i] === 1];
    if (!rate.among(label, predicted)) continue;
    counted[i] = weights?.[i] ?? 1;
    if (rate.event(label, predicted)) hits[i] = counted[i]!;
  }
  const whole = exactSum(counted);
  if (whole === 0) return undefinedBecause(rate.none);
  const value = exactSum(hits) / whole;
  const contributions = hits.map((hit, i) => (hit - value * counted[i]!) / whole);
  return {
    value,
    contributions,
    counted,
    magnitude: 1,
    reach: units === null ? kish(counted, n) : clustersIn(counted, units.of),
  };
}

function clustersIn(counted: Float64Array, of: Int32Array): number {
  const seen = new Set<number>();
  for (let i = 0; i < counted.length; i++) if (counted[i]! > 0) seen.add(of[i]!);
  return seen.size;
}

/** On the scale of the metric: 2J/(1 + J) and its slope. */
function scaled({ scale }: Rate, linear: Linearised): Linearised {
  if (scale === undefined) return linear;
  const { value } = linear;
  const slope = 2 / square(1 + value);
  return { ...linear, value: (2 * value) / (1 + value), contributions: linear.contributions.map((own) => own * slope) };
}
