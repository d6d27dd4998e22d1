/** How far predicted probabilities are from the rates that come true. */
import { square } from '../statistics/powers.js';
import type { Estimate, FoldedNoise, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { ExactSum, exactSum } from '../statistics/exact-sum.js';
import { totalsOf, type Units } from '../statistics/linearised.js';
import { compared } from './comparison.js';
import { total } from './mean.js';
import type { Metric } from './metric.js';
import { inPrecisionOf, type BinaryPredictions, type Numbers } from './predictions.js';
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
        estimate: (gaps) => gapEstimate(gaps, rows),
        difference: (candidate, baseline) => gapDifference(candidate, baseline, rows),
      }),
  },
};

/** A bin whose gap is this many standard errors or more is taken to have a real one. */
const SURE = 2;
/** Mean of |Z|, Z standard normal. */
const HALF_NORMAL_MEAN = Math.sqrt(2 / Math.PI);
const HALF_NORMAL_VARIANCE = 1 - 2 / Math.PI;

/**
 * The bins' gaps g with standard errors s. Where a gap is surely real, |g| goes up and down as g does. Elsewhere there may be none,
 * and then noise can only add to |g|: sqrt(2/pi) s on average, with variance (1 - 2/pi) s^2 (half-normal). To tell the bins apart by
 * the data and then take the least favourable case is moment selection (Andrews & Soares 2010, Econometrica 78:119).
 */
interface Gaps {
  readonly value: number;
  /** Of the sum, when the bins that are not surely real have no gap. */
  readonly noise: FoldedNoise;
  readonly bins: readonly (Gap | null)[];
  readonly binOf: Uint8Array;
  /** What each row adds to its bin's gap, less the bin's mean. */
  readonly residuals: Float64Array;
}

interface Gap {
  readonly variance: number;
  /** 1 or -1 where the gap is surely real, else 0. */
  readonly sign: number;
}

function gapsOf(rows: BinaryRows, side: Side<BinaryPredictions>): Gaps | UndefinedEstimate {
  const scores = probabilitiesOf(side);
  if ('undefined' in scores) return scores;
  const { n, labels, weights, units } = rows;
  if (n === 0) return undefinedBecause('no rows');
  if (n === 1) return undefinedBecause('one row only');
  if (units !== null && units.count < 2) return undefinedBecause('one cluster only');
  const whole = total(weights, n);
  const binOf = binsOf(scores);
  const weightOf = (i: number) => (weights?.[i] ?? 1) / whole;
  const residuals = new Float64Array(n);
  const sums = Array.from({ length: ECE_BINS }, () => ({
    gap: new ExactSum(),
    share: new ExactSum(),
    said: new ExactSum(),
    squares: new ExactSum(),
  }));
  for (let i = 0; i < n; i++) {
    const { gap, share, said } = sums[binOf[i]!]!;
    gap.add(weightOf(i) * (scores[i]! - labels[i]!));
    share.add(weightOf(i));
    // What the scores themselves say of the spread, where the labels of the bin are all alike.
    said.add(square(weightOf(i)) * scores[i]! * (1 - scores[i]!));
  }
  const means = sums.map(({ gap, share }) => gap.value() / share.value());
  for (let i = 0; i < n; i++) {
    residuals[i] = weightOf(i) * (scores[i]! - labels[i]!) - weightOf(i) * means[binOf[i]!]!;
    if (units === null) sums[binOf[i]!]!.squares.add(square(residuals[i]!));
  }
  const count = units?.count ?? n;
  const bins = sums.map(({ gap, share, said, squares }, bin): Gap | null => {
    if (share.value() === 0) return null;
    const seen = units === null ? squares.value() : exactSum(insideOf(residuals, binOf, bin, units).map(square));
    const variance = Math.max((seen * count) / (count - 1), said.value());
    const sure = Math.abs(gap.value()) >= SURE * Math.sqrt(variance);
    return { variance, sign: sure ? Math.sign(gap.value()) : 0 };
  });
  const used = bins.filter((bin) => bin !== null);
  if (exactSum(used.map(({ variance }) => variance)) === 0)
    return undefinedBecause('all scores are 0 or 1 and right or wrong alike, so there is no spread to judge by');
  const bias = exactSum(used.map(({ variance, sign }) => (sign === 0 ? HALF_NORMAL_MEAN * Math.sqrt(variance) : 0)));
  const spread = exactSum(used.map(({ variance, sign }) => (sign === 0 ? HALF_NORMAL_VARIANCE * variance : variance)));
  const value = exactSum(sums.map(({ gap }) => Math.abs(gap.value())));
  return { value, noise: { bias, noise: Math.sqrt(spread) }, bins, binOf, residuals };
}

