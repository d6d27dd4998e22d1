/** How much evidence an estimate claims to have: that of its units, and no more. */
import { describe, expect, test } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MeasureInput } from '../../../domain/metrics/predictions.js';
import { metricsFor } from '../../../domain/metrics/table.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { pValue } from '../../../domain/statistics/interval.js';
import { generator } from '../../report/result-builder.js';
import { byScore, defined, reasonOf, valueOf } from './inputs.js';

/** Two models of equal quality on rows of which the first `positives` are positive. */
function alike(seed: number, rows: number, positives: number) {
  const random = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const labels = Uint8Array.from({ length: rows }, (_, row) => Number(row < positives));
  const score = () => Float64Array.from(labels, (label) => 1 / (1 + Math.exp(-(normal() + 1.5 * label - 1))));
  return { labels, candidate: byScore(score()), baseline: byScore(score()) };
}

function measure(
  metrics: readonly MetricName[],
  input: Pick<MeasureInput, 'labels' | 'candidate'> & Partial<MeasureInput>,
) {
  return measureRows({ task: 'binary', confidence: 0.95, seed: 1, baseline: null, metrics, ...input });
}

const RANKED: readonly MetricName[] = ['auc', 'average_precision', 'balanced_accuracy', 'mcc', 'f_beta(2)'];

describe('few positive rows', () => {
  test.each([
    ['rows that count once', {}],
    ['weights of 1', { weights: new Float64Array(150).fill(1) }],
    ['clusters of 5 rows', { clusters: Int32Array.from({ length: 150 }, (_, row) => Math.floor(row / 5)) }],
  ])('models of equal quality hardly ever seem to differ: %s', (_, uneven) => {
    const [samples, level] = [150, 0.0025];
    const worse: Record<string, number> = {};
    for (let seed = 0; seed < samples; seed++) {
      const measured = measure(RANKED, { ...alike(seed, 150, 1 + (seed % 4)), ...uneven });
      for (const metric of RANKED) {
        const { difference } = measured[metric]!;
        if (difference === undefined || 'undefined' in difference) continue;
        worse[metric] = (worse[metric] ?? 0) + Number(pValue(difference, 0, 'atLeast') < level);
      }
    }
    // 0.4 are to be expected; 3 or more happen by chance less than once in a hundred times.
    for (const metric of RANKED) expect(worse[metric] ?? 0, metric).toBeLessThan(3);
  });

  test('one positive row that one model ranks first proves nothing', () => {
    const labels = Uint8Array.from({ length: 150 }, (_, row) => Number(row === 0));
    const rank = (place: number) => Float64Array.from(labels, (_, row) => (row === 0 ? 150.5 - place : row) / 151);
    const input = { labels, candidate: byScore(rank(76)), baseline: byScore(rank(1)) };
    for (const metric of ['auc', 'average_precision'] as const) {
      const { candidate, difference } = measure([metric], input)[metric]!;
      expect(defined(candidate).high - defined(candidate).low).toBeGreaterThan(0.5);
      expect(pValue(defined(difference), 0, 'atLeast')).toBeGreaterThan(0.01);
    }
  });

  test('weights of 1 and clusters of one row change nothing', () => {
    for (const positives of [1, 2, 5, 9, 30]) {
      const rows = alike(positives, 120, positives);
      const plain = measure(RANKED, rows);
      for (const uneven of [
        { weights: new Float64Array(120).fill(1) },
        { clusters: Int32Array.from(rows.labels.keys()) },
      ]) {
        const same = measure(RANKED, { ...rows, ...uneven });
        for (const metric of RANKED) {
          // From ten rows of a class on DeLong's variance and the delta method's differ by a row.
          if (positives >= 10 && metric === 'auc') continue;
          for (const which of ['candidate', 'difference'] as const) {
            const [a, b] = [defined(same[metric]?.[which]), defined(plain[metric]?.[which])];
            expect(a.low).toBeCloseTo(b.low, 9);
            expect(a.high).toBeCloseTo(b.high, 9);
          }
        }
      }
    }
  });
});

