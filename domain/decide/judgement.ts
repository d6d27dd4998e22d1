/** One check on one segment: what was observed, against which bound. No policy and no other checks yet. */
import { OVERALL, type Bound, type Check } from '../pipeline.js';
import type { DefinedEstimate, Estimate, IntervalBasis, MetricEstimates, SegmentResult } from '../result.js';
import { isDefined } from '../statistics/estimate.js';
import { intervalAt, pValue, type Evidenced } from '../statistics/interval.js';
import { criticalZ } from '../statistics/normal.js';
import type { Side } from '../statistics/tails.js';
import { independentDifference, independentRatio, type Evidence } from './contrast.js';
import { relativeChange } from './relative-change.js';

/** Where a check looked. `found` is null when the segmentation has no segment at all. */
export interface Place {
  readonly segmentation: string;
  readonly segment: string;
  readonly found: SegmentResult | null;
  /** Named by the check as one that must be judged. */
  readonly required: boolean;
  /** What the segment is compared with, where that is other rows than its own. */
  readonly other?: Estimate;
}

export interface Observation {
  /** The candidate's value, or the change from baseline to candidate (relative: as a share of |baseline|). */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** In the same unit and direction as the value. */
  readonly bound: number;
  readonly side: Side;
  /** The rest's or the other segment's value, where it is compared with one. */
  readonly other?: number;
  /** Positive on the right side of the bound; 0 where it is less than `rounding`. */
  readonly margin: number;
  /** What the margin may be off by because numbers were rounded before they were subtracted. */
  readonly rounding: number;
  /** One-sided, of "the bound is kept". */
  readonly p: number;
  /** Standard error that the interval amounts to; 0 for two models that predict the same. */
  readonly se: number;
  /** Of what was compared with the bound; none where it is two estimates on different rows. */
  readonly basis?: IntervalBasis;
}

export interface Judgement {
  /** With the bound that holds for this segment. */
  readonly check: Check;
  readonly place: Place;
  /** Labelled rows of the segment (a ranking's groups) are fewer than this many, or there is no such segment: it cannot be judged. */
  readonly tooFew: boolean;
  readonly observation: Observation | { readonly undefined: string };
}

export function judge(general: Check, place: Place, minRows: number, confidence: number): Judgement {
  const { found } = place;
  const check = boundFor(general, place);
  if (found === null) return { check, place, tooFew: true, observation: { undefined: 'there is no such segment' } };
  // `!(>=)` and not `<`: a row count that is no number is no evidence either.
  const tooFew = !(unitsIn(found) >= minRows) || found.rows === 0;
  return { check, place, tooFew, observation: observe(check, found.metrics[check.metric], place.other, confidence) };
}

/**
 * Share of the largest number that is subtracted by which a difference may be off: a few units in the last place. Of a smaller share, 63 of 100
 * against 70 of 100 would be more than a drop of a tenth; of the bound alone, two shares that are equal on paper would differ wherever no drop is allowed.
 */
const ROUNDING = 8 * Number.EPSILON;

/** What `minRows` counts: labelled rows; of a ranking its groups, each of which is one observation. */
export function unitsIn({ rows, unlabelled, groups }: SegmentResult): number {
  return groups ?? rows - unlabelled;
}

function boundFor(check: Check, { segmentation, segment }: Place): Check {
  const own =
    segmentation !== OVERALL && Object.hasOwn(check.perSegment, segment) ? check.perSegment[segment] : undefined;
  return own === undefined ? check : { ...check, bound: { ...check.bound, value: own } };
}

export function isObserved(observation: Judgement['observation']): observation is Observation {
  return !('undefined' in observation);
}

function observe(
  check: Check,
  estimates: MetricEstimates | undefined,
  other: Estimate | undefined,
  confidence: number,
): Judgement['observation'] {
  if (estimates === undefined) return { undefined: 'the metric was not measured' };
  const { bound } = check;
  const evidence = comparesSegments(check)
    ? evidenceAgainst(check, estimates, other)
    : evidenceFor(bound, estimates, confidence);
  if ('undefined' in evidence) return evidence;
  const side = sideOf(bound);
  const limit = limitOf(bound);
  const { low, high } = evidence.interval(confidence);
  const rounding = ROUNDING * Math.max(Math.abs(limit), ...comparedSizes(bound, evidence.value, estimates, other));
  const exactly = (difference: number): number => (Math.abs(difference) <= rounding ? 0 : difference);
  const value = exactly(evidence.value);
  const margin = exactly(side === 'atLeast' ? value - limit : limit - value);
  const p = evidence.p(limit, side);
  const se = evidence.certain ? 0 : (evidence.se?.(confidence) ?? (high - low) / (2 * criticalZ(confidence)));
  const observation = { value: value + 0, low, high, bound: limit, margin, rounding, p, se };
  if (!Object.values(observation).every(Number.isFinite)) return { undefined: 'a number that is needed is not finite' };
  const basis = evidence.basis === undefined ? {} : { basis: evidence.basis };
  return { ...observation, ...basis, side, ...(other !== undefined && isDefined(other) ? { other: other.value } : {}) };
}

