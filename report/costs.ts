/** What the metric `cost` amounts to on every segment, with its uncertainty: where the money goes. */
import { OVERALL } from '../domain/pipeline.js';
import type { Estimate, MetricEstimates, Result, SegmentResult } from '../domain/result.js';
import type { Interval } from './format.client.js';

export interface SegmentCost {
  readonly segment: SegmentResult;
  /** Null where the mean is undefined or there is no baseline. */
  readonly candidate: Interval | null;
  readonly baseline: Interval | null;
  readonly difference: Interval | null;
}

/** `overall` first, then the segments that lose the most; empty where nothing asks for costs. */
export function costsOf(result: Result): readonly SegmentCost[] {
  const all = result.segments.flatMap((segment) => {
    const cost = segment.metrics.cost;
    return cost?.total === undefined ? [] : [costOf(segment, cost)];
  });
  const loss = ({ candidate, difference }: SegmentCost): number =>
    (result.manifest.models.baseline === null ? candidate : difference)?.value ?? Number.NEGATIVE_INFINITY;
  const isOverall = ({ segment }: SegmentCost): boolean => segment.segmentation === OVERALL;
  const segments = all
    .filter((one) => !isOverall(one))
    .map((one, place) => ({ one, place, loss: loss(one) }))
    // Subtracting would make NaN of two that have none.
    .sort((a, b) => (a.loss === b.loss ? a.place - b.place : a.loss > b.loss ? -1 : 1))
    .map(({ one }) => one);
  return [...all.filter(isOverall), ...segments];
}

function costOf(segment: SegmentResult, { candidate, baseline, difference, total }: MetricEstimates): SegmentCost {
  const pairs = [
    [candidate, total?.candidate],
    [baseline, total?.baseline],
    [difference, total?.difference],
  ] as const;
  // The sum of the weights (or the labelled rows) that the means were multiplied with: the same for all three.
  const factor = pairs.map(([mean, sum]) => factorOf(mean, sum)).find((one) => one !== null) ?? null;
  const [first, second, third] = pairs.map(([mean, sum]) => totalOf(mean, sum, factor));
  return { segment, candidate: first ?? null, baseline: second ?? null, difference: third ?? null };
}

function factorOf(mean: Estimate | undefined, total: number | undefined): number | null {
  if (mean === undefined || total === undefined || 'undefined' in mean || mean.value === 0) return null;
  return total / mean.value;
}

function totalOf(mean: Estimate | undefined, total: number | undefined, factor: number | null): Interval | null {
  if (mean === undefined || total === undefined || 'undefined' in mean) return null;
  // All means are 0: what their intervals amount to follows from the rows that entered.
  const by = factor ?? mean.n;
  return { value: total, low: mean.low * by, high: mean.high * by };
}
