/**
 * What the picture can show: one view per check, and one per metric whose change no check looks at. A view's scale is
 * fixed here, so it stays where it is while the reader filters.
 *
 * The library is d3-array (ticks and quantiles; ISC, one dependency). A chart library such as Observable Plot would bring
 * all of d3 and a DOM for Node into every worker, to draw what is two lines and a mark per segment.
 */
import { extent, quantileSorted, tickStep, ticks } from 'd3-array';
import type { Bound, MetricName } from '../../domain/pipeline.js';
import type { Estimate, SegmentResult } from '../../domain/result.js';
import { isRelative } from '../../domain/decide/judgement.js';
import { againstText, boundText, isSigned, observedBy, unitOf } from '../findings.js';
import type { Finding, Rule } from '../findings.js';
import { bound as formatBound, fixed } from '../format.client.js';
import type { Interval, Observed, Shown, Unit } from '../format.client.js';
import type { Scale } from './forest.client.js';

export interface View {
  /** Number of the check, or -1: the metric's change, which no check looks at. */
  readonly rule: number;
  /** Number of the metric. */
  readonly metric: number;
  /** Of differences, so numbers carry signs. */
  readonly signed: boolean;
  readonly unit: Unit;
  /** Decimals of every number in the picture: the same, so that a column of them lines up. */
  readonly digits: number;
  /** As the selector shows it. */
  readonly label: string;
  /** One sentence on how to read it. */
  readonly how: string;
  readonly scale: Scale;
}

/** About as many as fit without touching. */
const TICKS = 5;

interface Drawn extends Interval {
  readonly shown: Shown;
}

/** Where a bound lies on the axis of what was observed, and which side of it is not allowed. */
function boundPlace(bound: Bound): NonNullable<Scale['bound']> {
  const falls = bound.kind === 'maxDrop' || bound.kind === 'maxRelativeDrop';
  const at = falls ? -bound.value : bound.value;
  const side = falls || bound.kind === 'min' || bound.kind === 'minRatio' ? 'below' : 'above';
  const rises = bound.kind === 'maxIncrease' || bound.kind === 'maxRelativeIncrease';
  const sign = rises && at > 0 ? '+' : '';
  return { at, side, label: `bound ${sign}${formatBound(at, unitOf(bound))}` };
}

/**
 * Every value fits, and so does the interval of every failing segment. The widest tenth of the other intervals may leave
 * the picture (an arrow says so): the interval of a segment with twelve rows would squeeze all others into a dot.
 */
function domainOf(drawn: readonly Drawn[], fixedPoints: readonly number[]): readonly [number, number] {
  const sorted = (pick: (one: Drawn) => number): number[] => drawn.map(pick).sort((a, b) => a - b);
  const values = sorted((one) => one.value);
  const failing = drawn.filter((one) => one.shown === 'fail');
  const within = (all: number[], part: number): number[] => {
    const quantile = quantileSorted(all, part);
    return quantile === undefined ? [] : [quantile];
  };
  const outliers = values.length > 500 ? 0.005 : 0;
  const [low, high] = extent([
    ...fixedPoints,
    ...within(values, outliers),
    ...within(values, 1 - outliers),
    ...within(
      sorted((one) => one.low),
      0.1,
    ),
    ...within(
      sorted((one) => one.high),
      0.9,
    ),
    ...(extent(failing, (one) => one.low) as number[]).filter(Number.isFinite),
    ...(extent(failing, (one) => one.high) as number[]).filter(Number.isFinite),
  ]);
  if (low === undefined) return [0, 1];
  const margin = (high - low || Math.abs(low) || 1) * 0.04;
  return [low - margin, high + margin];
}

const scaleOf = (unit: Unit): number => (unit === '%' ? 100 : 1);