/** How large the numbers are, in the unit of what is compared with the bound, that it is the difference of; its own size where it is none. */
function comparedSizes(
  bound: Bound,
  value: number,
  { candidate, baseline }: MetricEstimates,
  other: Estimate | undefined,
): number[] {
  if (bound.kind === 'min' || bound.kind === 'max' || isRatio(bound)) return [Math.abs(value)];
  const sizes = [candidate, other ?? baseline].map((one) => (one && isDefined(one) ? Math.abs(one.value) : 0));
  const unit = isRelative(bound) ? sizes[1]! : 1;
  return sizes.map((size) => size / unit);
}

/** Whether a check compares the candidate on two sets of rows, not two models on one. */
export function comparesSegments({ versus }: Pick<Check, 'versus'>): boolean {
  return versus === 'rest' || versus === 'segment';
}

/** `min` and drops bound from below (a drop of at most d: change >= -d), `max` and increases from above. */
export function sideOf({ kind }: Bound): Side {
  return kind === 'min' || kind === 'minRatio' || kind === 'maxDrop' || kind === 'maxRelativeDrop'
    ? 'atLeast'
    : 'atMost';
}

/** In the direction of what is compared with it: a drop by so much is a change by less than 0. */
function limitOf({ kind, value }: Bound): number {
  return kind === 'maxDrop' || kind === 'maxRelativeDrop' ? -value : value;
}

export function isRatio({ kind }: Bound): boolean {
  return kind === 'minRatio' || kind === 'maxRatio';
}

export function isRelative({ kind }: Bound): boolean {
  return kind === 'maxRelativeDrop' || kind === 'maxRelativeIncrease';
}

type MaybeEvidence = Evidence | { readonly undefined: string };

function evidenceFor(bound: Bound, estimates: MetricEstimates, confidence: number): MaybeEvidence {
  const found = pairedEvidence(bound, estimates);
  if ('undefined' in found || 'interval' in found) return found;
  return {
    value: found.value,
    // A measured estimate carries its interval at the pipeline's confidence.
    interval: (at) => (at === confidence && isMeasured(found) ? found : intervalAt(found, at)),
    p: (limit, side) => pValue(found, limit, side),
    certain: found.basis.kind === 'exact',
    basis: found.basis,
  };
}

function isMeasured(found: Evidenced): found is DefinedEstimate {
  return 'low' in found;
}

/** The candidate on the segment and on other rows: two independent estimates. */
function evidenceAgainst(
  { bound, versus, reference }: Check,
  estimates: MetricEstimates,
  other: Estimate | undefined,
): MaybeEvidence {
  if (!Number.isFinite(bound.value)) return { undefined: 'the bound is not a finite number' };
  const first = sound(estimates.candidate, 'candidate');
  if ('undefined' in first) return first;
  const name = versus === 'rest' ? 'rest' : `segment ${String(reference)}`;
  const second = sound(other, name);
  if ('undefined' in second)
    return { undefined: other === undefined ? `there is no ${name}` : `${name}: ${second.undefined}` };
  if (!isRatio(bound)) return independentDifference(first, second);
  if (!(second.value > 0) || first.value < 0) {
    return {
      undefined: `a ratio has no meaning where the value of the ${name} is ${second.value} and the segment's ${first.value}`,
    };
  }
  return independentRatio(first, second);
}

function pairedEvidence(
  bound: Bound,
  estimates: MetricEstimates,
): Evidenced | Evidence | { readonly undefined: string } {
  if (!Number.isFinite(bound.value)) return { undefined: 'the bound is not a finite number' };
  const candidate = sound(estimates.candidate, 'candidate');
  if (bound.kind === 'min' || bound.kind === 'max') return candidate;
  if ('undefined' in candidate) return candidate;
  const baseline = sound(estimates.baseline, 'baseline');
  if ('undefined' in baseline) return baseline;
  const difference = sound(estimates.difference, 'difference');
  if ('undefined' in difference || !isRelative(bound)) return difference;
  if (baseline.value === 0) return { undefined: "the baseline's value is 0, so a relative change has no meaning" };
  // One model twice: certain, whatever the baseline is.
  if (difference.basis.kind === 'exact')
    return { value: difference.value / Math.abs(baseline.value), basis: difference.basis };
  return relativeChange({ candidate, baseline, difference }, limitOf(bound));
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
  const finite = Object.values(basis).every((value) => typeof value !== 'number' || Number.isFinite(value));
  if (!finite) return false;
  switch (basis.kind) {
    case 'normal':
    case 'logit':
      return basis.se > 0;
    case 'folded':
      return basis.se > 0 && basis.noise > 0;
    case 'foldedDifference':
      return basis.first.noise > 0 && basis.second.noise > 0 && Math.abs(basis.correlation) < 1;
    case 'contrast':
      return soundBasis(basis.first) && soundBasis(basis.second);
    case 't':
    case 'skewed':
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
