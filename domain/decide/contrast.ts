/**
 * Two estimates on different rows, so independent: their difference and their ratio, by the method of variance estimates
 * recovery (Zou & Donner 2008, Statistics in Medicine 27:1693; for ratios Donner & Zou 2012, SMMR 21:347). Each one's own
 * interval says how far it can be off on either side; of two Wilson intervals this is Newcombe's hybrid score interval (1998,
 * Statistics in Medicine 17:873, method 10).
 */
import type { IntervalBasis } from '../result.js';
import { intervalAt, type Evidenced } from '../statistics/interval.js';
import { tailAt, turningPoint, type Interval, type Side } from '../statistics/tails.js';

/** What a check needs to know of a number: where it is, and how sure that is at any level. */
export interface Evidence {
  readonly value: number;
  /** Two-sided, at `confidence` in (0, 1). */
  interval(confidence: number): Interval;
  /** One-sided, of "the bound is kept"; inverts the interval. */
  p(bound: number, side: Side): number;
  /** Standard error that holds on the bound; without it: what the interval amounts to. */
  readonly se?: (confidence: number) => number;
  /** Known without any uncertainty. */
  readonly certain: boolean;
  /** Of one estimate; none where two are compared. */
  readonly basis?: IntervalBasis;
}

/** A ratio that is further from 1 than this has no end for practical purposes. */
const LARGEST_RATIO = 1e12;

/** First minus second. */
export function independentDifference(first: Evidenced, second: Evidenced): Evidence {
  return {
    value: first.value - second.value,
    interval: (confidence) => contrastAt(first, second, 1, confidence),
    p: (bound, side) => contrastP(first, second, 1, bound, side),
    certain: false,
  };
}

/** First divided by second, of values that are not negative, the second not 0. */
export function independentRatio(first: Evidenced, second: Evidenced): Evidence {
  const value = first.value / second.value;
  return {
    value,
    interval: (confidence) => ({
      low: -turningPoint(-value, 0, (r) => contrastAt(first, second, -r, confidence).low > 0),
      high: upperRatio(first, second, value, confidence),
    }),
    // first/second >= bound if and only if first - bound * second >= 0
    p: (bound, side) => contrastP(first, second, bound, 0, side),
    certain: false,
  };
}

function upperRatio(first: Evidenced, second: Evidenced, value: number, confidence: number): number {
  const wrong = (r: number): boolean => contrastAt(first, second, r, confidence).high < 0;
  return wrong(LARGEST_RATIO) ? turningPoint(value, LARGEST_RATIO, wrong) : Infinity;
}

/** first - factor * second, factor >= 0. */
function contrastAt(first: Evidenced, second: Evidenced, factor: number, confidence: number): Interval {
  const a = intervalAt(first, confidence);
  const b = intervalAt(second, confidence);
  const value = first.value - factor * second.value;
  return {
    low: value - Math.hypot(first.value - a.low, factor * (b.high - second.value)),
    high: value + Math.hypot(a.high - first.value, factor * (second.value - b.low)),
  };
}

function contrastP(first: Evidenced, second: Evidenced, factor: number, bound: number, side: Side): number {
  const value = first.value - factor * second.value;
  if (value === bound) return 0.5;
  const below = value < bound;
  const tail = tailAt((t) => {
    const { low, high } = contrastAt(first, second, factor, 1 - 2 * t);
    return below ? high < bound : low > bound;
  });
  return below === (side === 'atLeast') ? tail : 1 - tail;
}
