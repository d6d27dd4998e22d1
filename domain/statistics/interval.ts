/**
 * From a value and its basis: the interval at any confidence, and the one-sided p-value that inverts it exactly.
 *
 * `p < (1 - confidence)/2` if and only if the whole interval at that confidence lies on the wrong side of the bound.
 */
import { power, square } from './powers.js';
import type { FoldedNoise, IntervalBasis, ShareBasis } from '../result.js';
import { mannWhitneyAt, mannWhitneyZ } from './mann-whitney.js';
import { criticalZ, normalCdf } from './normal.js';
import { tangoAt, tangoZ } from './paired-proportions.js';
import {
  clopperPearsonInterval,
  clopperPearsonP,
  jeffreysAt,
  jeffreysP,
  proportionMethod,
  wilsonAt,
  wilsonZ,
} from './proportion.js';
import { skewedBack, unskewed } from './skewed.js';
import { studentCdf, studentQuantile } from './student.js';
import { tailAt, type Interval, type Side } from './tails.js';

/** The part of an estimate that its uncertainty is computed from. */
export interface Evidenced {
  readonly value: number;
  readonly basis: IntervalBasis;
}

/** The two-sided interval at `confidence` in (0, 1); it contains the value. */
export function intervalAt({ value, basis }: Evidenced, confidence: number): Interval {
  const { low, high } = endsAt(value, basis, confidence);
  return { low: Math.min(low, value) + 0, high: Math.max(high, value) + 0 };
}

/** Bounds closer to 0 than this, -0 among them, are 0: the squares of such numbers underflow. */
const NEGLIGIBLE = 1e-150;

/**
 * One-sided p of "the bound is kept": the probability of a value this far on the wrong side, or further, if the truth lay
 * exactly on the bound. Above 1/2 when the value is on the right side, though for Jeffreys and `skewed` only about: theirs is 1/2
 * beside the value.
 */
export function pValue({ value, basis }: Evidenced, limit: number, side: Side): number {
  const bound = Math.abs(limit) < NEGLIGIBLE ? 0 : limit;
  const { min, max } = rangeOf(basis);
  // No value lies outside of the range: such a bound is surely kept, or surely not.
  if (bound > max) return side === 'atLeast' ? 0 : 1;
  if (bound < min) return side === 'atLeast' ? 1 : 0;
  const sign = side === 'atLeast' ? 1 : -1;
  switch (basis.kind) {
    case 'proportion': {
      const { successes, n } = basis;
      const p = shareAt(bound, basis.scale);
      if (basis.method === 'exact') return clopperPearsonP(successes, n, p, side);
      if (proportionMethod(n) === 'jeffreys') return jeffreysP(successes, n, p, side);
      return normalCdf(sign * wilsonZ(successes, n, p));
    }
    case 'paired':
      return normalCdf(sign * tangoZ(basis, bound));
    case 'mannWhitney':
      return normalCdf(sign * mannWhitneyZ(value, basis.positives, basis.negatives, bound));
    case 'logit':
      return cdf((sign * (logit(value) - logit(bound))) / basis.se, basis.df);
    case 'normal':
      return normalCdf((sign * (value - bound)) / basis.se);
    case 't':
      return studentCdf((sign * (value - bound)) / basis.se, basis.df);
    case 'skewed': {
      const t = basis.scale === 'root' ? (value * value - bound * bound) / basis.se : (value - bound) / basis.se;
      return studentCdf(sign * unskewed(t, basis.skew), basis.df);
    }
    case 'folded': {
      if (side === 'atLeast') return normalCdf((value - bound) / basis.se);
      return value <= bound ? 1 : normalCdf((bound - value + basis.bias) / basis.noise);
    }
    case 'foldedDifference': {
      const distance = sign * (bound - value);
      if (distance <= 0) return 1;
      const [raised, other] = side === 'atLeast' ? [basis.second, basis.first] : [basis.first, basis.second];
      return normalCdf(-foldedZ(raised, other, basis.correlation, distance));
    }
    case 'contrast': {
      const wrong = value < bound === (side === 'atLeast');
      const tail = tailAt((t) => {
        const { low, high } = endsAt(value, basis, 1 - 2 * t);
        return value < bound ? high < bound : low > bound;
      });
      return wrong ? tail : 1 - tail;
    }
    case 'constant': {
      if (sign * (value - bound) >= 0) return 1;
      const reach = side === 'atLeast' ? basis.max - value : value - basis.min;
      return power(1 - Math.abs(bound - value) / reach, basis.n);
    }
    case 'exact':
      return sign * (value - limit) < 0 ? 0 : 1;
  }
}

