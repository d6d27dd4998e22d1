/** Student's t distribution; degrees of freedom need not be whole (Satterthwaite). */
import { betaTailsAtLog, logGamma } from './beta.js';
import { normalQuantile } from './normal.js';

/** P(T <= t), precise in the lower tail; for the upper one use studentCdf(-t, df). */
export function studentCdf(t: number, df: number): number {
  const ratio = (t * t) / df;
  if (ratio === Infinity) return t < 0 ? 0 : 1;
  // P(|T| > t) = I_{df/(df+t^2)}(df/2, 1/2) (A&S 26.7.1)
  const logX = -Math.log1p(ratio);
  const tails = betaTailsAtLog(df / 2, 0.5, logX, Math.log(ratio) + logX);
  return t < 0 ? tails.lower / 2 : 0.5 + tails.upper / 2;
}

function logPdf(t: number, df: number): number {
  return (
    logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * Math.log(df * Math.PI) - ((df + 1) / 2) * Math.log1p((t * t) / df)
  );
}

/** The t with P(T <= t) = p, for p in (0, 1). */
export function studentQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1) || !(df > 0)) return NaN;
  if (p > 0.5) return -studentQuantile(1 - p, df);
  if (p === 0.5) return 0;
  // Newton on the logarithm of the tail, kept inside a bracket [0, high) of |t|.
  let low = 0;
  let high = Infinity;
  let t = -normalQuantile(p);
  for (let i = 0; i < 200; i++) {
    const tail = studentCdf(-t, df);
    if (tail > p) low = t;
    else high = t;
    const step = (Math.log(tail / p) * tail) / Math.exp(logPdf(t, df));
    let next = t + step;
    if (!(next > low && next < high)) next = high === Infinity ? 2 * t + 1 : (low + high) / 2;
    const done = Math.abs(next - t) <= 1e-15 * t;
    t = next;
    if (done) break;
  }
  return -t;
}
