/** Row weights, repeated rows, costs, and exact intervals on request. */
import { describe, expect, test } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MeasureInput } from '../../../domain/metrics/predictions.js';
import { metricsFor } from '../../../domain/metrics/table.js';
import { clopperPearsonInterval } from '../../../domain/statistics/proportion.js';
import { byScore, defined, reasonOf, valueOf } from './inputs.js';

const NAMES = metricsFor('binary').map(({ name }) => name);
const LABELS = Uint8Array.from({ length: 120 }, (_, i) => Number((i * 7) % 10 < 4));
const SCORES = Float64Array.from(LABELS, (label, i) => (((i * 37) % 100) / 67 + label) / 2.5);
const OTHERS = Float64Array.from(LABELS, (label, i) => (((i * 53) % 100) / 67 + label) / 2.5);
const COSTS = Float64Array.from(LABELS, (label) => (label === 1 ? 40 : 3));

function measure(extra: Partial<MeasureInput> = {}, labels = LABELS, scores = SCORES, others = OTHERS) {
  return measureRows({
    task: 'binary',
    metrics: NAMES,
    confidence: 0.95,
    seed: 1,
    labels,
    candidate: byScore(scores),
    baseline: byScore(others),
    costs: COSTS,
    ...extra,
  });
}

describe('weights', () => {
  test('whole weights give the values of repeated rows', () => {
    const twice = Array.from(LABELS, (_, i) => (i % 3 === 0 ? [i, i] : [i])).flat();
    const repeated = measure(
      { costs: Float64Array.from(twice, (i) => COSTS[i]!) },
      Uint8Array.from(twice, (i) => LABELS[i]!),
      Float64Array.from(twice, (i) => SCORES[i]!),
      Float64Array.from(twice, (i) => OTHERS[i]!),
    );
    const weighted = measure({ weights: Float64Array.from(LABELS, (_, i) => (i % 3 === 0 ? 2 : 1)) });
    for (const name of NAMES) {
      for (const which of ['candidate', 'baseline', 'difference'] as const) {
        expect(valueOf(weighted[name]?.[which])).toBeCloseTo(valueOf(repeated[name]?.[which]), 12);
      }
    }
  });

  describe('whatever their unit, an auc of rows without spread is that of rows that count once', () => {
    const auc = (
      positives: number,
      negatives: number,
      scoreOf: (label: number, row: number) => number,
      unit?: number,
    ) => {
      const labels = Uint8Array.from({ length: positives + negatives }, (_, row) => Number(row < positives));
      const scores = Float64Array.from(labels, scoreOf);
      const other = Float64Array.from(labels, (label, row) => scoreOf(label, row) + 1);
      const weights = unit === undefined ? null : new Float64Array(labels.length).fill(unit);
      const parts = { labels, weights, candidate: byScore(scores), baseline: byScore(other) };
      return measureRows({ task: 'binary', metrics: ['auc'], confidence: 0.95, seed: 1, ...parts }).auc!;
    };

    test.each([
      ['perfect separation', 1, (label: number, row: number) => label / 2 + row / 4096],
      ['perfect separation the wrong way round', 0, (label: number, row: number) => -label / 2 - row / 4096],
      ['one score for all', 0.5, () => 0.5],
    ])('%s', (_, value, scoreOf) => {
      for (const [positives, negatives] of [
        [50, 950],
        [22, 25],
        [7, 300],
      ] as const) {
        const plain = auc(positives, negatives, scoreOf);
        expect(valueOf(plain.candidate)).toBe(value);
        for (const unit of [1, 0.1, 0.3, 1 / 3, 7e-9, 1e12]) {
          const weighted = auc(positives, negatives, scoreOf, unit);
          for (const which of ['candidate', 'difference'] as const) {
            const [found, expected] = [defined(weighted[which]), defined(plain[which])];
            expect([found.value, found.method]).toEqual([expected.value, expected.method]);
            expect(found.low).toBeCloseTo(expected.low, 9);
            expect(found.high).toBeCloseTo(expected.high, 9);
          }
        }
      }
    });
  });

  test('rows of weight 0 change no value', () => {
    const some = Array.from(LABELS.keys()).slice(0, 90);
    const fewer = measure({ costs: COSTS.slice(0, 90) }, LABELS.slice(0, 90), SCORES.slice(0, 90), OTHERS.slice(0, 90));
    const weighted = measure({ weights: Float64Array.from(LABELS, (_, i) => Number(i < some.length)) });
    for (const name of NAMES)
      expect(valueOf(weighted[name]?.candidate)).toBeCloseTo(valueOf(fewer[name]?.candidate), 12);
  });

  test('bad weights are a reason', () => {
    const bad = Float64Array.from(LABELS, (_, i) => (i === 4 ? -1 : i === 5 ? NaN : 1));
    for (const { candidate } of Object.values(measure({ weights: bad }))) {
      expect(reasonOf(candidate)).toBe('2 rows with a weight that is negative or no number');
    }
    expect(reasonOf(measure({ weights: new Float64Array(120) }).auc?.candidate)).toBe('every row has weight 0');
  });
});

