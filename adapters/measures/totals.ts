/** What a mean cost amounts to. */
import type { Estimate, MeasuredMetrics, Totals } from '../../domain/result.js';
import { exactSum } from '../../domain/statistics/exact-sum.js';

/** The metrics with the total of `cost`, where it is measured. @param rows labelled ones */
export function withTotals(metrics: MeasuredMetrics, rows: number, weights: Float64Array | null): MeasuredMetrics {
  const { cost } = metrics;
  if (cost === undefined) return metrics;
  const whole = weights === null ? rows : exactSum(weights);
  const candidate = totalOf(cost.candidate, whole);
  const baseline = totalOf(cost.baseline, whole);
  const total: Totals = {
    ...(candidate === null ? {} : { candidate }),
    ...(baseline === null ? {} : { baseline }),
    ...(candidate === null || baseline === null ? {} : { difference: candidate - baseline }),
  };
  return { ...metrics, cost: { ...cost, total } };
}

/** Null: there is no mean, or it is too large to be multiplied. */
function totalOf(estimate: Estimate | undefined, whole: number): number | null {
  if (estimate === undefined || 'undefined' in estimate) return null;
  const total = estimate.value * whole;
  return Number.isFinite(total) ? total : null;
}
