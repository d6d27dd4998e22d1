/**
 * The change from baseline to candidate as a share of |baseline|. It is at least r when d - r |b| is at least 0, where d is the difference and b
 * the baseline: Fieller 1954, JRSS B 16:175. A standard error of d/|b| itself would be that of the observed ratio, and smallest where chance
 * made the candidate small: a rare event would seem to have dropped far too often.
 *
 * How far that contrast can be off on either side is put together from the three intervals (Zou & Donner 2008, Statistics in Medicine 27:1693;
 * of ratios Donner & Zou 2012, SMMR 21:347). That of the difference says how the two models go together: at r = 0 the contrast is the difference.
 */
import { intervalAt, type Evidenced } from '../statistics/interval.js';
import { criticalZ } from '../statistics/normal.js';
import { square } from '../statistics/powers.js';
import { tailAt, turningPoint, type Side } from '../statistics/tails.js';
import type { Evidence } from './contrast.js';

/** A change by more than this many times the baseline has no end for practical purposes. */
const LARGEST_CHANGE = 1e12;
/** What is left of a value that is never negative once all of it is gone. */
const ALL_GONE = -1;

interface Models {
  readonly candidate: Evidenced;
  /** Its value is not 0. */
  readonly baseline: Evidenced;
  /** Candidate minus baseline, on the same rows. */
  readonly difference: Evidenced;
}

/** @param bound that the change will be compared with, as a share of |baseline| */
export function relativeChange(models: Models, bound: number): Evidence {
  const size = Math.abs(models.baseline.value);
  const value = models.difference.value / size;
  return {
    value,
    interval: (confidence) => {
      const contrast = contrastAt(models, confidence);
      const lowest = neverNegative(models, confidence) ? ALL_GONE : -LARGEST_CHANGE;
      const isAbove = (share: number): boolean => contrast(share).low > 0;
      const isBelow = (share: number): boolean => contrast(share).high < 0;
      // Where the baseline's own interval reaches 0 there is no end. What is shown then is how far the contrast on the bound can be off.
      const onBound = contrast(bound);
      const low = isAbove(lowest)
        ? -turningPoint(-value, -lowest, (share) => isAbove(-share))
        : lowest === ALL_GONE
          ? Math.min(value, ALL_GONE)
          : value - onBound.below / size;
      const high = isBelow(LARGEST_CHANGE)
        ? turningPoint(value, LARGEST_CHANGE, isBelow)
        : value + onBound.above / size;
      return { low, high };
    },
    p: (limit, side) => changeP(models, limit, side),
    se: (confidence) => {
      const { below, above } = contrastAt(models, confidence)(bound);
      return (below + above) / (2 * criticalZ(confidence) * size);
    },
    certain: false,
  };
}

function changeP(models: Models, limit: number, side: Side): number {
  const value = models.difference.value / Math.abs(models.baseline.value);
  if (value === limit) return 0.5;
  const isUnder = value < limit;
  const tail = tailAt((t) => {
    const { low, high } = contrastAt(models, 1 - 2 * t)(limit);
    return isUnder ? high < 0 : low > 0;
  });
  return isUnder === (side === 'atLeast') ? tail : 1 - tail;
}

interface Contrast {
  readonly low: number;
  readonly high: number;
  readonly below: number;
  readonly above: number;
}

/** Of a share r of |baseline|: d - r |b|, and how far it can be off on either side. */
function contrastAt({ candidate, baseline, difference }: Models, confidence: number): (share: number) => Contrast {
  const [c, b, d] = [candidate, baseline, difference].map((one) => reachOf(one, confidence)) as [Reach, Reach, Reach];
  const size = Math.abs(baseline.value);
  return (share) => {
    const value = difference.value - share * size;
    // The same as candidate - factor * baseline.
    const factor = 1 + share * Math.sign(baseline.value);
    const above = together(factor, c.above, d.above, b.below, factor < 0 ? b.above : b.below);
    const below = together(factor, c.below, d.below, b.above, factor < 0 ? b.below : b.above);
    return { low: value - below, high: value + above, below, above };
  };
}

/**
 * How far candidate - factor * baseline can be off, from how far the candidate and the difference can be in that direction and the baseline in the
 * one that goes with it, of the difference and of the contrast. As of variances: var(c - f b) = f var(d) + (1 - f) var(c) - f (1 - f) var(b).
 */
function together(factor: number, c: number, d: number, b: number, ownB: number): number {
  const squared = factor * square(d) + (1 - factor) * square(c) + factor * (factor * square(ownB) - square(b));
  // The three come from separate intervals: together they may say less than nothing, which is no evidence of certainty.
  return squared > 0 ? Math.sqrt(squared) : d;
}

interface Reach {
  readonly below: number;
  readonly above: number;
}

function reachOf(estimate: Evidenced, confidence: number): Reach {
  const { low, high } = intervalAt(estimate, confidence);
  return { below: estimate.value - low, above: high - estimate.value };
}

/** As far as the intervals tell. Then no change goes beyond all of the baseline. */
function neverNegative({ candidate, baseline }: Models, confidence: number): boolean {
  return baseline.value > 0 && intervalAt(candidate, confidence).low >= 0;
}
