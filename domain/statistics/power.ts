/** What a test could have shown: its power, the smallest excess that it finds, the rows that it would need. */
import type { IntervalBasis } from '../result.js';
import { normalCdf, normalPdf, normalQuantile } from './normal.js';
import { tangoZ, type PairedCounts } from './paired-proportions.js';
import { square } from './powers.js';
import { turningPoint, type Side } from './tails.js';

/** The customary power of a detectable difference. */
export const POWER = 0.8;

/** A one-sided test of "the bound is kept". */
export interface BoundTest {
  readonly bound: number;
  readonly side: Side;
  /** Standard error that the interval amounts to: what is left to go by where the basis says no more. */
  readonly se: number;
  /** Of the estimate that was compared with the bound. */
  readonly basis?: IntervalBasis;
}

/**
 * The chance that the test rejects at `level` when the truth is beyond the bound by `excess` >= 0.
 *
 * Score tests of shares judge by the variance that holds on the bound, but the data vary as the truth lets them; with few
 * discordant rows the two differ by much. Pairs: Connor 1987, Biometrics 43:207, over the number of discordant rows as in
 * Miettinen 1968, Biometrics 24:339. Any other estimate: normal with its standard error.
 * @param factor how many times as many rows, all else alike
 */
export function powerOf(test: BoundTest, excess: number, level: number, factor = 1): number {
  const { basis, bound, side } = test;
  const z = -normalQuantile(level);
  if (isPaired(basis)) {
    const { b, c } = basis;
    // A bound from above is one from below on the difference the other way round.
    return side === 'atLeast'
      ? pairedPower(basis, bound, excess, z, factor)
      : pairedPower({ ...basis, b: c, c: b }, -bound, excess, z, factor);
  }
  if (basis?.kind === 'proportion' && isShare(test)) {
    const truth = Math.min(1, Math.max(0, side === 'atLeast' ? bound - excess : bound + excess));
    const rows = basis.n * factor;
    const reach = Math.abs(truth - bound) - z * Math.sqrt((bound * (1 - bound)) / rows);
    return normalCdf(reach / Math.sqrt((truth * (1 - truth)) / rows + Number.MIN_VALUE));
  }
  return normalCdf((excess * Math.sqrt(factor)) / test.se - z);
}

/** Numbers of discordant rows that the power is averaged over: so many standard deviations either way, in such steps. */
const REACH = 4;
const STEP = 0.5;

/** @param z critical value; the test rejects when Tango's score statistic is below -z */
function pairedPower(counts: PairedCounts, bound: number, excess: number, z: number, factor: number): number {
  const { a, b, c, d } = counts;
  const rows = a + b + c + d;
  const n = rows * factor;
  const truth = bound - excess;
  // The models differ on at least as many rows as the difference takes.
  const discordant = Math.min(1, Math.max((b + c) / rows, Math.abs(truth)));
  if (discordant === 0) return 0;
  const share = truth / discordant;
  const deviation = Math.sqrt(n * discordant * (1 - discordant));
  let [power, weights] = [0, 0];
  for (let x = -REACH; x <= REACH; x += STEP) {
    const m = n * discordant + x * deviation;
    if (!(m > 0 && m <= n)) continue;
    const weight = normalPdf(x);
    const spread = Math.sqrt(m * Math.max(0, 1 - square(share))) + Number.MIN_VALUE;
    weights += weight;
    power += weight * normalCdf((rejectedUpTo(n, m, bound, z) - m * share) / spread);
  }
  return weights === 0 ? 0 : power / weights;
}

/** Of m discordant rows among n: the largest b - c that is rejected; -Infinity where none is. */
function rejectedUpTo(n: number, m: number, bound: number, z: number): number {
  if (bound === 0) return z * z > m ? -Infinity : -z * Math.sqrt(m);
  const rejected = (difference: number) => {
    const b = (m + difference) / 2;
    return tangoZ({ a: 0, b, c: m - b, d: n - m }, bound) < -z;
  };
  if (!rejected(-m)) return -Infinity;
  const highest = Math.min(m, n * bound);
  return highest <= -m ? -m : turningPoint(-m, highest, (difference) => !rejected(difference));
}

/** Precise to about this share of the result. */
const PRECISION = 1e-6;

/** The smallest excess over the bound that the test finds with probability {@link POWER}; null where no excess is found. */
export function detectableExcess(test: BoundTest, level: number): number | null {
  return isNormal(test)
    ? detectableErrors(level) * test.se
    : smallest(furthest(test), (excess) => powerOf(test, excess, level));
}

/** How many times as many rows the test needs to find an excess with probability {@link POWER}; null where no number is enough. */
export function rowsFactor(test: BoundTest, excess: number, level: number): number | null {
  if (!(excess > 0)) return null;
  if (isNormal(test)) return square((detectableErrors(level) * test.se) / excess);
  return smallest(Infinity, (factor) => powerOf(test, excess, level, factor));
}

/** Standard errors that a normal estimate has to be beyond the bound to be found with probability {@link POWER}. */
function detectableErrors(level: number): number {
  return normalQuantile(POWER) - normalQuantile(level);
}

function isNormal(test: BoundTest): boolean {
  return !isPaired(test.basis) && !isShare(test);
}

function isPaired(basis: IntervalBasis | undefined): basis is PairedCounts & { readonly kind: 'paired' } {
  return basis?.kind === 'paired';
}

/** A plain share that is compared with a bound inside of its range. */
function isShare({ basis, bound }: BoundTest): boolean {
  return basis?.kind === 'proportion' && basis.scale === undefined && bound > 0 && bound < 1;
}

/** What the truth can miss the bound by. */
function furthest({ basis, bound, side }: BoundTest): number {
  const lowest = isPaired(basis) ? -1 : 0;
  return side === 'atLeast' ? bound - lowest : 1 - bound;
}

/** Steps of doubling or halving after which a number is as good as 0 or infinite. */
const MAX_DOUBLINGS = 200;

/** The x up to `most` from which on `power(x)`, which rises, is enough. */
function smallest(most: number, power: (x: number) => number): number | null {
  const enough = (x: number) => power(x) >= POWER;
  let high = Math.min(1, most);
  for (let i = 0; i < MAX_DOUBLINGS && high < most && !enough(high); i++) high = Math.min(2 * high, most);
  if (!enough(high)) return null;
  let low = high / 2;
  for (let i = 0; i < MAX_DOUBLINGS && enough(low); i++) [low, high] = [low / 2, low];
  while (high - low > PRECISION * high) {
    const middle = (low + high) / 2;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
