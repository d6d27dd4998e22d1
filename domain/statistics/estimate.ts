/** Making the estimates that results carry: checked once here, so that no NaN gets any further. */
import type { DefinedEstimate, Estimate, IntervalBasis, UndefinedEstimate } from '../result.js';
import { intervalAt } from './interval.js';

export function isDefined(estimate: Estimate): estimate is DefinedEstimate {
  return !('undefined' in estimate);
}

export function undefinedBecause(reason: string): UndefinedEstimate {
  return { undefined: reason };
}

export interface EstimateParts {
  readonly value: number;
  /** Rows that entered. */
  readonly n: number;
  readonly method: string;
  readonly basis: IntervalBasis;
}

/** An estimate with its interval at `confidence`; undefined when a number overflowed on the way. */
export function estimateOf({ value, n, method, basis }: EstimateParts, confidence: number): Estimate {
  if (!Number.isFinite(value)) return undefinedBecause('the values are too large to add up');
  const { low, high } = intervalAt({ value, basis }, confidence);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return undefinedBecause('the values are too large to add up');
  // In the order of canonical JSON, for which thousands of them need not be copied then. Adding 0 turns -0 into 0.
  return { basis, high, low, method, n, value: value + 0 };
}

/** The difference of two models that score every row the same: 0, whatever the rows. */
export function noDifference(n: number): DefinedEstimate {
  return { basis: { kind: 'exact' }, high: 0, low: 0, method: 'exact', n, value: 0 };
}
