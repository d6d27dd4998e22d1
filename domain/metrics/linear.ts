/** From a linearised statistic to its estimate: one way for every metric that has no more special interval. */
import { square } from '../statistics/powers.js';
import type { Estimate, IntervalBasis, MetricEstimates, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { difference, spreadOf, type Linearised, type Spread } from '../statistics/linearised.js';
import { criticalZ } from '../statistics/normal.js';
import { studentQuantile } from '../statistics/student.js';
import { compared } from './comparison.js';
import type { Rows } from './rows.js';

/**
 * On what scale the value is about symmetric. `plain`: its own. `root`: its square's. `logit`: within (0, 1), often near 1.
 * `share`: Wilson's interval of as many rows as would have this variance; `dice` and `signed` as in {@link IntervalBasis}.
 */
export type Shape = 'plain' | 'root' | 'logit' | 'share' | 'dice' | 'signed';

export interface Form {
  readonly shape: Shape;
  readonly method: string;
  /** The metric's range; null: any number. Without both ends, rows that are all alike have no interval. */
  readonly range: readonly [number, number] | null;
  /** The variance hangs on as few rows as `reach` says, and is no better known than from so many. */
  readonly few?: true;
}

type Shared = Pick<Rows<unknown, unknown>, 'n' | 'confidence' | 'units'>;

export function measureLinear<Side>(
  rows: Shared & { readonly candidate: Side; readonly baseline: Side | null },
  alike: boolean,
  form: Form,
  linearise: (side: Side) => Linearised | UndefinedEstimate,
): MetricEstimates {
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike,
    n: rows.n,
    prepare: linearise,
    estimate: (linear) => linearEstimate(linear, form, rows),
    difference: (candidate, baseline) => linearDifference(candidate, baseline, form, rows),
  });
}

export function linearDifference(first: Linearised, second: Linearised, form: Form, rows: Shared): Estimate {
  const { range } = form;
  const width = range === null ? Infinity : range[1] - range[0];
  return linearEstimate(
    difference(first, second),
    { ...form, shape: 'plain', range: Number.isFinite(width) ? [-width, width] : null },
    rows,
  );
}

export function linearEstimate(linear: Linearised, form: Form, rows: Shared): Estimate {
  const { value } = linear;
  const { n, confidence, units } = rows;
  if (!Number.isFinite(value)) return undefinedBecause('the values are too large to add up');
  const spread = spreadOf(linear, units);
  const whole = units === null ? 'rows' : 'clusters';
  if (spread.units < 2 && units !== null) return undefinedBecause('one cluster only');
  const basis = basisOf(value, linear, form, spread);
  if (basis === null)
    return undefinedBecause(`all ${spread.units} ${whole} are alike, so there is no spread to judge by`);
  const method = basis.kind === 'constant' ? 'rule-of-three' : form.method;
  return estimateOf({ value: form.shape === 'dice' ? (2 * value) / (1 + value) : value, n, method, basis }, confidence);
}

function basisOf(value: number, linear: Linearised, { shape, range, few }: Form, spread: Spread): IntervalBasis | null {
  const { se, skew, units, alike } = spread;
  const reach = Math.min(linear.reach ?? units, spread.effective);
  const df = few ? Math.min(spread.df, Math.max(1, reach - 1)) : spread.df;
  switch (shape) {
    case 'share':
    case 'dice':
    case 'signed':
      return shareBasis(shape === 'signed' ? (value + 1) / 2 : value, shape, { ...spread, df }, reach);
    case 'logit':
      if (alike || !(value > 0 && value < 1)) return constant(reach, range);
      return { kind: 'logit', se: se / (value * (1 - value)), df };
    case 'root':
      return alike ? constant(reach, range) : { kind: 'skewed', se: 2 * value * se, df, skew, scale: 'root' };
    case 'plain': {
      if (alike) return constant(reach, range);
      const ends = range === null ? {} : finiteEnds(range);
      return { kind: 'skewed', se, df, skew, ...ends };
    }
  }
}

function constant(n: number, range: Form['range']): IntervalBasis | null {
  if (!range?.every(Number.isFinite)) return null;
  return { kind: 'constant', n, min: range[0], max: range[1] };
}

/** JSON has no infinity: an end that is one is left out. */
function finiteEnds([min, max]: readonly [number, number]): { readonly min?: number; readonly max?: number } {
  return { ...(Number.isFinite(min) ? { min } : {}), ...(Number.isFinite(max) ? { max } : {}) };
}

/** The level at which t and z are compared for few units; the basis has to serve all levels. */
const LEVEL = 0.95;

/**
 * As many independent rows as would vary this much (Kish 1965), fewer where only few clusters tell so (Korn & Graubard
 * 1998, Survey Methodology 24:193).
 */
function shareBasis(p: number, shape: 'share' | 'dice' | 'signed', spread: Spread, reach: number): IntervalBasis {
  const { se, df, alike, effective } = spread;
  const variance = shape === 'signed' ? (se * se) / 4 : se * se;
  const usual = !alike && p > 0 && p < 1 && variance > 0;
  const worth = usual ? (p * (1 - p)) / variance : reach;
  // Where one unit dominates, the variance may happen to be small, but there still are only so many units.
  const n = (effective < spread.units ? Math.min(worth, effective) : worth) * fewUnits(df);
  const scale = shape === 'share' ? {} : { scale: shape };
  return { kind: 'proportion', successes: p * n, n, ...scale };
}

/** By how much fewer rows they count where their variance is known from few units. @param df units - 1 */
export function fewUnits(df: number): number {
  return square(criticalZ(LEVEL) / studentQuantile((1 + LEVEL) / 2, Math.max(1, df)));
}
