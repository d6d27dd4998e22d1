/**
 * The delta method for whatever statistic: its value and how much each row moves it. From there on weights, repeated rows
 * (clusters) and paired differences are the same few sums for every metric.
 */
import { cube, square, threeHalves } from './powers.js';
import { ExactSum, exactSum } from './exact-sum.js';
import { ascendingOrder } from './radix-order.js';

export interface Linearised {
  readonly value: number;
  /**
   * Per row, in the unit of the value: value - truth is about their sum (the row's influence / n). They add up to 0, up to
   * rounding.
   */
  readonly contributions: Float64Array;
  /** How large contributions times n are when they are not just rounding: the scale that "all rows are alike" is judged on. */
  readonly magnitude: number;
  /** How much each row counts, >= 0; where it is missing: all alike. */
  readonly counted?: Float64Array;
  /** How many units stand behind the value if they are all alike; where it is missing: all of them. */
  readonly reach?: number;
  /**
   * What rows that the sample can have missed would be, as distances from the value; where it is missing: like the most
   * extreme row seen.
   */
  readonly unseen?: Float64Array;
  /** Variance that the rows do not show, because what they say of a part of the statistic is too little. @default 0 */
  readonly hidden?: number;
  /** Of two models: rows pull either way, and what skewness the sample shows is chance for the most part. */
  readonly paired?: true;
  /** Where the value is of two classes of rows, whose spreads are known from as many units as each class has. */
  readonly classes?: Classes;
  /** Units without any row that counts: they are there, and say nothing. @default 0 */
  readonly uncounted?: number;
}

export interface Classes {
  /** n times 0 or 1. */
  readonly labels: Uint8Array;
  /** Units of either class. */
  readonly units: readonly [negatives: number, positives: number];
}

/** Rows that belong together (of one user, patient, query): `of[row]` in 0..count-1, every unit with a row. */
export interface Units {
  readonly of: Int32Array;
  readonly count: number;
}

/** From codes of any kind (not negative) to units without gaps. */
export function unitsOf(codes: Int32Array): Units {
  const place = new Map<number, number>();
  const of = codes.map((code) => {
    const known = place.get(code);
    if (known !== undefined) return known;
    place.set(code, place.size);
    return place.size - 1;
  });
  return { of, count: place.size };
}

export interface Spread {
  readonly se: number;
  readonly df: number;
  /** A third of the skewness of the value, for `unskewed`. */
  readonly skew: number;
  /** Units that vary independently: rows, or clusters. */
  readonly units: number;
  /** As many as they are worth where one of them dominates (Kish 1965), else as many as there are. */
  readonly effective: number;
  /** Nothing varies, up to rounding: the sample says nothing about the spread. */
  readonly alike: boolean;
}

/** A unit with more than this share of all weight dominates, */
const DOMINANT_SHARE = 0.25;
/** if that is more than so many times what it had, were all units alike: with six clusters a tenth is nothing special. */
const DOMINANT_TIMES = 2;

/** Contributions below this share of the magnitude are rounding. */
const ROUNDING = 1e-12;
/** Samples show less skewness than there is; this much more brings coverage to its level (docs/statistics.md, "Coverage"). */
const SKEWNESS_SHORTFALL = 1.25;
/** Of a difference half as much counts: with all of it, one row far off in a small sample moves the interval away from the truth. */
const PAIRED_SKEWNESS = 0.5 * SKEWNESS_SHORTFALL;

/**
 * The spread of the sum of the contributions, with one more unit that is as extreme as the most extreme one (or as
 * `unseen` says, if that is more): a sample of heavy tails seldom holds its share of them. Beside n alike units it is worth 1/n.
 */
export function spreadOf(linear: Omit<Linearised, 'value'>, units: Units | null): Spread {
  const { contributions, magnitude, unseen, paired, classes, uncounted = 0, hidden = 0 } = linear;
  const plain = units === null ? contributions : totalsOf(contributions, units);
  const count = plain.length - uncounted;
  const dominated = dominatedBy(linear, units);
  const totals = dominated === null ? plain : plain.map((total, unit) => total * dominated.factors[unit]!);
  const effective = dominated?.effective ?? count;
  const [squares, cubes] = [new ExactSum(), new ExactSum()];
  let extreme = 0;
  for (const total of totals) {
    squares.add(total * total);
    cubes.add(total * total * total);
    // Of +x and -x the positive one, whatever the order.
    if (Math.abs(total) > Math.abs(extreme) || (total === -extreme && total > 0)) extreme = total;
  }
  const alike = Math.abs(extreme) * count <= ROUNDING * magnitude;
  // A whole unit: the rows of a cluster may be copies of one another.
  const missed = unseen === undefined ? 0 : meanPower(unseen, 2) / square(count);
  const seen = square(extreme) >= missed;
  const secondMoment = squares.value() + Math.max(square(extreme), missed) + hidden;
  const thirdMoment =
    cubes.value() + (seen || unseen === undefined ? cube(extreme) : meanPower(unseen, 3) / cube(count));
  const se = Math.sqrt((secondMoment * count) / (count - 1));
  const counted = paired === true ? PAIRED_SKEWNESS : SKEWNESS_SHORTFALL;
  const skew = (counted / 3) * (thirdMoment / threeHalves(secondMoment)) * threeHalves(1 - 1 / count);
  const known = dominated === null ? count - 1 : Math.max(1, effective - 1);
  const df = classes === undefined ? known : Math.min(known, twoClassDf(contributions, classes, units));
  return { se, df, skew: Number.isFinite(skew) ? skew : 0, units: count, effective, alike: alike || count < 2 };
}

