/** Log-gamma and the regularised incomplete beta function: what the t, binomial and beta distributions are made of. */

/** From here on the Stirling series below is exact to the last bit. */
const STIRLING_FROM = 15;
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
/** The fraction needs about sqrt(max(a, b)) terms: enough for a billion rows. */
const MAX_TERMS = 100_000;

/** ln Gamma(x) - [(x - 1/2) ln x - x + ln(2 pi)/2] for x >= 15 (Abramowitz & Stegun 6.1.41). */
function stirlingRest(x: number): number {
  const r = 1 / (x * x);
  return (
    (1 / 12 + r * (-1 / 360 + r * (1 / 1260 + r * (-1 / 1680 + r * (1 / 1188 + r * (-691 / 360360 + r / 156)))))) / x
  );
}

/** ln Gamma(x) for x > 0. */
export function logGamma(x: number): number {
  let shift = 1;
  let y = x;
  while (y < STIRLING_FROM) shift *= y++;
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_2PI + stirlingRest(y) - Math.log(shift);
}

/**
 * ln( x^a (1-x)^b / B(a, b) ), from ln x and ln(1-x). Large arguments do not cancel: the differences of log-gammas are
 * taken term by term (Didonato & Morris 1992, ACM TOMS 708).
 */
function logPrefix(a: number, b: number, logX: number, logY: number): number {
  if (a > b) return logPrefix(b, a, logY, logX);
  const s = a + b;
  if (b < STIRLING_FROM) return a * logX + b * logY - logGamma(a) - logGamma(b) + logGamma(s);
  if (a < STIRLING_FROM) {
    const difference = -(b - 0.5) * Math.log1p(a / b) - a * Math.log(s) + a + stirlingRest(b) - stirlingRest(s);
    return a * logX + b * logY - logGamma(a) - difference;
  }
  return (
    a * (logX - Math.log(a / s)) +
    b * (logY - Math.log1p(-a / s)) +
    0.5 * (Math.log(a) + Math.log(b / s)) -
    HALF_LOG_2PI -
    stirlingRest(a) -
    stirlingRest(b) +
    stirlingRest(s)
  );
}

/** Continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's algorithm. */
function fraction(a: number, b: number, x: number): number {
  const guard = (v: number): number => (Math.abs(v) < 1e-300 ? 1e-300 : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let f = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    f *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const delta = d * c;
    f *= delta;
    if (Math.abs(delta - 1) < Number.EPSILON) break;
  }
  return f;
}

/** P(B <= x) and P(B > x) of a Beta(a, b) variable, each precise in its own tail. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
}

/** Both tails at x, from ln x and ln(1-x), so that neither x nor 1-x need be rounded first. */
export function betaTailsAtLog(a: number, b: number, logX: number, logY: number): Tails {
  if (logX === -Infinity) return { lower: 0, upper: 1 };
  if (logY === -Infinity) return { lower: 1, upper: 0 };
  const prefix = Math.exp(logPrefix(a, b, logX, logY));
  const x = Math.exp(logX);
  if (x < (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, (prefix / a) * fraction(a, b, x));
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, (prefix / b) * fraction(b, a, Math.exp(logY)));
  return { lower: 1 - upper, upper };
}

export function betaTails(a: number, b: number, x: number): Tails {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x >= 1) return { lower: 1, upper: 0 };
  return betaTailsAtLog(a, b, Math.log(x), Math.log1p(-x));
}

/** The x with P(B <= x) = p. Bisection on the logit scale, where both ends of (0, 1) are resolved. */
export function betaQuantile(a: number, b: number, p: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let low = -745;
  let high = 745;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    // logit -> ln x and ln(1-x) without rounding either of them to 0 or 1.
    const tails = betaTailsAtLog(a, b, -Math.log1p(Math.exp(-middle)), -Math.log1p(Math.exp(middle)));
    const below = p < 0.5 ? tails.lower < p : tails.upper > 1 - p;
    if (below) low = middle;
    else high = middle;
  }
  return 1 / (1 + Math.exp(-(low + high) / 2));
}
