/**
 * Two proportions on identical rows. The counts: a rows where both have the event, b only the first, c only the second,
 * d neither; the difference is (b - c)/n.
 */
import { criticalZ } from './normal.js';
import { turningPoint, type Interval } from './tails.js';

export interface PairedCounts {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/**
 * The score statistic of "the true difference is `delta`", standard normal under it (Tango 1998, Statistics in Medicine
 * 17:891, eq. 8 with the constrained maximum-likelihood estimate of the discordant probability). At delta = 0 it is
 * McNemar's (b - c)/sqrt(b + c). Defined, unlike Wald's, when the two never disagree.
 * @param delta in [-1, 1]
 */
export function tangoZ({ a, b, c, d }: PairedCounts, delta: number): number {
  const n = a + b + c + d;
  const linear = -b - c + (2 * n - b + c) * delta;
  const constant = -c * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, linear * linear - 8 * n * constant));
  // The larger root of 2n q^2 + linear q + constant = 0, by whichever form does not cancel.
  const q = linear > 0 ? (root + linear === 0 ? 0 : (-2 * constant) / (linear + root)) : (root - linear) / (4 * n);
  const variance = n * (2 * q + delta * (1 - delta));
  const distance = b - c - n * delta;
  if (variance > 0) return distance / Math.sqrt(variance);
  return distance === 0 ? 0 : distance * Infinity;
}

/** The differences that Tango's score test does not reject at critical value z. */
export function tangoAt(counts: PairedCounts, z: number): Interval {
  const value = (counts.b - counts.c) / (counts.a + counts.b + counts.c + counts.d);
  return {
    low: -turningPoint(-value, 1, (x) => tangoZ(counts, -x) > z),
    high: turningPoint(value, 1, (x) => tangoZ(counts, x) < -z),
  };
}

export function tangoInterval(counts: PairedCounts, confidence: number): Interval {
  return tangoAt(counts, criticalZ(confidence));
}
