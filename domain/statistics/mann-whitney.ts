/**
 * The AUC when a class is too small for DeLong's variance, or the scores separate the classes perfectly so that it is 0:
 * a score interval with a variance that depends on the AUC itself (Newcombe 2006, Statistics in Medicine 25:559, method
 * 5; the variance is Hanley & McNeil's 1982, Radiology 143:29, with both class sizes replaced by their mean).
 */
import { turningPoint, type Interval } from './tails.js';

function variance(auc: number, positives: number, negatives: number): number {
  const mean = (positives + negatives) / 2;
  const spread = 1 + (mean - 1) * ((1 - auc) / (2 - auc) + auc / (1 + auc));
  return (auc * (1 - auc) * spread) / (positives * negatives);
}

/** The score statistic of "the true AUC is `bound`". */
export function mannWhitneyZ(auc: number, positives: number, negatives: number, bound: number): number {
  if (auc === bound) return 0;
  if (bound <= 0 || bound >= 1) return (auc - bound) * Infinity;
  return (auc - bound) / Math.sqrt(variance(bound, positives, negatives));
}

/** The AUCs that it does not reject at critical value z. */
export function mannWhitneyAt(auc: number, positives: number, negatives: number, z: number): Interval {
  return {
    low: -turningPoint(-auc, 0, (x) => mannWhitneyZ(auc, positives, negatives, -x) > z),
    high: turningPoint(auc, 1, (x) => mannWhitneyZ(auc, positives, negatives, x) < -z),
  };
}
