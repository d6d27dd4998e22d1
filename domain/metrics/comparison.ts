/** The shape that every metric shares: candidate, baseline, and their paired difference. */
import type { Estimate, MetricEstimates, UndefinedEstimate } from '../result.js';
import { isDefined, noDifference, undefinedBecause } from '../statistics/estimate.js';

export interface Comparison<Side, Prepared> {
  readonly candidate: Side;
  readonly baseline: Side | null;
  /** Both models give the same scores on every row: one and the same model here, so the difference is 0 and certain. */
  readonly alike: boolean;
  readonly n: number;
  /** What estimate and difference are both computed from, or why the metric does not exist for these predictions. */
  readonly prepare: (side: Side) => Prepared | UndefinedEstimate;
  readonly estimate: (prepared: Prepared) => Estimate;
  /** Candidate minus baseline, on identical rows. */
  readonly difference: (candidate: Prepared, baseline: Prepared) => Estimate;
}

export function compared<Side, Prepared extends object>(comparison: Comparison<Side, Prepared>): MetricEstimates {
  const { baseline, prepare, estimate } = comparison;
  const ofCandidate = prepare(comparison.candidate);
  const candidate = isUndefined(ofCandidate) ? ofCandidate : estimate(ofCandidate);
  if (baseline === null) return { candidate };
  const ofBaseline = prepare(baseline);
  const estimated = isUndefined(ofBaseline) ? ofBaseline : estimate(ofBaseline);
  const both = { candidate, baseline: estimated };
  if (!isDefined(candidate) || isUndefined(ofCandidate))
    return { ...both, difference: undefinedFor('candidate', candidate) };
  if (!isDefined(estimated) || isUndefined(ofBaseline))
    return { ...both, difference: undefinedFor('baseline', estimated) };
  if (comparison.alike) return { ...both, difference: noDifference(comparison.n) };
  return { ...both, difference: comparison.difference(ofCandidate, ofBaseline) };
}

function isUndefined(prepared: object): prepared is UndefinedEstimate {
  return 'undefined' in prepared;
}

function undefinedFor(model: string, estimate: Estimate): UndefinedEstimate {
  return undefinedBecause(`${model}: ${isDefined(estimate) ? 'no value' : estimate.undefined}`);
}
