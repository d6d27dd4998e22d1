/** Area under the ROC curve. */
import type { Estimate, IntervalBasis } from '../result.js';
import { aucDifferenceVariance, aucVariance, placements, type Placements } from '../statistics/delong.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { effectiveStandardError } from '../statistics/interval.js';
import { compared } from './comparison.js';
import type { Metric } from './metric.js';
import { NO_SCORES } from './probability-losses.js';
import type { BinaryRows } from './rows.js';

/** Fewer rows of a class than this, and DeLong's variance is too uncertain itself. */
const SMALL_CLASS = 10;

export const AUC: Metric = {
  name: 'auc',
  description: 'chance that a positive row scores higher than a negative one (area under the ROC curve)',
  direction: 'higher',
  range: [0, 1],
  measure: {
    binary: (rows) =>
      compared({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameScores,
        n: rows.n,
        prepare: ({ predictions, problem }) => {
          const reason = problem ?? oneClass(rows);
          if (reason !== null) return undefinedBecause(reason);
          return predictions.scores === null ? NO_SCORES : placements(predictions.scores, rows.labels);
        },
        estimate: (placed) => {
          const { auc, positives, negatives } = placed;
          const { method, basis } = ownBasis(placed);
          return estimateOf({ value: auc, n: positives.length + negatives.length, method, basis }, rows.confidence);
        },
        difference: (candidate, baseline) => aucDifference(candidate, baseline, rows.confidence),
      }),
  },
};

function oneClass({ counts, n }: BinaryRows): string | null {
  if (n === 0) return 'no rows';
  const positives = counts[4]! + counts[5]! + counts[6]! + counts[7]!;
  if (positives === 0) return 'no positive labels';
  return positives === n ? 'no negative labels' : null;
}

/** DeLong on the logit scale (Pepe 2003, section 5.2.3), which keeps the interval inside (0, 1) and right near 1. */
function ownBasis(placed: Placements): { method: string; basis: IntervalBasis } {
  const { auc } = placed;
  if (!hasSmallClass(placed)) {
    const { se } = aucVariance(placed);
    if (se > 0 && auc > 0 && auc < 1) {
      return { method: 'delong', basis: { kind: 'logit', se: se / (auc * (1 - auc)) } };
    }
  }
  return { method: 'newcombe', basis: bySizes(placed) };
}

function aucDifference(candidate: Placements, baseline: Placements, confidence: number): Estimate {
  const value = candidate.auc - baseline.auc;
  const n = candidate.positives.length + candidate.negatives.length;
  if (!hasSmallClass(candidate)) {
    const { se, df } = aucDifferenceVariance(candidate, baseline);
    if (se > 0) {
      return estimateOf({ value, n, method: 'delong', basis: { kind: 't', se, df, min: -1, max: 1 } }, confidence);
    }
  }
  // Two AUCs on the same rows go up and down together: taking them as independent errs on the wide side.
  const se = Math.hypot(
    effectiveStandardError({ value: candidate.auc, basis: bySizes(candidate) }, confidence),
    effectiveStandardError({ value: baseline.auc, basis: bySizes(baseline) }, confidence),
  );
  return estimateOf({ value, n, method: 'newcombe', basis: { kind: 'normal', se, min: -1, max: 1 } }, confidence);
}

function hasSmallClass({ positives, negatives }: Placements): boolean {
  return Math.min(positives.length, negatives.length) < SMALL_CLASS;
}

function bySizes({ positives, negatives }: Placements): IntervalBasis {
  return { kind: 'mannWhitney', positives: positives.length, negatives: negatives.length };
}
