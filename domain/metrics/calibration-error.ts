/** How far predicted probabilities are from the rates that come true. */
import { square } from '../statistics/powers.js';
import type { Estimate, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import { totalsOf } from '../statistics/linearised.js';
import { compared } from './comparison.js';
import { total } from './mean.js';
import type { Metric } from './metric.js';
import type { BinaryPredictions } from './predictions.js';
import { probabilitiesOf } from './probability-losses.js';
import type { BinaryRows, Side } from './rows.js';

/** Bins of equal width, [0, 0.1), [0.1, 0.2), ..., [0.9, 1]: what most people compute. */
export const ECE_BINS = 10;

export const ECE: Metric = {
  name: 'ece',
  description:
    'expected calibration error: mean gap between predicted and true rate over 10 equal-width bins of the score',
  direction: 'lower',
  range: [0, 1],
  measure: {
    binary: (rows) =>
      compared<Side<BinaryPredictions>, Gaps>({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameScores,
        n: rows.n,
        prepare: (side) => gapsOf(rows, side),
        estimate: (gaps) => gapEstimate(gaps.value, gaps, gaps, rows),
        difference: (candidate, baseline) => gapDifference(candidate, baseline, rows),
      }),
  },
};

/**
 * The bins' gaps g with standard errors s. Noise can only add to the sum of |g| where the truth is 0: at most sum |noise|,
 * whose mean is sqrt(2/pi) sum s and whose variance is (1 - 2/pi) sum s^2 (half-normal).
 */
interface Gaps {
  readonly value: number;
  readonly bias: number;
  readonly noise: number;
  readonly se: number;
}

function gapsOf(rows: BinaryRows, side: Side<BinaryPredictions>): Gaps | UndefinedEstimate {
  const scores = probabilitiesOf(side);
  if ('undefined' in scores) return scores;
  const { n, labels, weights, units } = rows;
  if (n === 0) return undefinedBecause('no rows');
  if (n === 1) return undefinedBecause('one row only');
  if (units !== null && units.count < 2) return undefinedBecause('one cluster only');
  const whole = total(weights, n);
  const binOf = (i: number) => Math.min(ECE_BINS - 1, Math.floor(scores[i]! * ECE_BINS));
  const gaps: number[] = [];
  const variances: number[] = [];
  for (let bin = 0; bin < ECE_BINS; bin++) {
    const weightOf = (i: number) => (binOf(i) === bin ? (weights?.[i] ?? 1) / whole : 0);
    const inside = Float64Array.from({ length: n }, (_, i) => weightOf(i) * (scores[i]! - labels[i]!));
    const share = exactSum(inside.map((_, i) => weightOf(i)));
    if (share === 0) continue;
    const gap = exactSum(inside);
    gaps.push(Math.abs(gap));
    const own = inside.map((value, i) => value - weightOf(i) * (gap / share));
    const totals = units === null ? own : totalsOf(own, units);
    // What the scores themselves say of the spread, where the labels of the bin are all alike.
    const said = exactSum(inside.map((_, i) => square(weightOf(i)) * scores[i]! * (1 - scores[i]!)));
    const count = totals.length;
    variances.push(Math.max((exactSum(totals.map((value) => value * value)) * count) / (count - 1), said));
  }
  const squares = exactSum(variances);
  if (squares === 0)
    return undefinedBecause('all scores are 0 or 1 and right or wrong alike, so there is no spread to judge by');
  return {
    value: exactSum(gaps),
    bias: Math.sqrt(2 / Math.PI) * exactSum(variances.map(Math.sqrt)),
    noise: Math.sqrt((1 - 2 / Math.PI) * squares),
    se: Math.sqrt(squares),
  };
}

function gapEstimate(value: number, low: Gaps, high: Gaps, { n, confidence }: BinaryRows): Estimate {
  const basis = { kind: 'folded', se: high.se, bias: low.bias, noise: low.noise, min: 0, max: 1 } as const;
  return estimateOf({ value, n, method: 'folded', basis }, confidence);
}

/**
 * Either sum may be too large by its own bias; and one model's noise may be the other's, or not: the interval allows for
 * both, so it is wider than it would have to be.
 */
function gapDifference(candidate: Gaps, baseline: Gaps, { n, confidence }: BinaryRows): Estimate {
  const value = candidate.value - baseline.value;
  const se = Math.hypot(candidate.se, baseline.se) + Math.max(candidate.bias, baseline.bias) / 2;
  return estimateOf({ value, n, method: 'folded', basis: { kind: 'normal', se, min: -1, max: 1 } }, confidence);
}