interface Dominated {
  readonly effective: number;
  /** By unit, for its contribution. */
  readonly factors: Float64Array;
}

/**
 * Null, unless one unit has most of the say. The value then is nearly that unit's own, so that its distance from the value says nothing about how
 * far it is from the truth. What does is how far the value moves without it, its contribution / (1 - its share of the weight): the jackknife.
 * Of units that weigh alike that is n/(n - 1) times the contribution, which the variance has already. And of so few units as weigh anything no variance is
 * better known than from Kish's effective number of them.
 */
function dominatedBy(
  { contributions, counted }: Pick<Linearised, 'contributions' | 'counted'>,
  units: Units | null,
): Dominated | null {
  if (counted === undefined && units === null) return null;
  const rows = counted ?? new Float64Array(contributions.length).fill(1);
  const weights = units === null ? rows : totalsOf(rows, units);
  const whole = exactSum(weights);
  // Those that count at all: of one class, say.
  const count = weights.reduce((units, weight) => units + Number(weight > 0), 0);
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0) / whole;
  // The only unit that counts has no others to be told from.
  if (!(largest > DOMINANT_SHARE && largest * count > DOMINANT_TIMES && largest < 1)) return null;
  const effective = square(whole) / exactSum(weights.map((weight) => weight * weight));
  return { effective, factors: weights.map((weight) => (1 - 1 / count) / (1 - weight / whole)) };
}

/** Degrees of freedom of the sum of two classes' spreads after Satterthwaite, as in Brunner & Munzel 2000, Biometrical Journal 42:17. */
function twoClassDf(contributions: Float64Array, { labels, units: counts }: Classes, units: Units | null): number {
  const [negatives, positives] = [0, 1].map((label) => {
    const own = contributions.map((value, row) => (labels[row] === label ? value : 0));
    const totals = units === null ? own : totalsOf(own, units);
    return exactSum(totals.map((total) => total * total));
  }) as [number, number];
  const known = (variance: number, count: number): number => square(variance) / Math.max(1, count - 1);
  const spread = known(negatives, counts[0]) + known(positives, counts[1]);
  return Math.max(1, spread > 0 ? square(negatives + positives) / spread : Math.min(...counts) - 1);
}

function meanPower(values: Float64Array, power: 2 | 3): number {
  const sum = new ExactSum();
  const { length } = values;
  for (let row = 0; row < length; row++) {
    const value = values[row]!;
    sum.add(power === 2 ? value * value : value * value * value);
  }
  return sum.value() / length;
}

/** Sum per unit. Summed in ascending order of the values, so that the order of the rows changes no bit. */
export function totalsOf(values: Float64Array, { of, count }: Units): Float64Array {
  const totals = new Float64Array(count);
  for (const row of ascendingOrder(values)) totals[of[row]!]! += values[row]!;
  return totals;
}

/** The paired difference: row by row, so that what both models find hard cancels. */
export function difference(first: Linearised, second: Linearised): Linearised {
  return {
    value: first.value - second.value,
    contributions: minus(first.contributions, second.contributions),
    magnitude: Math.max(first.magnitude, second.magnitude),
    paired: true,
    ...(first.unseen === undefined || second.unseen === undefined
      ? {}
      : { unseen: minus(first.unseen, second.unseen) }),
    ...(first.reach === undefined || second.reach === undefined ? {} : { reach: Math.min(first.reach, second.reach) }),
    ...(first.counted === undefined || second.counted === undefined ? {} : { counted: first.counted }),
    ...(first.hidden === undefined || second.hidden === undefined ? {} : { hidden: first.hidden + second.hidden }),
    ...(first.classes === undefined ? {} : { classes: first.classes }),
    ...(first.uncounted === undefined ? {} : { uncounted: first.uncounted }),
  };
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}
