/** Shares of rows: how their interval is named, and metrics that are a hit or a miss per row. */
import type { Estimate, IntervalBasis, MetricEstimates, ShareBasis, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { proportionMethod } from '../statistics/proportion.js';
import type { Linearised } from '../statistics/linearised.js';
import { compared } from './comparison.js';
import { measureLinear, type Form } from './linear.js';
import { kish, meanOf } from './mean.js';
import type { MulticlassPredictions } from './predictions.js';
import type { MulticlassRows, Rows, Side } from './rows.js';

export const UNEVEN_SHARE: Form = { shape: 'share', method: 'effective-wilson', range: [0, 1] };

export function shareInterval(
  successes: number,
  n: number,
  exact: boolean,
  scale: { readonly scale?: 'dice' } = {},
): { readonly method: string; readonly basis: IntervalBasis } {
  const share = { kind: 'proportion', n, ...scale, successes } as const;
  if (exact) return { method: 'clopper-pearson', basis: { ...share, method: 'exact' } };
  return { method: proportionMethod(n), basis: share };
}

/**
 * Of two models on the same rows, each value of which varies at most like a share (Newcombe 1998, method 10). They mostly go up and down
 * together: as if they did not errs on the wide side.
 */
export function differenceOfShares(
  value: number,
  first: ShareBasis,
  second: ShareBasis,
  { n, confidence }: Pick<Rows<unknown, unknown>, 'n' | 'confidence'>,
): Estimate {
  const basis = { kind: 'contrast', first, second, optimism: 0, min: -1, max: 1 } as const;
  return estimateOf({ value, n, method: 'newcombe', basis }, confidence);
}

/** The share of rows that hit. @param hits 1 or 0 per row of one model */
export function measureHits(
  rows: MulticlassRows,
  hits: (side: Side<MulticlassPredictions>) => Uint8Array | UndefinedEstimate,
): MetricEstimates {
  const { n, confidence, weights, exactShares } = rows;
  const usable = (side: Side<MulticlassPredictions>) => {
    if (side.problem !== null) return undefinedBecause(side.problem);
    return n === 0 ? undefinedBecause('no rows') : hits(side);
  };
  if (weights !== null || rows.units !== null) {
    return measureLinear(rows, rows.sameProbabilities, UNEVEN_SHARE, (side) => {
      const found = usable(side);
      if ('undefined' in found) return found;
      // A single row is a share of one, whose interval says so.
      const mean = n === 1 ? singleHit(found) : meanOf(Float64Array.from(found), weights);
      return 'undefined' in mean ? mean : { ...mean, magnitude: 1, reach: rows.units?.count ?? kish(weights, n) };
    });
  }
  return compared({
    candidate: rows.candidate,
    baseline: rows.baseline,
    alike: rows.sameProbabilities,
    n,
    prepare: usable,
    estimate: (found) => {
      const successes = found.reduce((sum, hit) => sum + hit, 0);
      return estimateOf({ value: successes / n, n, ...shareInterval(successes, n, exactShares) }, confidence);
    },
    difference: (candidate, baseline) => {
      const cells = [0, 0, 0, 0];
      for (let i = 0; i < n; i++) cells[2 * candidate[i]! + baseline[i]!]!++;
      const [d, c, b, a] = cells as [number, number, number, number];
      const basis = { kind: 'paired', a, b, c, d } as const;
      return estimateOf({ value: (b - c) / n, n, method: 'tango', basis }, confidence);
    },
  });
}

function singleHit([hit]: Uint8Array): Linearised {
  return { value: hit!, contributions: new Float64Array(1), magnitude: 1 };
}
