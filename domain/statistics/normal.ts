/** The standard normal distribution, to about 1e-14 relative in both tails. */

const SQRT_PI = Math.sqrt(Math.PI);
/** Below it the series of erf converges faster, above it the continued fraction of erfc. */
const SERIES_UP_TO = 1.25;
/** More than either expansion needs for full precision on its side of {@link SERIES_UP_TO}. */
const MAX_TERMS = 400;

/** erfc beyond it is below the smallest double; the fraction would divide infinity by infinity. */
const UNDERFLOW = 28;

/** Complementary error function. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > UNDERFLOW) return 0;
  return x < SERIES_UP_TO ? 1 - erfSeries(x) : erfcFraction(x);
}

/** erf(x) = 2x/sqrt(pi) exp(-x^2) sum (2x^2)^n / (2n+1)!!, all terms positive (Abramowitz & Stegun 7.1.6). */
function erfSeries(x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < MAX_TERMS && term > sum * Number.EPSILON * 0.5; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * x) / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** erfc(x) = exp(-x^2)/sqrt(pi) * 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))) (A&S 7.1.14), by Lentz's algorithm. */
function erfcFraction(x: number): number {
  let f = x;
  let c = x;
  let d = 0;
  for (let k = 1; k < MAX_TERMS; k++) {
    const a = k / 2;
    d = 1 / (x + a * d);
    c = x + a / c;
    const delta = c * d;
    f *= delta;
    if (Math.abs(delta - 1) < Number.EPSILON) break;
  }
  return Math.exp(-x * x) / (SQRT_PI * f);
}

/** P(Z <= z). For the upper tail use normalCdf(-z), which keeps its precision. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2);
}

export function normalPdf(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** The z with P(Z <= z) = p, for p in (0, 1); -Infinity and Infinity at its ends. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0.5) return 0;
  const known = QUANTILES.get(p);
  if (known !== undefined) return known;
  const z = lowerQuantile(p);
  // A pipeline has a handful of levels, and asks for them with every interval of every segment.
  if (QUANTILES.size < MOST_QUANTILES) QUANTILES.set(p, z);
  return z;
}

const QUANTILES = new Map<number, number>();
const MOST_QUANTILES = 1_000;

/** Of p in (0, 0.5). */
function lowerQuantile(p: number): number {
  // Start within 4.5e-4 (A&S 26.2.23); three steps of Halley's method reach full precision.
  const t = Math.sqrt(-2 * Math.log(p));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 3; i++) {
    const error = (normalCdf(z) - p) / normalPdf(z);
    if (!Number.isFinite(error)) break;
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/** The z > 0 that a two-sided interval at `confidence` (0..1) reaches: 1.96 at 0.95. */
export function criticalZ(confidence: number): number {
  return -normalQuantile((1 - confidence) / 2);
}