/** Decimals that tell the ticks apart. */
function tickDigits(domain: readonly [number, number], unit: Unit): number {
  const step = tickStep(domain[0] * scaleOf(unit), domain[1] * scaleOf(unit), TICKS);
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

/** Decimals that tell apart what a pixel of the picture tells apart. */
function numberDigits([low, high]: readonly [number, number], unit: Unit): number {
  return Math.min(6, Math.max(0, Math.ceil(Math.log10(200 / ((high - low) * scaleOf(unit))))));
}

function ticksOf(
  domain: readonly [number, number],
  signed: boolean,
  unit: Unit,
  neutral: number | null,
): Pick<Scale, 'ticks' | 'keep'> {
  const by = scaleOf(unit);
  const places = ticks(domain[0] * by, domain[1] * by, TICKS);
  const digits = tickDigits(domain, unit);
  const middle = neutral === null ? -1 : places.indexOf(neutral);
  return {
    ticks: places.map((at) => ({ at: at / by, label: fixed(at, digits, signed) + (unit === '%' ? ' %' : '') })),
    keep: middle > 0 && middle % 2 === 1 ? 1 : 0,
  };
}

const asDrawn = (estimate: Estimate | undefined): readonly Drawn[] =>
  estimate === undefined || 'undefined' in estimate ? [] : [{ ...estimate, shown: 'unchecked' }];

/** Where there is no difference: 0, or 1 of a ratio. */
function neutralOf(observed: Observed): number | null {
  if (observed === 'value') return null;
  return observed === 'ratio' ? 1 : 0;
}

/** The same in every view of a result. */
export interface Terms extends Pick<Scale, 'units'> {
  /** "95 % interval" */
  readonly interval: string;
}

interface CheckView extends View {
  readonly observed: Observed;
}

interface Words {
  /** What every segment has, as the caption says it. */
  readonly what: string;
  readonly axis: string;
  /** Heading of the numbers. */
  readonly column: string;
  /** What the mark is. */
  readonly mark: string;
  /** What a line beyond the bound is. */
  readonly beyond: string;
}

function wordsOf(rule: Rule, observed: Observed): Words {
  const { metric } = rule;
  const against = againstText(rule) ?? '';
  const own = `the candidate’s ${metric} on the segment`;
  switch (observed) {
    case 'value': {
      const what = `${metric} of the candidate`;
      return { what, axis: what, column: 'value', mark: 'the measured value', beyond: 'a shortfall' };
    }
    case 'change': {
      const what = `${isRelative(rule.bound) ? 'relative change' : 'change'} of ${metric}`;
      const mark = 'the measured change from baseline to candidate on the same rows';
      return { what, axis: `${what}, candidate − baseline`, column: 'change', mark, beyond: 'a loss' };
    }
    case 'gap':
      return {
        what: `${metric} of the candidate, less that of ${against},`,
        axis: `${metric}: segment − ${against}`,
        column: 'difference',
        mark: `${own} less that on ${against}`,
        beyond: 'a gap',
      };
    case 'ratio':
      return {
        what: `${metric} of the candidate, as a multiple of that of ${against},`,
        axis: `${metric}: segment ÷ ${against}`,
        column: 'ratio',
        mark: `${own} divided by that on ${against}`,
        beyond: 'a gap',
      };
  }
}

function checkView(
  rule: Rule,
  number: number,
  metric: number,
  findings: readonly Finding[],
  { interval, units }: Terms,
): CheckView {
  const mine = findings.filter((finding) => finding.rule === number);
  const drawn = mine.flatMap(({ check, shown }) => (check?.observed ? [{ ...check.observed, shown }] : []));
  const observed = observedBy(rule);
  const signed = isSigned(observed);
  const neutral = neutralOf(observed);
  const unit = unitOf(rule.bound);
  const bound = boundPlace(rule.bound);
  const domain = domainOf(drawn, neutral === null ? [bound.at] : [neutral, bound.at]);
  const words = wordsOf(rule, observed);
  const side = bound.side === 'below' ? 'left' : 'right';
  return {
    rule: number,
    metric,
    observed,
    signed,
    unit,
    digits: numberDigits(domain, unit),
    label: `${boundText(rule)}${rule.severity === 'block' ? '' : ` (${rule.severity})`}`,
    how:
      `How to read it: the mark is ${words.mark}, ` +
      `the line its ${interval}; a line that lies wholly in the shaded area, ${side} of the dashed bound, ` +
      `is ${words.beyond} that chance hardly explains.`,
    scale: {
      domain,
      ...ticksOf(domain, signed, unit, neutral),
      neutral,
      units,
      bound,
      caption: `${words.what} in every segment, against the check ${boundText(rule)}`,
      axis: words.axis,
      column: `${words.column} [${interval}]`,
    },
  };
}

function metricView(
  name: MetricName,
  metric: number,
  segments: readonly SegmentResult[],
  { interval, units }: Terms,
): View | null {
  const drawn = segments.flatMap((segment) => asDrawn(segment.metrics[name]?.difference));
  if (drawn.length === 0) return null;
  const domain = domainOf(drawn, [0]);
  return {
    rule: -1,
    metric,
    signed: true,
    unit: '',
    digits: numberDigits(domain, ''),
    label: `change of ${name}, no check`,
    how:
      'How to read it: the mark is the measured change from baseline to candidate on the same rows, the line its ' +
      `${interval}; where the line crosses zero, no change is proven. No check looks at this change.`,
    scale: {
      domain,
      ...ticksOf(domain, true, '', 0),
      neutral: 0,
      units,
      bound: null,
      caption: `change of ${name} in every segment`,
      axis: `change of ${name}, candidate − baseline`,
      column: `change [${interval}]`,
    },
  };
}

/** First the check whose finding is the worst: it is why the reader is here. Then the other checks, then the metrics. */
export function viewsOf(
  rules: readonly Rule[],
  segments: readonly SegmentResult[],
  worst: readonly Finding[],
  metrics: readonly MetricName[],
  terms: Terms,
): readonly View[] {
  const checks = rules.map((rule, number) => checkView(rule, number, metrics.indexOf(rule.metric), worst, terms));
  const seen = new Set(
    rules.flatMap((rule) => (observedBy(rule) === 'change' && !isRelative(rule.bound) ? [rule.metric] : [])),
  );
  const others = metrics.flatMap((name, number) =>
    seen.has(name) ? [] : (metricView(name, number, segments, terms) ?? []),
  );
  const failing = worst.find(({ shown }) => shown === 'fail')?.rule ?? null;
  const place = ({ rule, observed }: (typeof checks)[number]): number => {
    if (rule === failing) return 0;
    return observed === 'value' ? 2 : 1;
  };
  return [...checks.sort((a, b) => place(a) - place(b)), ...others];
}