/** Each score's bin: how many of the inner edges 0.1, ..., 0.9 it has reached, compared as a score and the threshold are. */
function binsOf(scores: Numbers): Uint8Array {
  const edges = Array.from({ length: ECE_BINS + 1 }, (_, bin) => inPrecisionOf(scores, bin / ECE_BINS));
  return Uint8Array.from(scores, (score) => {
    // The product is rounded, so that next to an edge it may be one bin off either way.
    const near = Math.min(ECE_BINS - 1, Math.floor(score * ECE_BINS));
    if (score < edges[near]!) return near - 1;
    return near + 1 < ECE_BINS && score >= edges[near + 1]! ? near + 1 : near;
  });
}

/** The residuals of one bin, added up per cluster. */
function insideOf(residuals: Float64Array, binOf: Uint8Array, bin: number, units: Units): Float64Array {
  return totalsOf(
    residuals.map((own, i) => (binOf[i] === bin ? own : 0)),
    units,
  );
}

function gapEstimate({ value, noise: { bias, noise } }: Gaps, { n, confidence }: BinaryRows): Estimate {
  const basis = { kind: 'folded', se: noise, bias, noise, min: 0, max: 1 } as const;
  return estimateOf({ value, n, method: 'folded', basis }, confidence);
}

/** The noise of either model may be all of its bias or nothing, whatever the other's is. */
function gapDifference(candidate: Gaps, baseline: Gaps, { n, confidence, units }: BinaryRows): Estimate {
  const value = candidate.value - baseline.value;
  const [first, second] = [candidate.noise, baseline.noise];
  const correlation = Math.max(
    0,
    Math.min(ALIKE, covarianceOf(candidate, baseline, units) / (first.noise * second.noise)),
  );
  const basis = { kind: 'foldedDifference', first, second, correlation, min: -1, max: 1 } as const;
  return estimateOf({ value, n, method: 'folded', basis }, confidence);
}

/** Two models are never taken to err more alike than this: their difference would seem certain. */
const ALIKE = 0.999;

/** Of the two sums of absolute gaps; gaps that are real and those that are not do not go together. */
function covarianceOf(candidate: Gaps, baseline: Gaps, units: Units | null): number {
  const between =
    units === null ? covariancesOfRows(candidate, baseline) : covariancesOfUnits(candidate, baseline, units);
  const terms: number[] = [];
  candidate.bins.forEach((first, i) => {
    baseline.bins.forEach((second, j) => {
      if (first === null || second === null || (first.sign === 0) !== (second.sign === 0)) return;
      const covariance = between(i, j);
      const scale = Math.sqrt(first.variance * second.variance);
      if (covariance === 0 || scale === 0) return;
      if (first.sign !== 0) terms.push(first.sign * second.sign * covariance);
      else terms.push(scale * absoluteCovariance(Math.max(-1, Math.min(1, covariance / scale))));
    });
  });
  return exactSum(terms);
}

/** Of a bin of the candidate and one of the baseline. */
type Covariances = (candidateBin: number, baselineBin: number) => number;

function covariancesOfRows(candidate: Gaps, baseline: Gaps): Covariances {
  const sums = new Map<number, ExactSum>();
  candidate.residuals.forEach((own, i) => {
    const pair = ECE_BINS * candidate.binOf[i]! + baseline.binOf[i]!;
    const sum = sums.get(pair) ?? new ExactSum();
    sum.add(own * baseline.residuals[i]!);
    sums.set(pair, sum);
  });
  return (i, j) => sums.get(ECE_BINS * i + j)?.value() ?? 0;
}

function covariancesOfUnits(candidate: Gaps, baseline: Gaps, units: Units): Covariances {
  const [first, second] = [candidate, baseline].map(({ residuals, binOf, bins }) =>
    bins.map((_, bin) => insideOf(residuals, binOf, bin, units)),
  );
  return (i, j) => exactSum(first![i]!.map((own, unit) => own * second![j]![unit]!));
}

/** Cov(|X|, |Y|) of standard normals with this correlation (Kamat 1953, Biometrika 40:20). */
function absoluteCovariance(correlation: number): number {
  const across = Math.sqrt(1 - square(correlation));
  return (2 / Math.PI) * (across + correlation * Math.asin(correlation) - 1);
}
