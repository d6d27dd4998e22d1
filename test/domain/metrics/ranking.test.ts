/** Rankings small enough to work out by hand. */
import { describe, expect, test } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { reasonOf, valueOf } from './inputs.js';

const METRICS: MetricName[] = ['mrr', 'map', 'map(2)', 'hit_rate(1)', 'hit_rate(2)', 'precision_at(2)', 'ndcg(2)'];

function rank(labels: number[], scores: number[], groups: number[]) {
  return measureRows({
    task: 'ranking',
    metrics: METRICS,
    confidence: 0.95,
    seed: 1,
    labels: Float64Array.from(labels),
    candidate: { kind: 'regression', values: Float64Array.from(scores) },
    baseline: null,
    groups: Int32Array.from(groups),
  });
}

describe('by hand', () => {
  test('two queries', () => {
    // Query 7: relevant at places 1 and 3; query 9: at place 2.
    const measured = rank([1, 0, 1, 0, 1], [9, 5, 1, 4, 3], [7, 7, 7, 9, 9]);
    expect(valueOf(measured.mrr?.candidate)).toBeCloseTo((1 + 1 / 2) / 2, 14);
    expect(valueOf(measured.map?.candidate)).toBeCloseTo(((1 + 2 / 3) / 2 + 1 / 2) / 2, 14);
    expect(valueOf(measured['map(2)']?.candidate)).toBeCloseTo((1 / 2 + 1 / 2) / 2, 14);
    expect(valueOf(measured['hit_rate(1)']?.candidate)).toBe(0.5);
    expect(valueOf(measured['hit_rate(2)']?.candidate)).toBe(1);
    expect(valueOf(measured['precision_at(2)']?.candidate)).toBe(0.5);
  });

  test('tied items share their places: the mean over their orders', () => {
    const measured = rank([1, 0, 0, 1, 0, 0], [5, 5, 5, 5, 5, 5], [1, 1, 1, 2, 2, 2]);
    expect(valueOf(measured.mrr?.candidate)).toBeCloseTo((1 + 1 / 2 + 1 / 3) / 3, 14);
    expect(valueOf(measured.map?.candidate)).toBeCloseTo((1 + 1 / 2 + 1 / 3) / 3, 14);
    expect(valueOf(measured['hit_rate(2)']?.candidate)).toBeCloseTo(2 / 3, 14);
    expect(valueOf(measured['precision_at(2)']?.candidate)).toBeCloseTo(1 / 3, 14);
  });

  test('a group without a relevant item does not count, except for precision', () => {
    const measured = rank([1, 0, 0, 0, 1, 0], [2, 1, 2, 1, 2, 1], [1, 1, 2, 2, 3, 3]);
    expect(valueOf(measured['precision_at(2)']?.candidate)).toBeCloseTo(1 / 3, 12);
    expect(valueOf(measured.mrr?.candidate)).toBe(1);
    expect(reasonOf(rank([1, 0, 0, 0], [2, 1, 2, 1], [1, 1, 2, 2]).mrr?.candidate)).toBe('one cluster only');
    expect(reasonOf(rank([0, 0], [2, 1], [1, 1]).mrr?.candidate)).toBe('no group has a relevant item');
    expect(reasonOf(rank([1, 0], [2, 1], [1, 1]).mrr?.candidate)).toBe('one cluster only');
    expect(reasonOf(rank([], [], []).mrr?.candidate)).toBe('no rows');
    expect(reasonOf(rank([-1, 1], [2, 1], [1, 2]).map?.candidate)).toBe('a relevance is negative');
  });
});
