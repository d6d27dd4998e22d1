/** One check on one segment: what was observed, against which bound. No policy and no other checks yet. */
import type { Bound, Check } from '../pipeline.js';
import type { DefinedEstimate, Estimate, IntervalBasis, MetricEstimates, SegmentResult } from '../result.js';
import { isDefined } from '../statistics/estimate.js';
import { effectiveStandardError, intervalAt, pValue, type Evidenced } from '../statistics/interval.js';
import type { Side } from '../statistics/tails.js';

/** Where a check looked. `found` is null when the segmentation has no segment at all. */
export interface Place {
  readonly segmentation: string;
  readonly segment: string;
  readonly found: SegmentResult | null;
}

export interface Observation {
  /** The candidate's value, or the change from baseline to candidate (relative: as a share of |baseline|). */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** In the same unit and direction as the value. */
  readonly bound: number;
  readonly side: Side;
  /** Positive on the right side of the bound. */
  readonly margin: number;
  /** One-sided, of "the bound is kept". */
  readonly p: number;
  /** Standard error that the interval amounts to; 0 for two models that predict the same. */
  readonly se: number;
}

export interface Judgement {
  readonly check: Check;
  readonly place: Place;
  /** Labelled rows of the segment are fewer than this many, or there is no such segment: it cannot be judged. */
  readonly tooFew: boolean;
  readonly observation: Observation | { readonly undefined: string };
}

export function judge(check: Check, place: Place, minRows: number, confidence: number): Judgement {
  const { found } = place;
  if (found === null) return { check, place, tooFew: true, observation: { undefined: 'there is no such segment' } };
  // `!(>=)` and not `<`: a row count that is no number is no evidence either.
  const tooFew = !(found.rows - found.unlabelled >= minRows) || found.rows === 0;
  return { check, place, tooFew, observation: observe(check.bound, found.metrics[check.metric], confidence) };
}

export function isObserved(observation: Judgement['observation']): observation is Observation {
  return !('undefined' in observation);
}

function observe(bound: Bound, estimates: MetricEstimates | undefined, confidence: number): Judgement['observation'] {
  if (estimates === undefined) return { undefined: 'the metric was not measured' };
  const evidence = evidenceFor(bound, estimates, confidence);
  if ('undefined' in evidence) return evidence;
  const side = sideOf(bound);
  const limit = side === 'atLeast' && bound.kind !== 'min' ? -bound.value : bound.value;
  const { low, high } = intervalAt(evidence, confidence);
  const margin = side === 'atLeast' ? evidence.value - limit : limit - evidence.value;
  const p = pValue(evidence, limit, side);
  const se = evidence.basis.kind === 'exact' ? 0 : effectiveStandardError(evidence, confidence);
  const observation = { value: evidence.value + 0, low, high, bound: limit, margin, p, se };
  if (!Object.values(observation).every(Number.isFinite)) return { undefined: 'a number that is needed is not finite' };
  return { ...observation, side };
}

/** `min` and drops bound from below (a drop of at most d: change >= -d), `max` and increases from above. */
export function sideOf({ kind }: Bound): Side {
  return kind === 'min' || kind === 'maxDrop' || kind === 'maxRelativeDrop' ? 'atLeast' : 'atMost';
}

export function isRelative({ kind }: Bound): boolean {
  return kind === 'maxRelativeDrop' || kind === 'maxRelativeIncrease';
}

type Evidence = Evidenced | { readonly undefined: string };

function evidenceFor(bound: Bound, estimates: MetricEstimates, confidence: number): Evidence {
  if (!Number.isFinite(bound.value)) return { undefined: 'the bound is not a finite number' };
  const candidate = sound(estimates.candidate, 'candidate');
  if (bound.kind === 'min' || bound.kind === 'max') return candidate;
  if ('undefined' in candidate) return candidate;
  const baseline = sound(estimates.baseline, 'baseline');
  if ('undefined' in baseline) return baseline;
  const difference = sound(estimates.difference, 'difference');
  if ('undefined' in difference || !isRelative(bound)) return difference;
  return relativeChange(candidate, baseline, difference, confidence);
}

/**
 * The change as a share of |baseline|, by the delta method on d/|b|. The covariance of d and b follows from the three
 * variances: var(c) = var(b) + var(d) + 2 cov(d, b).
 */
function relativeChange(
  candidate: DefinedEstimate,
  baseline: DefinedEstimate,
  difference: DefinedEstimate,
  confidence: number,
): Evidence {
  const b = baseline.value;
  const d = difference.value;
  if (b === 0) return { undefined: "the baseline's value is 0, so a relative change has no meaning" };
  if (difference.basis.kind === 'exact') return { value: d / Math.abs(b), basis: difference.basis };
  const [vc, vb, vd] = [candidate, baseline, difference].map((e) => effectiveStandardError(e, confidence) ** 2);
  const covariance = (vc! - vb! - vd!) / 2;
  const ratio = d / b;
  const variance = vd! - 2 * ratio * covariance + ratio * ratio * vb!;
  // The three come from separate intervals: together they may say less than nothing, which is no evidence of certainty.
  const se = Math.sqrt(variance > 0 ? variance : vd!) / Math.abs(b);
  return { value: d / Math.abs(b), basis: { kind: 'normal', se } };
}

/** The estimate, unless it is missing, undefined, or has a number in it that is none. */
function sound(estimate: Estimate | undefined, which: string): DefinedEstimate | { readonly undefined: string } {
  if (estimate === undefined) return { undefined: `there is no ${which}` };
  if (!isDefined(estimate)) return estimate;
  const { value, basis } = estimate;
  if (!Number.isFinite(value) || !soundBasis(basis)) return { undefined: `the ${which} is not a finite number` };
  return estimate;
}

function soundBasis(basis: IntervalBasis): boolean {
  const finite = Object.entries(basis).every(
    ([name, value]) => name === 'kind' || name === 'scale' || Number.isFinite(value),
  );
  if (!finite) return false;
  switch (basis.kind) {
    case 'normal':
    case 'logit':
      return basis.se > 0;
    case 't':
      return basis.se > 0 && basis.df > 0;
    case 'proportion':
    case 'constant':
      return basis.n > 0;
    case 'paired':
      return basis.a + basis.b + basis.c + basis.d > 0;
    case 'mannWhitney':
      return basis.positives > 0 && basis.negatives > 0;
    case 'exact':
      return true;
  }
}