describe('one unit that has nearly all of the say', () => {
  const n = 1000;
  const labels = new Uint8Array(n).fill(1);
  /** Row 0 is right, and so are 500 of the 999 others. */
  const hits = Float64Array.from(labels, (_, row) => (row === 0 || row % 2 === 1 ? 0.9 : 0.1));
  const accuracy = (extra: Partial<MeasureInput>) =>
    defined(
      measureRows({
        task: 'binary',
        metrics: ['accuracy'],
        confidence: 0.95,
        seed: 1,
        labels,
        candidate: byScore(hits),
        baseline: null,
        ...extra,
      }).accuracy?.candidate,
    );

  test('makes no share certain: a row of weight 1,000,000 among 999 of 1', () => {
    const { value, low } = accuracy({ weights: Float64Array.from(labels, (_, row) => (row === 0 ? 1e6 : 1)) });
    expect(value).toBeCloseTo((1e6 + 500) / (1e6 + 999), 12);
    expect(low).toBeLessThan(0.01);
  });

  test('nor a mean: it is as far off as the others are from it', () => {
    const errors = Float64Array.from(labels, (_, row) => (row === 0 ? 1 : 3 + (row % 5) / 10));
    const weights = Float64Array.from(labels, (_, row) => (row === 0 ? 1e6 : 1));
    const parts = {
      labels: new Float64Array(n),
      candidate: { kind: 'regression', values: errors },
      baseline: null,
    } as const;
    const input = { task: 'regression', metrics: ['mae', 'rmse'], confidence: 0.95, seed: 1, ...parts } as const;
    for (const { candidate } of Object.values(measureRows({ ...input, weights }))) {
      const { value, high } = defined(candidate);
      expect(value).toBeCloseTo(1, 1);
      expect(high).toBeGreaterThan(3);
    }
  });

  test('be it a cluster of 900 rows beside 20 of 5', () => {
    const clusters = Int32Array.from(labels, (_, row) => (row < 900 ? 0 : 1 + Math.floor((row - 900) / 5)));
    const { low, high } = accuracy({ clusters });
    expect(low).toBeLessThan(0.05);
    expect(high).toBeGreaterThan(0.95);
  });

  test('while weights that differ as usual change nothing', () => {
    // As far from one another as log-normal ones of sigma 0.5.
    const weights = Float64Array.from(labels, (_, row) => Math.exp(Math.sin(row) / Math.SQRT2));
    const { basis, value } = accuracy({ weights });
    const contributions = hits.map((hit, row) => weights[row]! * (Number(hit > 0.5) - value));
    const squares = contributions.map((own) => own * own);
    const [sum, most] = [squares.reduce((all, own) => all + own, 0), Math.max(...squares)];
    const whole = weights.reduce((all, weight) => all + weight, 0);
    const variance = (((sum + most) / whole ** 2) * n) / (n - 1);
    expect((basis as { n: number }).n / ((value * (1 - value)) / variance)).toBeCloseTo(0.9975, 3);
  });

  test('as do few clusters that are alike', () => {
    const clusters = Int32Array.from(labels, (_, row) => row % 5);
    const alike = accuracy({ clusters, weights: new Float64Array(n).fill(3) });
    const { low, high } = accuracy({ clusters });
    expect(low).toBeCloseTo(alike.low, 12);
    expect(high).toBeCloseTo(alike.high, 12);
  });
});

