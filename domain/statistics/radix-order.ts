/** Sorting numbers in O(n) passes over typed arrays, without an object per row. */

/** A digit of so many bits: its counters stay in the first-level cache, and 32 bits are three digits. */
const DIGIT_BITS = 11;
/** Of few rows, whose counters would be more than the rows. */
const SHORT_DIGIT_BITS = 8;
/** Up to so many rows are few. */
const FEW_ROWS = 4096;
const WORD_BITS = 32;

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Row numbers in ascending order of `values`; equal values keep their order, -0 equals 0. Least significant digit radix
 * sort over the bit patterns.
 * @param values no NaN
 */
export function ascendingOrder(values: Float64Array | Float32Array): Uint32Array {
  const rows = new Uint32Array(values.length);
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  if (values instanceof Float32Array) return orderByWords(keysOfSingles(values), rows);
  const { lower, upper } = keysOfDoubles(values);
  const order = orderByWords(lower, rows);
  for (let i = 0; i < order.length; i++) lower[i] = upper[order[i]!]!;
  return orderByWords(lower, order);
}

/** Ascending order of `values`, and of equal ones by `second` (null: rows keep their order there). No NaN in either. */
export function ascendingOrderBy(values: Float64Array | Float32Array, second: Float64Array | null): Uint32Array {
  if (second === null) return ascendingOrder(values);
  const first = ascendingOrder(second);
  const sorted = Float64Array.from(first, (row) => values[row]!);
  return ascendingOrder(sorted).map((place) => first[place]!);
}

/**
 * The words in ascending order, in `words` itself or in `spare`, whichever it ends in; the other one holds rubbish.
 * @param spare at least as long
 */
export function sortedWords(words: Uint32Array, spare: Uint32Array): Uint32Array {
  const { length } = words;
  let from = words;
  let to = spare.subarray(0, length);
  for (const { shift, mask, places } of digitsOf(words)) {
    for (let i = 0; i < length; i++) {
      const word = from[i]!;
      to[places[(word >>> shift) & mask]!++] = word;
    }
    [from, to] = [to, from];
  }
  return from;
}

/**
 * The order's entries in ascending order of their words, stable. The words go along with the entries, because to look them up
 * anew for each digit would be a jump in memory per row.
 * @param words of each entry; both arrays are used up
 */
function orderByWords(words: Uint32Array, order: Uint32Array): Uint32Array {
  const { length } = words;
  const digits = digitsOf(words);
  let [keys, rows] = [words, order];
  let nextKeys: Uint32Array = new Uint32Array(digits.length > 1 ? length : 0);
  let nextRows: Uint32Array = new Uint32Array(length);
  for (const [index, { shift, mask, places }] of digits.entries()) {
    if (index < digits.length - 1) {
      for (let i = 0; i < length; i++) {
        const key = keys[i]!;
        const place = places[(key >>> shift) & mask]!++;
        nextKeys[place] = key;
        nextRows[place] = rows[i]!;
      }
    } else {
      for (let i = 0; i < length; i++) nextRows[places[(keys[i]! >>> shift) & mask]!++] = rows[i]!;
    }
    [keys, nextKeys] = [nextKeys, keys];
    [rows, nextRows] = [nextRows, rows];
  }
  return rows;
}

interface Digit {
  readonly shift: number;
  readonly mask: number;
  /** For each value of the digit, where its first word goes. */
  readonly places: Uint32Array;
}

/** The digits to sort by, the least significant one first; without those that all words have alike. */
function digitsOf(words: Uint32Array): Digit[] {
  const bits = words.length <= FEW_ROWS ? SHORT_DIGIT_BITS : DIGIT_BITS;
  const mask = (1 << bits) - 1;
  let differing = 0;
  const [first = 0] = words;
  for (const word of words) differing |= word ^ first;
  const digits: Digit[] = [];
  for (let shift = 0; shift < WORD_BITS; shift += bits) {
    if (((differing >>> shift) & mask) === 0) continue;
    const places = new Uint32Array(mask + 1);
    for (const word of words) places[(word >>> shift) & mask]!++;
    let next = 0;
    for (let value = 0; value <= mask; value++) {
      const count = places[value]!;
      places[value] = next;
      next += count;
    }
    digits.push({ shift, mask, places });
  }
  return digits;
}

/** Words that order like the numbers when compared as unsigned. */
function keysOfSingles(values: Float32Array): Uint32Array {
  const words = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] === 0x80000000 ? 0 : words[i]!;
    // Negative numbers grow downwards: all their bits turn; positive ones come above them.
    words[i] = word >>> 31 ? ~word : word | 0x80000000;
  }
  return words;
}

/** The same of doubles: two words each. */
function keysOfDoubles(values: Float64Array): { readonly lower: Uint32Array; readonly upper: Uint32Array } {
  const n = values.length;
  const bits = new Uint32Array(values.slice().buffer);
  const [lower, upper] = [new Uint32Array(n), new Uint32Array(n)];
  const high = LITTLE_ENDIAN ? 1 : 0;
  for (let i = 0; i < n; i++) {
    const low = bits[2 * i + 1 - high]!;
    const raw = bits[2 * i + high]!;
    const word = raw === 0x80000000 && low === 0 ? 0 : raw;
    upper[i] = word >>> 31 ? ~word : word | 0x80000000;
    lower[i] = word >>> 31 ? ~low : low;
  }
  return { lower, upper };
}
