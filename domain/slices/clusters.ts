/** Clusters once they are fitted: frozen centres and scaling, from which any row's cluster follows. */

export interface ClusterModel {
  readonly features: readonly string[];
  /** Per feature, of the sample: value = mean + z * scale. A feature without variation has scale 1. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** Per cluster, the centre in standardised units. */
  readonly centres: readonly (readonly number[])[];
  /** Rows that it was fitted on. */
  readonly sampleRows: number;
  /** Mean simplified silhouette on the sample, by number of clusters tried. */
  readonly silhouettes: Readonly<Record<string, number>>;
}

/**
 * Index of the nearest centre by squared Euclidean distance in standardised units; of equally near ones the first.
 *
 * @param row features in the model's order, finite
 */
export function nearestCentre(centres: readonly (readonly number[])[], row: ArrayLike<number>): number {
  let best = 0;
  let bestDistance = Infinity;
  for (let cluster = 0; cluster < centres.length; cluster++) {
    const distance = squaredDistance(centres[cluster]!, row);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = cluster;
    }
  }
  return best;
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = a[index]! - b[index]!;
    sum += difference * difference;
  }
  return sum;
}

/**
 * Mean simplified silhouette, in [0, 1]: with a the distance to the own centre and b to the nearest other one,
 * (b - a) / b. Linear in the points, where the silhouette proper is quadratic (Hruschka, de Castro and Campello 2004).
 */
export function simplifiedSilhouette(
  points: readonly (readonly number[])[],
  centres: readonly (readonly number[])[],
): number {
  let sum = 0;
  for (const point of points) {
    let nearest = Infinity;
    let second = Infinity;
    for (const centre of centres) {
      const distance = squaredDistance(centre, point);
      if (distance < nearest) {
        second = nearest;
        nearest = distance;
      } else if (distance < second) second = distance;
    }
    if (second > 0) sum += 1 - Math.sqrt(nearest / second);
  }
  return points.length === 0 ? 0 : sum / points.length;
}

/** A centre further than this from the mean, in standard deviations, is worth a word in the cluster's name. */
const NOTABLE_Z = 0.5;

/** Words in a cluster's name: more are not read. */
const NAME_WORDS = 2;

/** "2 (low visib, high precip)": numbered from 1 in the model's order, with what sets it apart most. */
export function clusterName(model: ClusterModel, cluster: number): string {
  const centre = model.centres[cluster]!;
  const notable = model.features
    .map((feature, index) => ({ feature, z: centre[index]! }))
    .filter(({ z }) => Math.abs(z) >= NOTABLE_Z)
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z))
    .slice(0, NAME_WORDS)
    .map(({ feature, z }) => `${z > 0 ? 'high' : 'low'} ${feature}`);
  return `${cluster + 1} (${notable.length === 0 ? 'typical' : notable.join(', ')})`;
}

/** "nearest centre: temp 71.2, visib 9.94", in the features' own units. */
export function clusterRule(model: ClusterModel, cluster: number): string {
  const centre = model.centres[cluster]!;
  const parts = model.features.map(
    (feature, index) =>
      `${feature} ${Number((model.mean[index]! + centre[index]! * model.scale[index]!).toPrecision(3))}`,
  );
  return `nearest centre: ${parts.join(', ')}`;
}
