/**
 * The result as the report's page carries it: once, as compact JSON. Names and methods are numbered, numbers keep the
 * digits that the page shows (result.json has them all), so 10,000 segments of five metrics are 12 megabytes.
 */
import type { MetricName } from '../../domain/pipeline.js';
import type { Estimate, MetricEstimates, Result } from '../../domain/result.js';
import {
  againstText,
  allSegments,
  boundText,
  findingsOf,
  observedBy,
  rulesOf,
  unitOf,
  worstFirst,
} from '../findings.js';
import type { Interval, Observed, Shown, Unit } from '../format.client.js';
import { intervalName } from '../estimation.js';
import { anyGroups } from '../rows.js';
import { viewsOf } from './views.js';
import type { View } from './views.js';

/** value, low, high, n, number of the method; or why there is none; or 0 where it was not asked for. */
export type PackedEstimate = readonly [number, number, number, number, number] | string | 0;
/** Number of the segmentation, name, rule, rows, share, rows without a label, groups (null: no ranking), rows without a prediction of candidate and of baseline. */
export type PackedSegment = readonly [number, string, string, number, number, number, number | null, number, number];
/** Numbers of segment, rule (-1: none) and metric; outcome; value, low, high of what was compared, or 0; reason; p; the value of the rows compared with. */
export type PackedFinding = readonly [
  number,
  number,
  number,
  Shown,
  readonly [number, number, number] | 0,
  string,
  number | null,
  number | null,
];

export interface ReportData {
  readonly segmentations: readonly string[];
  readonly segments: readonly PackedSegment[];
  readonly metrics: readonly MetricName[];
  readonly methods: readonly string[];
  /** By metric, then by segment: candidate, baseline, difference. */
  readonly estimates: readonly (readonly (readonly [PackedEstimate, PackedEstimate, PackedEstimate] | 0)[])[];
  readonly rules: readonly {
    readonly title: string;
    readonly unit: Unit;
    readonly observed: Observed;
    /** What the segment is compared with, where that is other rows. */
    readonly against: string | null;
    readonly severity: string;
  }[];
  /** Worst first. */
  readonly findings: readonly PackedFinding[];
  readonly views: readonly View[];
}

/** Significant digits of any number: the page shows less of most. */
const DIGITS = 6;

/** Digits of an interval's half-width that are kept; the page shows two. */
const INTERVAL_DIGITS = 3;

/** Beyond these a number is not told from its neighbours. */
const MOST_DIGITS = 15;

const round = (value: number, digits = DIGITS): number => Number(value.toPrecision(digits));

/** An amount of 12,345.675 with an interval of a hundredth needs ten digits, or its interval is shown without any width. */
function roundAll({ value, low, high }: Interval): readonly [number, number, number] {
  const half = (high - low) / 2;
  const size = Math.max(Math.abs(low), Math.abs(value), Math.abs(high));
  const told = Math.floor(Math.log10(size)) - Math.floor(Math.log10(half)) + INTERVAL_DIGITS;
  // Without a width the number is exact, as far as anybody knows.
  const digits = half > 0 && size > 0 ? Math.min(MOST_DIGITS, Math.max(DIGITS, told)) : MOST_DIGITS;
  return [round(value, digits), round(low, digits), round(high, digits)];
}

/** Numbers things in the order in which they are first met. */
class Numbering<T> {
  readonly all: T[] = [];
  readonly #known = new Map<T, number>();

  of(item: T): number {
    const known = this.#known.get(item);
    if (known !== undefined) return known;
    this.#known.set(item, this.all.length);
    return this.all.push(item) - 1;
  }
}

export function reportData(result: Result): ReportData {
  const segmentations = new Numbering<string>();
  const metrics = new Numbering<MetricName>();
  const methods = new Numbering<string>();
  const segments = allSegments(result);
  const findings = worstFirst(findingsOf(result));
  const rules = rulesOf(result.checks);
  for (const rule of rules) metrics.of(rule.metric);
  for (const segment of segments) for (const metric of Object.keys(segment.metrics)) metrics.of(metric as MetricName);

  const pack = (estimate: Estimate | undefined): PackedEstimate => {
    if (estimate === undefined) return 0;
    if ('undefined' in estimate) return estimate.undefined;
    return [...roundAll(estimate), estimate.n, methods.of(estimate.method)];
  };
  const packAll = (estimates: MetricEstimates | undefined): ReportData['estimates'][number][number] =>
    estimates === undefined ? 0 : [pack(estimates.candidate), pack(estimates.baseline), pack(estimates.difference)];

  return {
    segments: segments.map(
      ({ segmentation, segment, rule, rows, share, unlabelled, groups, unpredicted }): PackedSegment => {
        const { candidate, baseline } = unpredicted ?? { candidate: 0, baseline: 0 };
        return [
          segmentations.of(segmentation),
          segment,
          rule,
          rows,
          round(share),
          unlabelled,
          groups ?? null,
          candidate,
          baseline,
        ];
      },
    ),
    findings: findings.map(({ at, metric, check, rule, shown, estimates, other }): PackedFinding => {
      const observed = check?.observed ?? null;
      return [
        at,
        rule,
        metrics.of(metric),
        shown,
        observed === null ? 0 : roundAll(observed),
        check?.reason ?? (estimates === null ? 'not measured' : ''),
        check?.pAdjusted ?? check?.p ?? null,
        other === null || 'undefined' in other ? null : round(other.value),
      ];
    }),
    rules: rules.map((rule) => ({
      title: boundText(rule),
      unit: unitOf(rule.bound),
      observed: observedBy(rule),
      against: againstText(rule),
      severity: rule.severity,
    })),
    estimates: metrics.all.map((metric) => segments.map((segment) => packAll(segment.metrics[metric]))),
    views: viewsOf(rules, segments, findings, metrics.all, {
      interval: intervalName(result.manifest),
      units: anyGroups(result) ? 'groups' : 'rows',
    }),
    segmentations: segmentations.all,
    metrics: metrics.all,
    methods: methods.all,
  };
}

/**
 * JSON that nothing can break out of, whatever the names in the data are: `<` ends no script and opens no comment. Line
 * separators and overrides of the reading direction are escaped too: older parsers and readers of the source trip over them.
 */
export function embeddedJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
