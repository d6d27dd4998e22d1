/**
 * Metrics of an order: within each group (a query, a user) rows are ranked by score, the metric is the mean over the groups,
 * and the group is what varies independently. Items of one score share their places: each gets the mean of what the places
 * give, as scikit-learn's ndcg does, so that the order of the rows changes nothing.
 */
import type { MetricName } from '../pipeline.js';
import type { UndefinedEstimate } from '../result.js';
import { undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import type { Linearised } from '../statistics/linearised.js';
import { measureLinear } from './linear.js';
import { total, weightedSum } from './mean.js';
import type { Metric } from './metric.js';
import { rankedGroups, type Ranked } from './ranked-groups.js';
import type { RegressionPredictions } from './predictions.js';
import type { RankingRows, Side } from './rows.js';

/** Of one group; NaN: the group has nothing to find, and does not count. */
type OfGroup = (group: Ranked) => number;

const whole = (k: number | null) => (k === null ? 'of all items' : `of the first ${k} items`);

/** Gain is the label itself, as in scikit-learn; the discount 1/log2(place + 1). @param k cut-off; null: none */
export function ndcg(k: number | null): Metric {
  const discount = (place: number) => (place < (k ?? Infinity) ? 1 / Math.log2(place + 2) : 0);
  return rankingMetric(named('ndcg', k), `normalised discounted cumulative gain ${whole(k)}`, (group) => {
    const ideal = group.sumOver(group.ideal, discount);
    return ideal > 0 ? group.sumOver(group.runs, discount) / ideal : NaN;
  });
}

/** An item is relevant when its label is above 0. Divided by min(relevant items, k), so that a perfect order gives 1. */
export function meanAveragePrecision(k: number | null): Metric {
  return rankingMetric(named('map', k), `precision at each relevant item, averaged, ${whole(k)}`, (group) => {
    const cut = k ?? Infinity;
    let [places, found, sum] = [0, 0, 0];
    for (const { size, relevant } of group.runs) {
      // In a run of ties the expected count of relevant items before a relevant one, at each of its places.
      const others = size > 1 ? (relevant - 1) / (size - 1) : 0;
      for (let i = 0; i < size && places + i < cut; i++) {
        sum += ((relevant / size) * (found + 1 + i * others)) / (places + i + 1);
      }
      places += size;
      found += relevant;
    }
    return found > 0 ? sum / Math.min(found, cut) : NaN;
  });
}

export const MRR = rankingMetric(
  'mrr',
  'one over the place of the first relevant item, averaged over the groups',
  (group) => {
    return group.relevant === 0 ? NaN : group.firstHit((place) => 1 / (place + 1));
  },
);

/** @param k cut-off */
export function hitRate(k: number): Metric {
  return rankingMetric(`hit_rate(${k})`, `share of groups with a relevant item among the first ${k}`, (group) =>
    group.relevant === 0 ? NaN : group.firstHit((place) => (place < k ? 1 : 0)),
  );
}

/** Divided by k even in groups of fewer items. @param k cut-off */
export function precisionAt(k: number): Metric {
  return rankingMetric(`precision_at(${k})`, `share of the first ${k} items that are relevant`, (group) => {
    let [places, found] = [0, 0];
    for (const { size, relevant } of group.runs) {
      found += (relevant / size) * Math.max(0, Math.min(size, k - places));
      places += size;
    }
    return found / k;
  });
}

function named(name: 'ndcg' | 'map', k: number | null): MetricName {
  return k === null ? name : `${name}(${k})`;
}

function rankingMetric(name: MetricName, description: string, ofGroup: OfGroup): Metric {
  return {
    name,
    description,
    direction: 'higher',
    range: [0, 1],
    measure: {
      ranking: (rows) =>
        measureLinear(
          { ...rows, units: rows.units ?? rows.groups },
          rows.sameValues,
          { shape: 'plain', method: 'hall', range: [0, 1] },
          (side) => overGroups(rows, side, ofGroup),
        ),
    },
  };
}

/** A group weighs as much as its items do on average. Its contribution is spread over its items. */
function overGroups(
  { n, labels, weights, groups, units }: RankingRows,
  { predictions, problem }: Side<RegressionPredictions>,
  ofGroup: OfGroup,
): Linearised | UndefinedEstimate {
  if (problem !== null) return undefinedBecause(problem);
  if (n === 0) return undefinedBecause('no rows');
  if (labels.some((label) => label < 0)) return undefinedBecause('a relevance is negative');
  const { values, sizes, means } = measured(labels, predictions.values, weights, groups, ofGroup);
  const counted = Float64Array.from(values, (value, group) => (Number.isNaN(value) ? 0 : means[group]!));
  const all = total(counted, counted.length);
  if (all === 0) return undefinedBecause('no group has a relevant item');
  const usable = values.map((value) => (Number.isNaN(value) ? 0 : value));
  const value = Math.min(1, Math.max(0, weightedSum(usable, counted) / all));
  const contributions = Float64Array.from(groups.of, (group) => {
    return (counted[group]! * (usable[group]! - value)) / all / sizes[group]!;
  });
  const groupsThatCount = counted.filter((own) => own > 0).length;
  if (units === null)
    return { value, contributions, magnitude: 1, reach: groupsThatCount, uncounted: groups.count - groupsThatCount };
  const clusters = new Set(units.of.filter((_, row) => counted[groups.of[row]!]! > 0)).size;
  return { value, contributions, magnitude: 1, reach: clusters, uncounted: units.count - clusters };
}

function measured(
  labels: Float64Array,
  scores: RegressionPredictions['values'],
  weights: Float64Array | null,
  groups: RankingRows['groups'],
  ofGroup: OfGroup,
) {
  const values = new Float64Array(groups.count);
  const sizes = new Float64Array(groups.count);
  const means = new Float64Array(groups.count).fill(1);
  for (const { group, rows, ranked } of rankedGroups(labels, scores, groups)) {
    values[group] = ofGroup(ranked);
    sizes[group] = rows.length;
    if (weights !== null) means[group] = exactSum(Float64Array.from(rows, (row) => weights[row]!)) / rows.length;
  }
  return { values, sizes, means };
}
