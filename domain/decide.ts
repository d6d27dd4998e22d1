/**
 * From measures to a verdict: a pure function, whose result is recorded. The rules are in docs/statistics.md, "The
 * decision".
 */
import { isObserved, judge, type Judgement, type Place } from './decide/judgement.js';
import { grouped, sentence } from './decide/sentences.js';
import { OVERALL, type Check, type InconclusivePolicy, type Pipeline } from './pipeline.js';
import type { CheckResult, Decision, Outcome, SegmentResult } from './result.js';
import { holm } from './statistics/multiplicity.js';
import { detectableDifference } from './statistics/power.js';

/**
 * @param segments in the order of the result: `overall`, then as the pipeline lists segmentations
 */
export function decide(pipeline: Pipeline, segments: readonly SegmentResult[]): Decision {
  const { confidence, checks } = pipeline;
  const { minRows } = pipeline.segments;
  const judgements = checks.flatMap((check) =>
    placesOf(check, pipeline, segments).map((place) => judge(check, place, minRows, confidence)),
  );
  const adjusted = adjustedPValues(judgements);
  const level = (1 - confidence) / 2;
  const concluded = judgements.map((judgement) => {
    const pAdjusted = adjusted.get(judgement) ?? null;
    const outcome = outcomeOf(judgement, pAdjusted, level);
    return {
      judgement,
      result: resultOf(judgement, outcome, pAdjusted, { level, minRows, comparisons: adjusted.size }),
    };
  });
  return { ...verdictOf(concluded), checks: concluded.map(({ result }) => result) };
}

/** The segments that a check looks at; a segmentation without any segment is a place too, so that it is not overlooked. */
function placesOf(check: Check, pipeline: Pipeline, segments: readonly SegmentResult[]): Place[] {
  const names = check.segments ?? [OVERALL, ...pipeline.segments.by.map(({ name }) => name)];
  return names.flatMap((segmentation): Place[] => {
    const found = segments.filter((segment) => segment.segmentation === segmentation);
    if (found.length === 0) return [{ segmentation, segment: segmentation, found: null }];
    return found.map((segment) => ({ segmentation, segment: segment.segment, found: segment }));
  });
}

/** Holm over all pairs of a blocking check and a segment that is large enough to be judged. */
function adjustedPValues(judgements: readonly Judgement[]): Map<Judgement, number> {
  const family = judgements.filter(
    ({ check, tooFew, observation }) =>
      check.severity === 'block' && check.evidence !== 'point' && !tooFew && isObserved(observation),
  );
  const adjusted = holm(family.map(({ observation }) => (isObserved(observation) ? observation.p : 1)));
  return new Map(family.map((judgement, i) => [judgement, adjusted[i]!]));
}

function outcomeOf({ check, tooFew, observation }: Judgement, pAdjusted: number | null, level: number): Outcome {
  if (tooFew) return 'inconclusive';
  if (!isObserved(observation)) return 'undefined';
  if (check.evidence === 'point') return observation.margin >= 0 ? 'pass' : 'fail';
  const { low, high, bound, side } = observation;
  const allWrong = side === 'atLeast' ? high < bound : low > bound;
  if (allWrong && (pAdjusted ?? observation.p) <= level) return 'fail';
  const noneWrong = side === 'atLeast' ? low >= bound : high <= bound;
  return noneWrong ? 'pass' : 'inconclusive';
}

interface Settings {
  readonly level: number;
  readonly minRows: number;
  /** How many checks on segments share the error level. */
  readonly comparisons: number;
}

function resultOf(judgement: Judgement, outcome: Outcome, pAdjusted: number | null, settings: Settings): CheckResult {
  const { check, place, observation } = judgement;
  const seen = isObserved(observation) ? observation : null;
  const se = check.evidence === 'point' ? 0 : (seen?.se ?? 0);
  // The first step of Holm, which the only bad segment among many has to take.
  const level = pAdjusted === null ? settings.level : settings.level / settings.comparisons;
  return {
    check: check.name,
    metric: check.metric,
    versus: check.versus,
    bound: check.bound,
    segmentation: place.segmentation,
    segment: place.segment,
    outcome,
    severity: check.severity,
    observed: seen && { value: seen.value, low: seen.low, high: seen.high },
    margin: seen && seen.margin + 0,
    p: seen?.p ?? null,
    pAdjusted,
    detectable: se > 0 ? detectableDifference(se, level) : null,
    reason: sentence(judgement, outcome, settings.minRows, settings.comparisons),
  };
}

interface Concluded {
  readonly judgement: Judgement;
  readonly result: CheckResult;
}

function verdictOf(concluded: readonly Concluded[]): Pick<Decision, 'verdict' | 'reasons'> {
  const blocking = concluded.filter(({ result }) => result.severity === 'block');
  const warnings = sentences(
    concluded.filter(({ result }) => result.severity === 'warn' && result.outcome === 'fail'),
  ).map((reason) => `warning: ${reason}`);
  const failed = sentences(blocking.filter(({ result }) => result.outcome === 'fail'));
  const openTo = (policy: InconclusivePolicy) =>
    sentences(blocking.filter((one) => isOpen(one) && policyOf(one) === policy));
  const openFails = openTo('fail').map((reason) => `${reason} (a check that cannot be settled fails this pipeline)`);
  const open = openTo('inconclusive');
  if (failed.length + openFails.length > 0) {
    return { verdict: 'FAIL', reasons: [...failed, ...openFails, ...open, ...warnings] };
  }
  if (open.length > 0) return { verdict: 'INCONCLUSIVE', reasons: [...open, ...warnings] };
  const passed = blocking.filter(({ result }) => result.outcome === 'pass').length;
  if (passed === 0) {
    const none =
      blocking.length === 0 ? 'no check may block, so nothing can pass' : 'no blocking check could be judged as kept';
    return { verdict: 'INCONCLUSIVE', reasons: [none, ...openTo('pass'), ...warnings] };
  }
  return { verdict: 'PASS', reasons: [summaryOf(passed, blocking.length), ...warnings] };
}

function summaryOf(passed: number, all: number): string {
  if (all === 1) return 'the only blocking check passed';
  if (passed === all) return `all ${grouped(all)} blocking checks on segments passed`;
  const open = all - passed;
  return `${grouped(passed)} of ${grouped(all)} blocking checks on segments passed, none failed; ${grouped(open)} could not be settled, which this pipeline lets pass`;
}

function isOpen({ result }: Concluded): boolean {
  return result.outcome === 'inconclusive' || result.outcome === 'undefined';
}

function policyOf({ judgement: { check, place } }: Concluded): InconclusivePolicy {
  return place.segmentation === OVERALL ? check.onInconclusive.overall : check.onInconclusive.segments;
}

/** Worst first: by the excess over the bound, in multiples of the bound; what has no margin comes last. */
function sentences(concluded: readonly Concluded[]): string[] {
  const excess = ({ result }: Concluded): number =>
    result.margin === null ? Infinity : result.margin / (Math.abs(result.bound.value) || 1);
  return concluded
    .map((one, place) => ({ reason: one.result.reason, excess: excess(one), place }))
    .sort((a, b) => (a.excess === b.excess ? a.place - b.place : a.excess - b.excess))
    .map(({ reason }) => reason);
}
