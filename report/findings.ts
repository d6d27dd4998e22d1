/**
 * What every renderer shows: one finding per check and segment, with the estimates that the check looked at, and one
 * per measured metric that no check looks at. The worst comes first, wherever a list has to end somewhere.
 */
import { comparesSegments, isRatio, isRelative } from '../domain/decide/judgement.js';
import { OVERALL } from '../domain/pipeline.js';
import type { Bound, MetricName, Severity } from '../domain/pipeline.js';
import type { CheckResult, Estimate, MetricEstimates, Outcome, Result, SegmentResult } from '../domain/result.js';
import { shortened } from '../domain/shortened.js';
import { bound as formatBound, printable } from './format.client.js';
import type { Observed, Shown, Unit } from './format.client.js';

export interface Finding {
  readonly segment: SegmentResult;
  /** The segment's place in the result. */
  readonly at: number;
  readonly metric: MetricName;
  readonly check: CheckResult | null;
  /** Number of the check's rule in `rulesOf`, or -1 without a check. */
  readonly rule: number;
  readonly shown: Shown;
  readonly estimates: MetricEstimates | null;
  /** The candidate on the rows that the segment is compared with, where that is other rows than its own. */
  readonly other: Estimate | null;
}

/** A check as the pipeline states it; its results on the segments share it. */
export type Rule = Pick<CheckResult, 'check' | 'metric' | 'versus' | 'reference' | 'bound' | 'severity'>;

/** The length tells where the one name ends and the other begins. */
const keyOf = (segmentation: string, segment: string): string => `${segmentation.length} ${segmentation}${segment}`;

/** The segments of the result, and those that only a check names (declared, but without any row). */
export function allSegments(result: Result): readonly SegmentResult[] {
  return [...placesOf(result).values()].map(({ segment }) => segment);
}

/** A segment and the checks on it. */
interface Place {
  readonly segment: SegmentResult;
  readonly at: number;
  readonly checks: CheckResult[];
}

/** In the order of {@link allSegments}. */
function placesOf(result: Result): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const add = (key: string, segment: SegmentResult): Place => {
    const place = { segment, at: places.size, checks: [] };
    places.set(key, place);
    return place;
  };
  for (const segment of result.segments) add(keyOf(segment.segmentation, segment.segment), segment);
  for (const check of result.checks) {
    const { segmentation, segment } = check;
    const key = keyOf(segmentation, segment);
    const empty = { segmentation, segment, rule: '', rows: 0, share: 0, unlabelled: 0, metrics: {} };
    (places.get(key) ?? add(key, empty)).checks.push(check);
  }
  return places;
}

/** All findings in the result's order: segments, in each the checks, in each the metrics without a check. */
export function findingsOf(result: Result): readonly Finding[] {
  const rules = new Map(rulesOf(result.checks).map((rule, number) => [ruleKey(rule), number]));
  const places = placesOf(result);
  const otherOf = ({ versus, reference, segmentation, metric }: CheckResult, own: SegmentResult): Estimate | null => {
    if (versus === 'rest') return own.metrics[metric]?.rest ?? null;
    if (versus !== 'segment' || reference === undefined) return null;
    return places.get(keyOf(segmentation, reference))?.segment.metrics[metric]?.candidate ?? null;
  };
  const findings: Finding[] = [];
  for (const { segment, at, checks } of places.values()) {
    for (const check of checks) {
      findings.push({
        segment,
        at,
        metric: check.metric,
        check,
        rule: rules.get(ruleKey(check))!,
        shown: check.outcome,
        estimates: segment.metrics[check.metric] ?? null,
        other: otherOf(check, segment),
      });
    }
    for (const metric of Object.keys(segment.metrics) as MetricName[]) {
      if (checks.some((check) => check.metric === metric)) continue;
      const estimates = segment.metrics[metric] ?? null;
      findings.push({ segment, at, metric, check: null, rule: -1, shown: 'unchecked', estimates, other: null });
    }
  }
  return findings;
}

