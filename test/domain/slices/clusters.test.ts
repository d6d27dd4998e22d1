import { describe, expect, it } from 'vitest';
import {
  type ClusterModel,
  clusterName,
  clusterRule,
  nearestCentre,
  simplifiedSilhouette,
} from '../../../domain/slices/clusters.js';

const model: ClusterModel = {
  features: ['temp', 'visib'],
  mean: [57.3, 9.2],
  scale: [18, 2],
  centres: [
    [0.1, 0.2],
    [-1.5, -3],
    [0, 0.6],
  ],
  sampleRows: 100,
  silhouettes: {},
};

describe('a cluster', () => {
  it('is called by its number and by what sets it apart most', () => {
    expect([0, 1, 2].map((cluster) => clusterName(model, cluster))).toEqual([
      '1 (typical)',
      '2 (low visib, low temp)',
      '3 (high visib)',
    ]);
  });

  it('has a rule in the units of the data', () => {
    expect(clusterRule(model, 1)).toBe('nearest centre: temp 30.3, visib 3.2');
  });

  it('takes the rows that are nearest to its centre; of equally near ones the first', () => {
    expect(nearestCentre([[0], [2]], [0.9])).toBe(0);
    expect(nearestCentre([[0], [2]], [1.1])).toBe(1);
    expect(nearestCentre([[0], [2]], [1])).toBe(0);
  });
});

describe('the silhouette', () => {
  it('is 1 where every row sits on its centre, and lower the nearer another centre is', () => {
    const centres = [[0], [10]];
    expect(simplifiedSilhouette([[0], [10]], centres)).toBe(1);
    expect(simplifiedSilhouette([[4]], centres)).toBeCloseTo(1 - 4 / 6);
    expect(simplifiedSilhouette([], centres)).toBe(0);
  });
});
