/**
 * What every renderer shows: one finding per check and segment, with the estimates that the check looked at, and one
 * per measured metric that no check looks at. The worst comes first, wherever a list has to end somewhere.
 */
import { group } from 'd3-array';
import { OVERALL } from '../domain/pipeline.js';
import type { Bound, MetricName, Severity } from '../domain/pipeline.js';
import type { CheckResult, MetricEstimates, Outcome, Result, SegmentResult } from '../domain/result.js';
import { plain } from './format.client.js';
import type { Shown, Unit } from './format.client.js';

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
}

/** A check as the pipeline states it; its results on the segments share it. */
export type Rule = Pick<CheckResult, 'check' | 'metric' | 'versus' | 'bound' | 'severity'>;

const keyOf = (segmentation: string, segment: string): string => JSON.stringify([segmentation, segment]);

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
  return allSegments(result).flatMap((segment, at) => {
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
      })),
      ...rest.map((metric): Finding => ({
        segment,
        at,
        metric,
        check: null,
        rule: -1,
        shown: 'unchecked',
        estimates: segment.metrics[metric] ?? null,
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

export function ruleKey({ check, metric, versus, bound, severity }: Rule): string {
  return JSON.stringify([check, metric, versus, bound.kind, bound.value, severity]);
}

export const isRelative = (bound: Bound): boolean =>
  bound.kind === 'maxRelativeDrop' || bound.kind === 'maxRelativeIncrease';

export const unitOf = (bound: Bound): Unit => (isRelative(bound) ? '%' : '');

/** "auc drop ≤ 0.02" */
export function boundText(metric: string, bound: Bound): string {
  const limit = plain(bound.value, unitOf(bound));
  switch (bound.kind) {
    case 'min':
      return `${metric} ≥ ${limit}`;
    case 'max':
      return `${metric} ≤ ${limit}`;
    case 'minRatio':
      return `${metric} ratio ≥ ${limit}`;
    case 'maxRatio':
      return `${metric} ratio ≤ ${limit}`;
    case 'maxDrop':
    case 'maxRelativeDrop':
      return `${metric} drop ≤ ${limit}`;
    case 'maxIncrease':
    case 'maxRelativeIncrease':
      return `${metric} rise ≤ ${limit}`;
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
