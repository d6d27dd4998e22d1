/**
 * Poisson bootstrap: in each replicate every row counts as often as a Poisson variable of mean 1 says (Hanley & MacGibbon 2006, Journal
 * of Clinical Epidemiology 59:1226; Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). The weight is a
 * hash of (seed, row, replicate): no generator's state, so any sharding, order and retry of the rows gives the same bits, and a
 * replicate of all rows is the sum of those of the parts.
 */

/** 1/e: how often a row is left out. Written out, because exp() may differ in its last bit between versions of Node. */
const LEFT_OUT = 0.36787944117144233;
const TWO_TO_32 = 4294967296;
/** Beyond 12 times comes less often than once in 2^32. */
const MOST = 12;
/** P(weight <= k) in 2^-32, for k = 0..MOST - 1. */
const UP_TO = cumulated();

function cumulated(): Float64Array {
  const limits = new Float64Array(MOST);
  let [probability, sum] = [LEFT_OUT, 0];
  for (let k = 0; k < MOST; k++) {
    sum += probability;
    limits[k] = Math.floor(sum * TWO_TO_32);
    probability /= k + 1;
  }
  return limits;
}

/** Weyl's step between keys of consecutive numbers: 2^32 over the golden ratio. */
const STEP = 0x9e3779b9;

/** How often `row` counts in `replicate`. @param row its id: a whole number, the same wherever it is measured */
export function poissonWeight(seed: number, row: number, replicate: number): number {
  return weightOf(keyOfRow(row), keyOfReplicate(seed, replicate));
}

/** The weights of rows, replicate by replicate. */
export class PoissonBootstrap {
  readonly #seed: number;
  readonly #keys: Uint32Array;

  /** @param rows ids: whole numbers, no two alike */
  constructor(seed: number, rows: Int32Array) {
    this.#seed = seed;
    this.#keys = Uint32Array.from(rows, keyOfRow);
  }

  /** Written into `weights`, in the order of the rows. */
  draw(replicate: number, weights: Uint8Array): void {
    const key = keyOfReplicate(this.#seed, replicate);
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) weights[i] = weightOf(keys[i]!, key);
  }
}

function weightOf(row: number, replicate: number): number {
  const hash = mixed(row ^ replicate) >>> 0;
  let weight = 0;
  while (weight < MOST && hash >= UP_TO[weight]!) weight++;
  return weight;
}

function keyOfRow(row: number): number {
  return mixed(Math.imul(row, STEP) + 1) >>> 0;
}

function keyOfReplicate(seed: number, replicate: number): number {
  return mixed(mixed(Math.imul(seed, STEP) ^ 0x5bd1e995) + Math.imul(replicate, STEP)) >>> 0;
}

/** A mixer of 32 bits: murmur3's finaliser (Appleby, public domain). Each bit of the result hangs on each bit given. */
function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) | 0;
}
