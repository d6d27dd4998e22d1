/**
 * From measures to a verdict: a pure function, whose result is recorded. The rules are in docs/statistics.md, "The
 * decision".
 */
import { comparesSegments, isObserved, judge, unitsIn, type Judgement, type Place } from './decide/judgement.js';
import { grouped, isTooSmall, sentence } from './decide/sentences.js';
import { lacksPredictions, unpredictedReason } from './decide/unpredicted.js';
import { OVERALL, type Check, type Correction, type InconclusivePolicy, type Pipeline } from './pipeline.js';
import type { CheckResult, Decision, Estimate, Outcome, SegmentResult } from './result.js';
import { benjaminiHochberg, benjaminiYekutieli, holm } from './statistics/multiplicity.js';
import { detectableExcess, rowsFactor } from './statistics/power.js';

/**
 * @param segments in the order of the result: `overall`, then as the pipeline lists segmentations
 */
export function decide(pipeline: Pipeline, segments: readonly SegmentResult[]): Decision {
  const steps = decideInSteps(pipeline, segments);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * The same, with a pause after each check on a segment: what was found on paired rows takes a millisecond to say how sure it is, and of a
 * hundred thousand of them that is minutes.
 */
export function* decideInSteps(
  pipeline: Pipeline,
  segments: readonly SegmentResult[],
): Generator<undefined, Decision, undefined> {
  const { confidence, checks } = pipeline;
  const { minRows } = pipeline.segments;
  const judgements: Judgement[] = [];
  for (const check of checks) {
    for (const place of placesOf(check, pipeline, segments)) {
      judgements.push(judge(check, place, minRows, confidence));
      yield;
    }
  }
  const adjusted = adjustedPValues(judgements, pipeline.correction);
  const comparisons = adjusted.size;
  const first = firstStep(pipeline.correction, comparisons);
  const level = (1 - confidence) / 2;
  const concluded: Concluded[] = [];
  for (const judgement of judgements) {
    const pAdjusted = adjusted.get(judgement) ?? null;
    const outcome = outcomeOf(judgement, pAdjusted, level);
    const result = resultOf(judgement, outcome, pAdjusted, { level, first, minRows, comparisons });
    concluded.push({ judgement, result });
    yield;
  }
  return { ...verdictOf(concluded, unpredictedReason(segments)), checks: concluded.map(({ result }) => result) };
}

/** The segments that a check looks at; a segmentation without any segment is a place too, so that it is not overlooked. */
function placesOf(check: Check, pipeline: Pipeline, segments: readonly SegmentResult[]): Place[] {
  const all = [OVERALL, ...pipeline.segments.by.map(({ name }) => name)];
  // All rows have no rest, and no segment beside them.
  const names = check.segments ?? (comparesSegments(check) ? all.slice(1) : all);
  const places = names.flatMap((segmentation): Place[] => {
    const found = segments.filter((segment) => segment.segmentation === segmentation);
    if (found.length === 0) return [{ segmentation, segment: segmentation, found: null, required: false }];
    return found
      .filter(({ segment }) => check.versus !== 'segment' || segment !== check.reference)
      .map((segment) => {
        const other = otherOf(check, segment, found, pipeline.segments.minRows);
        const required = check.required.includes(segment.segment);
        const place = { segmentation, segment: segment.segment, found: segment, required };
        return other === undefined ? place : { ...place, other };
      });
  });
  return [...places, ...missingOf(check, names, places)];
}

/** Segments that the check names and nobody found. */
function missingOf(check: Check, names: readonly string[], places: readonly Place[]): Place[] {
  const named = new Set([...check.required, ...Object.keys(check.perSegment)]);
  for (const { segment } of places) named.delete(segment);
  if (check.reference !== null) named.delete(check.reference);
  const segmentation = names.length === 1 ? names[0] : undefined;
  return [...named].map((segment) => ({
    segmentation: segmentation ?? segment,
    segment,
    found: null,
    required: check.required.includes(segment),
  }));
}

/** The candidate on the rows that the segment is compared with. */
function otherOf(
  { versus, reference, metric }: Check,
  segment: SegmentResult,
  among: readonly SegmentResult[],
  minRows: number,
): Estimate | undefined {
  if (versus === 'rest') return segment.metrics[metric]?.rest;
  if (versus !== 'segment') return undefined;
  const found = among.find((other) => other.segment === reference);
  if (found === undefined) return undefined;
  if (!(unitsIn(found) >= minRows))
    return {
      undefined: `fewer ${found.groups === undefined ? 'labelled rows' : 'groups'} than minRows (${minRows})`,
    };
  return found.metrics[metric]?.candidate;
}

const CORRECTIONS: Readonly<Record<Correction, (pValues: readonly number[]) => readonly number[]>> = {
  holm,
  bh: benjaminiHochberg,
  by: benjaminiYekutieli,
  none: (pValues) => pValues,
};

/** Over all pairs of a blocking check and a segment that is large enough to be judged. */
function adjustedPValues(judgements: readonly Judgement[], correction: Correction): Map<Judgement, number> {
  const family = judgements.filter(
    ({ check, tooFew, observation }) =>
      check.severity === 'block' && check.evidence !== 'point' && !tooFew && isObserved(observation),
  );
  const adjusted = CORRECTIONS[correction](
    family.map(({ observation }) => (isObserved(observation) ? observation.p : 1)),
  );
  return new Map(family.map((judgement, i) => [judgement, adjusted[i]!]));
}

/** What p is multiplied with where only one segment among many is bad: it has to take the first step. */
function firstStep(correction: Correction, comparisons: number): number {
  if (correction === 'none') return 1;
  let harmonic = 0;
  for (let i = 1; i <= comparisons; i++) harmonic += 1 / i;
  return Math.max(1, correction === 'by' ? comparisons * harmonic : comparisons);
}

function outcomeOf({ check, tooFew, observation }: Judgement, pAdjusted: number | null, level: number): Outcome {
  if (tooFew) return 'inconclusive';
  if (!isObserved(observation)) return 'undefined';
  const tooSmall = isTooSmall(check, observation);
  if (check.evidence === 'point') return observation.margin >= 0 || tooSmall ? 'pass' : 'fail';
  const { low, high, bound, side } = observation;
  const allWrong = side === 'atLeast' ? high < bound : low > bound;
  if (allWrong && !tooSmall && (pAdjusted ?? observation.p) <= level) return 'fail';
  const noneWrong = side === 'atLeast' ? low >= bound : high <= bound;
  return noneWrong ? 'pass' : 'inconclusive';
}

interface Settings {
  readonly level: number;
  readonly minRows: number;
  /** How many checks on segments share the error level. */
  readonly comparisons: number;
  /** What the correction divides the level by in its first step. */
  readonly first: number;
}

function resultOf(judgement: Judgement, outcome: Outcome, pAdjusted: number | null, settings: Settings): CheckResult {
  const { check, place, observation } = judgement;
  const seen = isObserved(observation) ? observation : null;
  const level = pAdjusted === null ? settings.level : settings.level / settings.first;
  const tested = check.evidence !== 'point' && seen !== null && seen.se > 0;
  const detectable = tested ? detectableExcess(seen, level) : null;
  const rowsNeeded = outcome === 'inconclusive' ? rowsFor(judgement, tested ? level : null, settings) : null;
  // In the order of canonical JSON, for which thousands of them need not be copied then.
  return {
    bound: check.bound,
    check: check.name,
    detectable,
    margin: seen && seen.margin + 0,
    metric: check.metric,
    observed: seen && { high: seen.high, low: seen.low, value: seen.value },
    outcome,
    p: seen?.p ?? null,
    pAdjusted,
    reason: sentence(judgement, outcome, {
      minRows: settings.minRows,
      comparisons: settings.first > 1 ? settings.comparisons : 1,
      rowsNeeded,
    }),
    ...(check.reference === null ? {} : { reference: check.reference }),
    rowsNeeded,
    segment: place.segment,
    segmentation: place.segmentation,
    severity: check.severity,
    versus: check.versus,
  };
}

/**
 * Labelled rows (of a ranking: groups) at which an observation like this one is settled with 80 % power. On the wrong side it has to fail, after the
 * correction; on the right side to pass, which needs none. Null where it cannot be said: a value on the bound, or a breach that
 * is too small to act on.
 * @param failing level at which it would fail; null: nothing was tested
 */
function rowsFor(judgement: Judgement, failing: number | null, { level, minRows }: Settings): number | null {
  const { check, place, tooFew, observation } = judgement;
  const rows = place.found === null ? 0 : unitsIn(place.found);
  if (tooFew && failing === null) return minRows;
  if (!isObserved(observation) || failing === null || isTooSmall(check, observation)) return null;
  const { margin, side } = observation;
  const factor =
    margin < 0
      ? rowsFactor(observation, -margin, failing)
      : rowsFactor({ ...observation, side: side === 'atLeast' ? 'atMost' : 'atLeast' }, margin, level);
  if (factor === null) return null;
  const wanted = Math.ceil(rows * factor);
  return Number.isSafeInteger(wanted) ? Math.max(wanted, tooFew ? minRows : 0) : null;
}

interface Concluded {
  readonly judgement: Judgement;
  readonly result: CheckResult;
}

/** @param unpredicted why some rows have no prediction of the candidate, or null: with such rows nothing passes */
function verdictOf(concluded: readonly Concluded[], unpredicted: string | null): Pick<Decision, 'verdict' | 'reasons'> {
  const blocking = concluded.filter(({ result }) => result.severity === 'block');
  const warnings = sentences(
    concluded.filter(({ result }) => result.severity === 'warn' && result.outcome === 'fail'),
  ).map((reason) => `warning: ${reason}`);
  const failed = sentences(blocking.filter(({ result }) => result.outcome === 'fail'));
  const openTo = (policy: InconclusivePolicy) =>
    sentences(blocking.filter((one) => isOpen(one) && policyOf(one) === policy));
  const openFails = openTo('fail').map((reason) => `${reason} (a check that cannot be settled fails this pipeline)`);
  const open = openTo('inconclusive');
  const lacking = unpredicted === null ? [] : [unpredicted];
  if (failed.length + openFails.length > 0) {
    return { verdict: 'FAIL', reasons: [...failed, ...openFails, ...lacking, ...open, ...warnings] };
  }
  if (open.length + lacking.length > 0) return { verdict: 'INCONCLUSIVE', reasons: [...lacking, ...open, ...warnings] };
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
  const { overall, segments } = check.onInconclusive;
  const policy = place.segmentation === OVERALL ? overall : segments;
  const mustBeJudged = (place.required && place.segmentation !== OVERALL) || lacksPredictions(place.found);
  return mustBeJudged && policy === 'pass' ? 'inconclusive' : policy;
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
