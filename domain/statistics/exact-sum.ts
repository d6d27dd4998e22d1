/**
 * Exact sums of doubles: the result is the correctly rounded sum of the given numbers, so it has the same bits for any
 * order, any sharding and any retry.
 *
 * Every number is split into two halves of at most 27 significant bits and added to the bin of its binary exponent. Such
 * additions are exact for {@link MAX_ADDITIONS} numbers; after that the bins are carried over into one another. The bins
 * are summed without error in the end (Shewchuk 1997, "Adaptive precision floating-point arithmetic", grow-expansion;
 * rounding as in Python's `math.fsum`). Bins by exponent: Demmel & Hida 2004, SIAM J. Sci. Comput. 25:1214.
 */

/** Exponents on either side of a number's own that its sum makes bins for: numbers that are added up are mostly of about one size. */
const MARGIN = 16;
/** The low half has 27 bits, a double holds 53: 2^26 of them add up without rounding. */
const MAX_ADDITIONS = 2 ** 26;
/** Biased exponent from which on bins could overflow (|x| >= 2^977); such numbers, infinities and NaN give NaN. */
const TOO_LARGE = 2000;
/** Keeps the upper 5 bits of the lower word: with 20 bits in the upper word and the implicit one, 26 bits. */
const UPPER_HALF = 0xf8000000;

/** So few numbers are added up without bins, whose making would take longer. */
const FEW = 32;
/** Below it no bin can overflow: 2^977, as {@link TOO_LARGE} says. */
const SUMMABLE = 2 ** 976;

const NO_BINS = new Float64Array(0);

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const HIGH_WORD = LITTLE_ENDIAN ? 1 : 0;
const LOW_WORD = 1 - HIGH_WORD;

export class ExactSum {
  /** A high and a low half for each exponent from {@link #first} on; as many as the numbers so far needed. */
  #bins = NO_BINS;
  #first = 0;
  #additions = 0;
  #unsummable = false;

  add(value: number): void {
    if (value === 0) return;
    scratch[0] = value;
    const exponent = (words[HIGH_WORD]! >>> 20) & 0x7ff;
    if (exponent >= TOO_LARGE) {
      this.#unsummable = true;
      return;
    }
    words[LOW_WORD] = words[LOW_WORD]! & UPPER_HALF;
    const high = scratch[0];
    let bin = 2 * (exponent - this.#first);
    if (bin < 0 || bin >= this.#bins.length) bin = this.#cover(exponent);
    this.#bins[bin]! += high;
    this.#bins[bin + 1]! += value - high;
    if (++this.#additions === MAX_ADDITIONS) this.#carry();
  }

  /**
   * The same as adding the value so many times. A half has 27 bits at most, so that its product with as many as are added without
   * rounding is exact too.
   * @param times a whole number, >= 0
   */
  addTimes(value: number, times: number): void {
    if (value === 0 || times === 0) return;
    scratch[0] = value;
    const exponent = (words[HIGH_WORD]! >>> 20) & 0x7ff;
    if (exponent >= TOO_LARGE) {
      this.#unsummable = true;
      return;
    }
    words[LOW_WORD] = words[LOW_WORD]! & UPPER_HALF;
    const high = scratch[0];
    const low = value - high;
    for (let left = times; left > 0;) {
      const some = Math.min(left, MAX_ADDITIONS - this.#additions);
      let bin = 2 * (exponent - this.#first);
      if (bin < 0 || bin >= this.#bins.length) bin = this.#cover(exponent);
      this.#bins[bin]! += high * some;
      this.#bins[bin + 1]! += low * some;
      left -= some;
      this.#additions += some;
      if (this.#additions === MAX_ADDITIONS) this.#carry();
    }
  }

  addAll(values: Iterable<number>): this {
    for (const value of values) this.add(value);
    return this;
  }

  /** Adds another sum: the same bits as if its numbers had been added here. */
  merge(other: ExactSum): this {
    for (const partial of other.#partials()) this.add(partial);
    if (other.#unsummable) this.#unsummable = true;
    return this;
  }

  /** The correctly rounded sum; NaN when a number was NaN, infinite or beyond 2^976. Never -0. */
  value(): number {
    return this.#unsummable ? NaN : roundedSum(this.#partials());
  }

  #partials(): number[] {
    const partials: number[] = [];
    for (const value of this.#bins) if (value !== 0) partials.push(value);
    return partials;
  }

  /** Makes bins for this exponent, and for as many around those that there are as there are: sums seldom grow twice. */
  #cover(exponent: number): number {
    const size = this.#bins.length / 2;
    const [first, end] = size === 0 ? [exponent, exponent + 1] : [this.#first, this.#first + size];
    const margin = Math.max(MARGIN, size);
    const from = Math.max(0, Math.min(first, exponent) - margin);
    const bins = new Float64Array(2 * (Math.min(TOO_LARGE, Math.max(end, exponent + 1) + margin) - from));
    bins.set(this.#bins, 2 * (first - from));
    this.#bins = bins;
    this.#first = from;
    return 2 * (exponent - from);
  }

  #carry(): void {
    const partials = this.#partials();
    this.#bins.fill(0);
    this.#additions = 0;
    for (const partial of partials) this.add(partial);
  }
}

/** The correctly rounded sum of `values`, in any order. */
export function exactSum(values: Iterable<number>): number {
  if ((Array.isArray(values) || values instanceof Float64Array) && values.length <= FEW) {
    const few = values as readonly number[] | Float64Array;
    if (few.every((value) => Math.abs(value) < SUMMABLE)) return roundedSum(few);
  }
  return new ExactSum().addAll(values).value();
}

/** Where {@link roundedSum} keeps its expansion; it grows with the longest one. */
let expansion = new Float64Array(64);

/** Sum of doubles without error, rounded once, half to even. */
function roundedSum(values: readonly number[] | Float64Array): number {
  // Non-overlapping, increasing in magnitude; their exact sum is the sum of everything added so far.
  if (expansion.length < values.length) expansion = new Float64Array(2 * values.length);
  let length = 0;
  for (const value of values) {
    let x = value;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const y = expansion[i]!;
      const isSmaller = Math.abs(x) < Math.abs(y);
      const large = isSmaller ? y : x;
      const small = isSmaller ? x : y;
      const high = large + small;
      const low = small - (high - large);
      if (low !== 0) expansion[kept++] = low;
      x = high;
    }
    expansion[kept] = x;
    length = kept + 1;
  }
  let i = length - 1;
  if (i < 0) return 0;
  let high = expansion[i]!;
  let low = 0;
  while (i > 0) {
    const x = high;
    const y = expansion[--i]!;
    high = x + y;
    low = y - (high - x);
    if (low !== 0) break;
  }
  // A tie was rounded to even; what is left below decides whether it was a tie at all.
  if (i > 0 && low < 0 === expansion[i - 1]! < 0) {
    const twice = low * 2;
    const next = high + twice;
    if (twice === next - high) high = next;
  }
  return high + 0;
}
