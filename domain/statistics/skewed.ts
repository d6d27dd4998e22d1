/**
 * The t statistic of a mean of skewed rows, made symmetric: Hall 1992, JRSS B 54:221, "On the removal of skewness by
 * transformation". Its cubic is monotone, so a p-value and an interval end are exact inverses of one another.
 */

/**
 * ((1 + a t)^3 - 1)/(3a) + a/2: about Student's t when `t` is (estimate - truth)/se.
 * @param skew a third of the skewness of the mean (of the rows' skewness / sqrt(n)): a
 */
export function unskewed(t: number, skew: number): number {
  return t + skew * t * t + (skew * skew * t * t * t) / 3 + skew / 2;
}

/** The t with `unskewed(t, skew) = x`. */
export function skewedBack(x: number, skew: number): number {
  const y = x - skew / 2;
  const u = 3 * skew * y;
  // Near 0 the cube root minus 1 would cancel.
  if (Math.abs(u) < 1e-3) return skew === 0 ? y : Math.expm1(Math.log1p(u) / 3) / skew;
  return (Math.cbrt(1 + u) - 1) / skew;
}