const SEVERITIES: readonly Severity[] = ['block', 'warn', 'shadow'];
const OUTCOMES: readonly Shown[] = ['fail', 'undefined', 'inconclusive', 'pass', 'unchecked'];

/** Fails before undefined before inconclusive before pass; what blocks before what warns; then by distance to the bound. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const rank = (finding: Finding): number =>
    OUTCOMES.indexOf(finding.shown) * SEVERITIES.length + SEVERITIES.indexOf(finding.check?.severity ?? 'shadow');
  const margin = (finding: Finding): number => finding.check?.margin ?? Number.POSITIVE_INFINITY;
  return findings
    .map((finding, index) => ({ finding, index, rank: rank(finding), margin: margin(finding) }))
    .sort((a, b) => a.rank - b.rank || (a.margin === b.margin ? 0 : a.margin - b.margin) || a.index - b.index)
    .map(({ finding }) => finding);
}

/** The distinct checks behind the results, in their order. */
export function rulesOf(checks: readonly CheckResult[]): readonly Rule[] {
  return [...new Map(checks.map((check) => [ruleKey(check), check])).values()];
}

export function ruleKey({ check, metric, versus, reference, bound, severity }: Rule): string {
  return JSON.stringify([check, metric, versus, reference ?? null, bound.kind, bound.value, severity]);
}

/** What a check compares with its bound. */
export function observedBy({ versus, bound }: Pick<Rule, 'versus' | 'bound'>): Observed {
  if (comparesSegments({ versus })) return isRatio(bound) ? 'ratio' : 'gap';
  return versus === null ? 'value' : 'change';
}

export const isSigned = (observed: Observed): boolean => observed === 'change' || observed === 'gap';

/** Of another segment's name in a check's: it comes from the data. */
const LONGEST_REFERENCE = 40;

/** "the rest", "EWR": what the segment is compared with; null where that is not other rows. */
export function againstText({ versus, reference }: Pick<Rule, 'versus' | 'reference'>): string | null {
  if (versus === 'rest') return 'the rest';
  return versus === 'segment' ? shortened(printable(reference ?? ''), LONGEST_REFERENCE) : null;
}

export const unitOf = (bound: Bound): Unit => (isRelative(bound) ? '%' : '');

/** "auc drop ≤ 0.02"; of a comparison with other rows "recall at most 0.05 below the rest", which is no drop of anything. */
export function boundText(rule: Pick<Rule, 'metric' | 'versus' | 'reference' | 'bound'>): string {
  const { metric, bound } = rule;
  const limit = formatBound(bound.value, unitOf(bound));
  const against = againstText(rule);
  switch (bound.kind) {
    case 'min':
      return `${metric} ≥ ${limit}`;
    case 'max':
      return `${metric} ≤ ${limit}`;
    case 'minRatio':
      return `${metric} at least ${limit} × ${against ?? 'the other'}`;
    case 'maxRatio':
      return `${metric} at most ${limit} × ${against ?? 'the other'}`;
    case 'maxDrop':
    case 'maxRelativeDrop':
      return against === null ? `${metric} drop ≤ ${limit}` : `${metric} at most ${limit} below ${against}`;
    case 'maxIncrease':
    case 'maxRelativeIncrease':
      return against === null ? `${metric} rise ≤ ${limit}` : `${metric} at most ${limit} above ${against}`;
  }
}

/** "low visibility", "carrier, origin = EV, EWR": how a segment is called where its segmentation is not beside it. */
export function segmentTitle(segmentation: string, segment: string): string {
  if (segmentation === OVERALL || segmentation === segment) return segment;
  return `${segmentation} = ${segment}`;
}

/** How many findings came out how; only checks count. */
export function outcomeCounts(checks: readonly CheckResult[]): Readonly<Record<Outcome, number>> {
  const counts: Record<Outcome, number> = { fail: 0, undefined: 0, inconclusive: 0, pass: 0 };
  for (const check of checks) counts[check.outcome] += 1;
  return counts;
}
