/** The order that sorts an array of numbers, in O(n) passes over typed arrays, without an object per row. */

/** Bits per pass: 2048 counters stay in the first-level cache. */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Row numbers in ascending order of `values`; equal values keep their order, -0 equals 0. Least significant digit radix
 * sort over the bit patterns.
 * @param values no NaN
 */
export function ascendingOrder(values: Float64Array | Float32Array): Uint32Array {
  const n = values.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let spare = new Uint32Array(n);
  for (const key of sortKeys(values)) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      const places = digitPlaces(key, shift);
      if (places === null) continue;
      for (let i = 0; i < n; i++) {
        const row = order[i]!;
        const digit = (key[row]! >>> shift) & (DIGITS - 1);
        spare[places[digit]!++] = row;
      }
      [order, spare] = [spare, order];
    }
  }
  return order;
}

/** Ascending order of `values`, and of equal ones by `second` (null: rows keep their order there). No NaN in either. */
export function ascendingOrderBy(values: Float64Array | Float32Array, second: Float64Array | null): Uint32Array {
  if (second === null) return ascendingOrder(values);
  const first = ascendingOrder(second);
  const sorted = Float64Array.from(first, (row) => values[row]!);
  return ascendingOrder(sorted).map((place) => first[place]!);
}

/** For each value of the digit, where its first row goes; null when all rows have the same digit. */
function digitPlaces(key: Uint32Array, shift: number): Uint32Array | null {
  const counts = new Uint32Array(DIGITS);
  for (const word of key) counts[(word >>> shift) & (DIGITS - 1)]!++;
  let next = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = counts[digit]!;
    if (count === key.length) return null;
    counts[digit] = next;
    next += count;
  }
  return counts;
}

/** Words that order like the numbers when compared as unsigned, the least significant one first. */
function sortKeys(values: Float64Array | Float32Array): Uint32Array[] {
  const n = values.length;
  const upper = new Uint32Array(n);
  if (values instanceof Float32Array) {
    const bits = new Uint32Array(values.slice().buffer);
    for (let i = 0; i < n; i++) {
      const word = bits[i] === 0x80000000 ? 0 : bits[i]!;
      upper[i] = word >>> 31 ? ~word : word | 0x80000000;
    }
    return [upper];
  }
  const bits = new Uint32Array(values.slice().buffer);
  const lower = new Uint32Array(n);
  const high = LITTLE_ENDIAN ? 1 : 0;
  for (let i = 0; i < n; i++) {
    const low = bits[2 * i + 1 - high]!;
    const raw = bits[2 * i + high]!;
    const word = raw === 0x80000000 && low === 0 ? 0 : raw;
    // Negative numbers grow downwards: all their bits turn; positive ones come above them.
    upper[i] = word >>> 31 ? ~word : word | 0x80000000;
    lower[i] = word >>> 31 ? ~low : low;
  }
  return [lower, upper];
}
