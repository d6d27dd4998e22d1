/**
 * What every renderer shows: one finding per check and segment, with the estimates that the check looked at, and one
 * per measured metric that no check looks at. The worst comes first, wherever a list has to end somewhere.
 */
import { group } from 'd3-array';
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
  const known = new Set(result.segments.map((one) => keyOf(one.segmentation, one.segment)));
  const segments = [...result.segments];
  for (const { segmentation, segment } of result.checks) {
    if (known.has(keyOf(segmentation, segment))) continue;
    known.add(keyOf(segmentation, segment));
    segments.push({ segmentation, segment, rule: '', rows: 0, share: 0, unlabelled: 0, metrics: {} });
  }
  return segments;
}

/** All findings in the result's order: segments, in each the checks, in each the metrics without a check. */
export function findingsOf(result: Result): readonly Finding[] {
  const rules = new Map(rulesOf(result.checks).map((rule, number) => [ruleKey(rule), number]));
  const checks = group(result.checks, (check) => keyOf(check.segmentation, check.segment));
  const segments = allSegments(result);
  const named = new Map(segments.map((one) => [keyOf(one.segmentation, one.segment), one]));
  const otherOf = ({ versus, reference, segmentation, metric }: CheckResult, own: SegmentResult): Estimate | null => {
    if (versus === 'rest') return own.metrics[metric]?.rest ?? null;
    if (versus !== 'segment' || reference === undefined) return null;
    return named.get(keyOf(segmentation, reference))?.metrics[metric]?.candidate ?? null;
  };
  return segments.flatMap((segment, at) => {
    const mine = checks.get(keyOf(segment.segmentation, segment.segment)) ?? [];
    const checked = new Set(mine.map((check) => check.metric));
    const rest = (Object.keys(segment.metrics) as MetricName[]).filter((metric) => !checked.has(metric));
    return [
      ...mine.map((check): Finding => ({
        segment,
        at,
        metric: check.metric,
        check,
        rule: rules.get(ruleKey(check))!,
        shown: check.outcome,
        estimates: segment.metrics[check.metric] ?? null,
        other: otherOf(check, segment),
      })),
      ...rest.map((metric): Finding => ({
        segment,
        at,
        metric,
        check: null,
        rule: -1,
        shown: 'unchecked',
        estimates: segment.metrics[metric] ?? null,
        other: null,
      })),
    ];
  });
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