describe('clusters', () => {
  test('every row its own cluster: about the intervals of independent rows', () => {
    const own = measure({ clusters: Int32Array.from(LABELS.keys()) });
    const plain = measure();
    for (const name of NAMES) {
      const [a, b] = [defined(own[name]?.candidate), defined(plain[name]?.candidate)];
      expect(a.value).toBeCloseTo(b.value, 12);
      // Clusters are not resampled, so ks allows for all the noise that there can be.
      if (name === 'ks') continue;
      expect((a.high - a.low) / (b.high - b.low)).toBeGreaterThan(0.8);
      expect((a.high - a.low) / (b.high - b.low)).toBeLessThan(1.25);
    }
  });

  test('four copies of every row, known to be copies, are no evidence', () => {
    const copies = Array.from(LABELS.keys()).flatMap((i) => [i, i, i, i]);
    const input = [
      Uint8Array.from(copies, (i) => LABELS[i]!),
      Float64Array.from(copies, (i) => SCORES[i]!),
      Float64Array.from(copies, (i) => OTHERS[i]!),
    ] as const;
    const costs = Float64Array.from(copies, (i) => COSTS[i]!);
    const clustered = measure({ costs, clusters: Int32Array.from(copies) }, ...input);
    const once = measure({ clusters: Int32Array.from(LABELS.keys()) });
    for (const name of NAMES) {
      // What ece and ks allow for noise is not a sum over clusters alone.
      if (name === 'ece' || name === 'ks') continue;
      for (const which of ['candidate', 'difference'] as const) {
        const [a, b] = [defined(clustered[name]?.[which]), defined(once[name]?.[which])];
        expect(a.low).toBeCloseTo(b.low, 9);
        expect(a.high).toBeCloseTo(b.high, 9);
      }
    }
  });

  test('one cluster says nothing', () => {
    for (const { candidate } of Object.values(measure({ clusters: new Int32Array(120) }))) {
      expect(reasonOf(candidate)).toBe('one cluster only');
    }
  });

  test('the order of the rows changes no bit', () => {
    const order = Array.from(LABELS.keys()).sort((a, b) => ((a * 77) % 120) - ((b * 77) % 120));
    const weights = Float64Array.from(LABELS, (_, i) => 0.1 + (i % 7) / 3);
    const clusters = Int32Array.from(LABELS, (_, i) => (i * i) % 23);
    const pick = <T extends Float64Array | Int32Array | Uint8Array>(values: T): T =>
      values.map((_, i) => values[order[i]!]!) as T;
    expect(
      measure(
        { weights: pick(weights), clusters: pick(clusters), costs: pick(COSTS) },
        pick(LABELS),
        pick(SCORES),
        pick(OTHERS),
      ),
    ).toStrictEqual(measure({ weights, clusters }));
  });
});

test('cost is the sum of what wrong rows cost, per row', () => {
  const { cost } = measure();
  let spent = 0;
  SCORES.forEach((score, i) => (spent += Number(score >= 0.5) === LABELS[i] ? 0 : COSTS[i]!));
  expect(valueOf(cost?.candidate)).toBeCloseTo(spent / 120, 12);
  expect(reasonOf(measure({ costs: null }).cost?.candidate)).toBe('the pipeline says no costs');
  expect(reasonOf(measure({ costs: COSTS.map((value) => -value) }).cost?.candidate)).toContain('120 rows with a cost');
});

test('exact intervals are Clopper and Pearson', () => {
  const { accuracy } = measure({ proportions: 'exact' });
  const { value, low, high, method } = defined(accuracy?.candidate);
  expect(method).toBe('clopper-pearson');
  expect({ low, high }).toEqual(clopperPearsonInterval(Math.round(value * 120), 120, 0.95));
});