function endsAt(value: number, basis: IntervalBasis, confidence: number): Interval {
  const tail = (1 - confidence) / 2;
  switch (basis.kind) {
    case 'proportion': {
      const { successes, n } = basis;
      const { low, high } =
        basis.method === 'exact'
          ? clopperPearsonInterval(successes, n, confidence)
          : proportionMethod(n) === 'jeffreys'
            ? jeffreysAt(successes, n, tail)
            : wilsonAt(successes, n, criticalZ(confidence));
      return { low: scaledShare(low, basis.scale), high: scaledShare(high, basis.scale) };
    }
    case 'paired':
      return tangoAt(basis, criticalZ(confidence));
    case 'mannWhitney':
      return mannWhitneyAt(value, basis.positives, basis.negatives, criticalZ(confidence));
    case 'logit': {
      const half = (basis.df === undefined ? criticalZ(confidence) : -studentQuantile(tail, basis.df)) * basis.se;
      return { low: logistic(logit(value) - half), high: logistic(logit(value) + half) };
    }
    case 'normal':
      return clipped(value, criticalZ(confidence) * basis.se, basis);
    case 't':
      return clipped(value, -studentQuantile(tail, basis.df) * basis.se, basis);
    case 'skewed': {
      const t = -studentQuantile(tail, basis.df);
      const centre = basis.scale === 'root' ? value * value : value;
      const low = centre - basis.se * skewedBack(t, basis.skew);
      const high = centre - basis.se * skewedBack(-t, basis.skew);
      if (basis.scale === 'root') return { low: Math.sqrt(Math.max(0, low)), high: Math.sqrt(Math.max(0, high)) };
      return { low: Math.max(low, basis.min ?? -Infinity), high: Math.min(high, basis.max ?? Infinity) };
    }
    case 'folded': {
      const z = criticalZ(confidence);
      return {
        low: Math.max(value - basis.bias - z * basis.noise, basis.min),
        high: Math.min(value + z * basis.se, basis.max),
      };
    }
    case 'foldedDifference': {
      const { first, second, correlation, min, max } = basis;
      const z = criticalZ(confidence);
      return {
        low: Math.max(value - foldedReach(first, second, correlation, z), min),
        high: Math.min(value + foldedReach(second, first, correlation, z), max),
      };
    }
    case 'contrast': {
      const [first, second] = [shareEnds(basis.first, confidence), shareEnds(basis.second, confidence)];
      const centre = value - basis.optimism;
      return {
        low: Math.max(centre - Math.sqrt(square(first.below) + square(second.above)), basis.min),
        high: Math.min(centre + Math.sqrt(square(first.above) + square(second.below)), basis.max),
      };
    }
    case 'constant': {
      const share = 1 - power(tail, 1 / basis.n);
      return { low: value - (value - basis.min) * share, high: value + (basis.max - value) * share };
    }
    case 'exact':
      return { low: value, high: value };
  }
}

function rangeOf(basis: IntervalBasis): { readonly min: number; readonly max: number } {
  switch (basis.kind) {
    case 'proportion':
      return { min: basis.scale === 'signed' ? -1 : 0, max: 1 };
    case 'mannWhitney':
    case 'logit':
      return { min: 0, max: 1 };
    case 'paired':
      return { min: -1, max: 1 };
    case 'exact':
      return { min: -Infinity, max: Infinity };
    default:
      return { min: basis.min ?? (isRoot(basis) ? 0 : -Infinity), max: basis.max ?? Infinity };
  }
}

function clipped(value: number, half: number, range: { readonly min?: number; readonly max?: number }): Interval {
  return {
    low: Math.max(value - half, range.min ?? -Infinity),
    high: Math.min(value + half, range.max ?? Infinity),
  };
}

/** How far a share's own interval reaches on either side. */
function shareEnds(basis: ShareBasis, confidence: number): { readonly below: number; readonly above: number } {
  const value =
    basis.kind === 'proportion'
      ? basis.successes / basis.n
      : (basis.b - basis.c) / (basis.a + basis.b + basis.c + basis.d);
  const { low, high } = endsAt(value, basis, confidence);
  return { below: Math.max(0, value - low), above: Math.max(0, high - value) };
}

/**
 * How far the difference of two sums may be too large: the first by all of its bias and by chance, the second by chance. The
 * two deviations are put together as in MOVER for correlated estimates (Zou 2007, Psychological Methods 12:399).
 */
function foldedReach(raised: FoldedNoise, other: FoldedNoise, correlation: number, z: number): number {
  const [own, others] = [raised.bias + z * raised.noise, z * other.noise];
  // Never less than the bias: at low confidence what goes together would take away from it.
  return Math.sqrt(Math.max(square(raised.bias), square(own) + square(others) - 2 * correlation * own * others));
}

/** The z > 0 with foldedReach(z) = distance; 0 where the bias alone reaches so far. */
function foldedZ({ bias, noise }: FoldedNoise, other: FoldedNoise, correlation: number, distance: number): number {
  if (distance <= bias) return 0;
  const a = square(noise) + square(other.noise) - 2 * correlation * noise * other.noise;
  const half = bias * (noise - correlation * other.noise);
  const root = Math.sqrt(Math.max(0, square(half) + a * (square(distance) - square(bias))));
  return (root - half) / a;
}

function isRoot(basis: IntervalBasis): boolean {
  return basis.kind === 'skewed' && basis.scale === 'root';
}

function cdf(x: number, df: number | undefined): number {
  return df === undefined ? normalCdf(x) : studentCdf(x, df);
}

type ShareScale = 'dice' | 'signed' | undefined;

/** F1 is a monotone function of tp/(tp + fp + fn), which is a proportion: F1 = 2J/(1 + J). `signed`: 2J - 1. */
function scaledShare(proportion: number, scale: ShareScale): number {
  if (scale === 'dice') return (2 * proportion) / (1 + proportion);
  return scale === 'signed' ? 2 * proportion - 1 : proportion;
}

function shareAt(value: number, scale: ShareScale): number {
  if (scale === 'dice') return value / (2 - value);
  return scale === 'signed' ? (1 + value) / 2 : value;
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
