/** Intervals of one proportion of `successes` in `n`, and the one-sided p-values that invert them. */
import { betaQuantile, betaTails } from './beta.js';
import { criticalZ } from './normal.js';
import type { Interval, Side } from './tails.js';

/** Below it Jeffreys, from it on Wilson: Brown, Cai & DasGupta 2001, Statistical Science 16:101, recommend so at 40. */
export const SMALL_N = 40;

/** Which interval a proportion gets: one rule, by n alone. */
export function proportionMethod(n: number): 'jeffreys' | 'wilson' {
  return n < SMALL_N ? 'jeffreys' : 'wilson';
}

/** Wilson 1927, JASA 22:209: the proportions that the score test does not reject at critical value z. */
export function wilsonAt(successes: number, n: number, z: number): Interval {
  const p = successes / n;
  const z2 = z * z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  };
}

export function wilsonInterval(successes: number, n: number, confidence: number): Interval {
  return wilsonAt(successes, n, criticalZ(confidence));
}

/** The score statistic of "the true proportion is `bound`", which Wilson's interval inverts; `bound` in [0, 1]. */
export function wilsonZ(successes: number, n: number, bound: number): number {
  const distance = successes / n - bound;
  return distance === 0 ? 0 : distance / Math.sqrt((bound * (1 - bound)) / n);
}

/**
 * Equal-tailed Jeffreys interval with tail probability `tail` at each end: quantiles of Beta(x + 1/2, n - x + 1/2); the
 * lower end is 0 at x = 0 and the upper one 1 at x = n (Brown, Cai & DasGupta 2001, section 4.1.2).
 */
export function jeffreysAt(successes: number, n: number, tail: number): Interval {
  const a = successes + 0.5;
  const b = n - successes + 0.5;
  return {
    low: successes === 0 ? 0 : betaQuantile(a, b, tail),
    // 1 - Q(tail) of the mirrored distribution keeps the precision of a small tail.
    high: successes === n ? 1 : 1 - betaQuantile(b, a, tail),
  };
}

export function jeffreysInterval(successes: number, n: number, confidence: number): Interval {
  return jeffreysAt(successes, n, (1 - confidence) / 2);
}

/** The tail probability at which the upper (`atLeast`) or lower (`atMost`) end of Jeffreys' interval touches `bound`. */
export function jeffreysP(successes: number, n: number, bound: number, side: Side): number {
  if (successes === (side === 'atLeast' ? n : 0)) return 1;
  const tails = betaTails(successes + 0.5, n - successes + 0.5, bound);
  return side === 'atLeast' ? tails.upper : tails.lower;
}

/** Clopper & Pearson 1934, Biometrika 26:404: never covers less than it says; wider than the others. */
export function clopperPearsonInterval(successes: number, n: number, confidence: number): Interval {
  const tail = (1 - confidence) / 2;
  return {
    low: successes === 0 ? 0 : betaQuantile(successes, n - successes + 1, tail),
    high: successes === n ? 1 : 1 - betaQuantile(n - successes, successes + 1, tail),
  };
}

/** The tail probability at which the upper (`atLeast`) or lower (`atMost`) end of Clopper-Pearson's interval touches `bound`. */
export function clopperPearsonP(successes: number, n: number, bound: number, side: Side): number {
  if (successes === (side === 'atLeast' ? n : 0)) return 1;
  return side === 'atLeast'
    ? betaTails(successes + 1, n - successes, bound).upper
    : betaTails(successes, n - successes + 1, bound).lower;
}
