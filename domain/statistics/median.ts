/** The median and its standard error from two order statistics. */
import type { UndefinedEstimate } from '../result.js';
import { betaTails } from './beta.js';
import { undefinedBecause } from './estimate.js';
import type { Linearised } from './linearised.js';
import { normalQuantile } from './normal.js';
import { ascendingOrder } from './radix-order.js';

/** Fewer rows have no two order statistics whose distance means anything. */
const FEWEST = 5;

/**
 * The mean of the two middle values, with the standard error of Price & Bonett 2001, Journal of Statistical Computation and
 * Simulation 68:295: the distance of the values about sqrt(n) places away on either side, in units of the z that so many
 * places are worth. A row contributes by its side of the median, so that rows that go together can be added up.
 */
export function medianOf(values: Float64Array): Linearised | UndefinedEstimate {
  const n = values.length;
  if (n < FEWEST) return undefinedBecause(`fewer than ${FEWEST} rows`);
  const sorted = Float64Array.from(ascendingOrder(values), (row) => values[row]!);
  const value = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  const place = Math.max(1, Math.round((n + 1) / 2 - Math.sqrt(n)));
  // P(fewer than `place` of n values are below the median), a binomial tail.
  const tail = betaTails(n - place + 1, place, 0.5).lower;
  const se = (sorted[n - place]! - sorted[place - 1]!) / (2 * -normalQuantile(tail));
  const step = se / Math.sqrt(n);
  const contributions = values.map((own) => Math.sign(own - value) * step);
  return { value, contributions, magnitude: Math.abs(sorted[n - 1]!) };
}