describe('clusters of rows that are all alike', () => {
  const labels = Uint8Array.from({ length: 400 }, (_, row) => row % 2);
  const clusters = Int32Array.from(labels, (_, row) => Math.floor(row / 40));
  const names: readonly MetricName[] = [
    'auc',
    'average_precision',
    'ks',
    'brier',
    'accuracy',
    'balanced_accuracy',
    'mcc',
  ];

  test('say as much as there are clusters, however many rows they have', () => {
    const measured = measure(names, {
      labels,
      candidate: byScore(Float64Array.from(labels, (label) => 0.1 + 0.8 * label)),
      clusters,
    });
    for (const metric of names) {
      const { low, high } = defined(measured[metric]?.candidate);
      expect(high - low, metric).toBeGreaterThan(0.1);
    }
  });
});

describe('rows of weight 0', () => {
  test('are no evidence: every estimate is that of the other rows', () => {
    const names = metricsFor('binary').map(({ name }) => name);
    const rows = alike(3, 60, 20);
    const costs = Float64Array.from(rows.labels, (label) => 1 + label);
    const weights = Float64Array.from(rows.labels, (_, row) => (row % 3 === 0 ? 0 : 1 + (row % 2)));
    const kept = Int32Array.from(rows.labels.keys()).filter((row) => weights[row]! > 0);
    const pick = (column: Float64Array) => Float64Array.from(kept, (row) => column[row]!);
    const side = ({ scores }: typeof rows.candidate) => byScore(pick(Float64Array.from(scores!)));
    const among = measure(names, { ...rows, weights, costs });
    const alone = measure(names, {
      labels: Uint8Array.from(kept, (row) => rows.labels[row]!),
      candidate: side(rows.candidate),
      baseline: side(rows.baseline),
      rowIds: kept,
      weights: pick(weights),
      costs: pick(costs),
    });
    expect(among).toEqual(alone);
  });

  test('are no evidence about numbers and classes either', () => {
    const weights = Float64Array.from({ length: 50 }, (_, row) => Number(row < 3));
    const errors = Float64Array.from(weights, (_, row) => row % 7);
    const regression = (rows: number, extra: Partial<MeasureInput>) =>
      measureRows({
        task: 'regression',
        metrics: ['mae', 'rmse', 'bias'],
        confidence: 0.95,
        seed: 1,
        labels: new Float64Array(rows),
        candidate: { kind: 'regression', values: errors.slice(0, rows) },
        baseline: null,
        ...extra,
      });
    expect(regression(50, { weights })).toEqual(regression(3, { weights: weights.slice(0, 3) }));
    const multiclass = (rows: number, extra: Partial<MeasureInput>) =>
      measureRows({
        task: 'multiclass',
        metrics: ['accuracy', 'log_loss'],
        confidence: 0.95,
        seed: 1,
        labels: Int32Array.from({ length: rows }, (_, row) => row % 3),
        candidate: {
          kind: 'multiclass',
          classes: new Int32Array(rows),
          probabilities: Float64Array.from({ length: 3 * rows }, (_, i) => [0.5, 0.3, 0.2][i % 3]!),
          k: 3,
        },
        baseline: null,
        ...extra,
      });
    expect(multiclass(50, { weights })).toEqual(multiclass(3, { weights: weights.slice(0, 3) }));
    expect(valueOf(multiclass(1, { weights: Float64Array.of(2) }).accuracy?.candidate)).toBe(1);
  });
});

test('groups in which there is nothing to find are no evidence about an order', () => {
  const rank = (without: number) => {
    const groups = [1, 1, 2, 2, ...Array.from({ length: 2 * without }, (_, row) => 3 + Math.floor(row / 2))];
    return measureRows({
      task: 'ranking',
      metrics: ['mrr', 'precision_at(1)'],
      confidence: 0.95,
      seed: 1,
      labels: Float64Array.from(groups, (_, row) => Number(row === 0 || row === 3)),
      candidate: { kind: 'regression', values: Float64Array.from(groups, (_, row) => -row) },
      baseline: null,
      groups: Int32Array.from(groups),
    });
  };
  const [alone, among] = [defined(rank(0).mrr?.candidate), defined(rank(195).mrr?.candidate)];
  expect({ low: among.low, high: among.high }).toEqual({ low: alone.low, high: alone.high });
  expect(reasonOf(rank(195)['precision_at(1)']?.candidate)).toBeNull();
});
