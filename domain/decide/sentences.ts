/** The reasons, in sentences for the person who has to act on them. */
import { OVERALL } from '../pipeline.js';
import type { Outcome } from '../result.js';
import {
  comparesSegments,
  isObserved,
  isRatio,
  isRelative,
  unitsIn,
  type Judgement,
  type Observation,
  type Place,
} from './judgement.js';

export interface SentenceSettings {
  readonly minRows: number;
  readonly comparisons: number;
  /** To settle it; null: unknown, or no number of rows would. */
  readonly rowsNeeded: number | null;
}

/** "auc fell by 0.097 (0.071 to 0.123) on low visibility (2,031 rows); at most 0.02 is allowed" */
export function sentence(judgement: Judgement, outcome: Outcome, settings: SentenceSettings): string {
  const { minRows, comparisons, rowsNeeded } = settings;
  const { check, place, tooFew, observation } = judgement;
  const { found } = place;
  if (found === null) return `${check.metric} could not be judged on ${nameOf(place)}: there is no such segment`;
  const where = `${nameOf(place)} (${rowCount(found.rows)})`;
  if (tooFew) {
    const units = unitsIn(found);
    const what = found.groups === undefined ? `${found.unlabelled > 0 ? 'labelled ' : ''}row` : 'group';
    return `${check.metric} could not be judged on ${where}: ${grouped(units)} ${what}${units === 1 ? ' is' : 's are'} fewer than the ${grouped(minRows)} of minRows`;
  }
  if (!isObserved(observation)) return `${check.metric} is undefined on ${where}: ${observation.undefined}`;
  return `${finding(judgement, observation, where)}; ${limit(judgement, observation)}${doubt(judgement, outcome, observation, comparisons)}${enough(outcome, rowsNeeded, found.groups === undefined ? 'rows' : 'groups')}`;
}

function finding({ check }: Judgement, observation: Observation, where: string): string {
  const { value, low, high } = observation;
  const show = formatter(check.bound, observation);
  if (comparesSegments(check)) {
    const other = check.versus === 'rest' ? 'the rest' : String(check.reference);
    if (isRatio(check.bound))
      return `${check.metric} on ${where} is ${show(value)} (${show(low)} to ${show(high)}) times that of ${other}`;
    return value < 0
      ? `${check.metric} on ${where} is ${show(-value)} (${show(-high)} to ${show(-low)}) below ${other}`
      : `${check.metric} on ${where} is ${show(value)} (${show(low)} to ${show(high)}) above ${other}`;
  }
  const kind = check.bound.kind;
  if (kind === 'min' || kind === 'max')
    return `${check.metric} is ${show(value)} (${show(low)} to ${show(high)}) on ${where}`;
  if (value === 0 && low === 0 && high === 0) return `${check.metric} did not change on ${where}`;
  return value < 0
    ? `${check.metric} fell by ${show(-value)} (${show(-high)} to ${show(-low)}) on ${where}`
    : `${check.metric} rose by ${show(value)} (${show(low)} to ${show(high)}) on ${where}`;
}

function limit({ check }: Judgement, observation: Observation): string {
  const { kind } = check.bound;
  const allowed = formatter(check.bound, observation, true)(check.bound.value);
  if (kind === 'min' || kind === 'minRatio') return `at least ${allowed} is required`;
  if (kind === 'max' || kind === 'maxRatio') return `at most ${allowed} is allowed`;
  const drop = kind === 'maxDrop' || kind === 'maxRelativeDrop';
  // "rose by 0.01; at most 0.02 is allowed" would be misread where the bound is on a drop.
  const sameDirection = drop ? observation.value < 0 : observation.value > 0;
  // Beside other rows nothing falls or rises: the bound is on how far below or above them a segment may be.
  if (comparesSegments(check)) return `at most ${allowed} ${drop ? 'below' : 'above'} is allowed`;
  return sameDirection
    ? `at most ${allowed} is allowed`
    : `${drop ? 'a drop' : 'a rise'} of at most ${allowed} is allowed`;
}

function doubt({ check }: Judgement, outcome: Outcome, observation: Observation, comparisons: number): string {
  if (outcome !== 'inconclusive') return '';
  if (isTooSmall(check, observation)) return `, and a breach by less than ${check.minEffect} is no failure`;
  const { margin, low, high, bound, side } = observation;
  if (margin >= 0) return ', and a breach cannot be ruled out';
  // Wrong by its own interval, but not after the correction for looking at many segments.
  const alone = side === 'atLeast' ? high < bound : low > bound;
  return alone ? `, but this can be chance among ${grouped(comparisons)} comparisons` : ', but this can be chance';
}

/** A breach that the check does not act on, sure or not. One of just `minEffect` is acted on, however it was rounded. */
export function isTooSmall({ minEffect }: Judgement['check'], { margin, rounding }: Observation): boolean {
  return margin < 0 && -margin < minEffect - rounding;
}

function enough(outcome: Outcome, rowsNeeded: number | null, what: string): string {
  if (outcome !== 'inconclusive' || rowsNeeded === null) return '';
  return `; about ${grouped(twoDigits(rowsNeeded))} ${what} would tell`;
}

/** Rounded up: 3,412 is about 3,500. */
function twoDigits(rows: number): number {
  const unit = Number(`1e${Math.max(0, Math.floor(Math.log10(rows)) - 1)}`);
  return Math.ceil(rows / unit) * unit;
}

function nameOf({ segmentation, segment }: Place): string {
  if (segmentation === OVERALL) return OVERALL;
  return segmentation === segment ? segment : `${segmentation} ${segment}`;
}

function rowCount(rows: number): string {
  return `${grouped(rows)} ${rows === 1 ? 'row' : 'rows'}`;
}

/** 1,234,567; the same on every machine, whatever its locale. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Numbers of one sentence share their decimals; relative changes are shown in per cent. */
function formatter(
  bound: Judgement['check']['bound'],
  { value }: Observation,
  plain = false,
): (number: number) => string {
  const factor = isRelative(bound) ? 100 : 1;
  const unit = isRelative(bound) ? ' %' : '';
  if (plain) return (number) => `${String(Number((number * factor).toPrecision(12)))}${unit}`;
  const decimals = decimalsFor(Math.max(Math.abs(value), Math.abs(bound.value)) * factor);
  // Adding 0 turns -0 into 0.
  return (number) => `${(Number((number * factor).toFixed(decimals)) + 0).toFixed(decimals)}${unit}`;
}

/** At least two significant digits; three decimals for shares, none for thousands. */
function decimalsFor(size: number): number {
  if (!(size > 0)) return 3;
  const magnitude = Math.floor(Math.log10(size));
  return Math.min(12, Math.max(0, magnitude < -2 ? 1 - magnitude : magnitude < 0 ? 3 : 3 - magnitude));
}
