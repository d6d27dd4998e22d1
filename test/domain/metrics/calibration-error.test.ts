import { describe, expect, it } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import { type AnyScores, byScore, valueOf } from './inputs.js';

const BINS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function ece(scores: AnyScores, labels: readonly number[]): number {
  const candidate = byScore(scores);
  const parts = { labels: Uint8Array.from(labels), candidate, baseline: null };
  return valueOf(measureRows({ task: 'binary', metrics: ['ece'], confidence: 0.95, seed: 1, ...parts }).ece!.candidate);
}

describe('a score on the edge of a bin is in the bin above, in its own precision', () => {
  // In each bin [k/10, (k + 1)/10) a positive row on the edge and a negative one in the middle: the two gaps are set off against each other.
  const scores = BINS.flatMap((k) => [k / 10, (k + 0.5) / 10]);
  const labels = BINS.flatMap(() => [1, 0]);
  const expected = BINS.reduce((sum, k) => sum + Math.abs((2 * k + 0.5) / 10 - 1), 0) / scores.length;

  it('as float32', () => {
    expect(ece(Float32Array.from(scores), labels)).toBeCloseTo(expected, 6);
  });

  it('as doubles, the one just below an edge in the bin below it', () => {
    expect(ece(Float64Array.from(scores), labels)).toBeCloseTo(expected, 14);
    // The number before 0.9, times 10, rounds to 9.
    const below = ece(Float64Array.of(0.9 - 2 ** -53, 0.85), [1, 0]);
    expect(below).toBeCloseTo((0.85 - 0.1) / 2, 14);
  });
});
