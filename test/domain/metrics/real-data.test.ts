/** Every metric on four real data sets equals scikit-learn 1.6.1; intervals by the delta method equal numerical derivatives. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MeasureInput, MeasureTask, Predictions } from '../../../domain/metrics/predictions.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { expectClose, type MeanInterval, type Spread } from '../statistics/golden.js';
import { byScore, defined } from './inputs.js';

interface Expected {
  readonly value: number;
  readonly weighted?: number;
  readonly spread?: Spread;
  readonly weightedSpread?: Spread;
}
type Both<T> = Readonly<Record<'candidate' | 'baseline', T>>;
interface Case extends Both<number[]> {
  readonly labels: number[];
  readonly names?: string[];
  readonly weights: number[];
  readonly clusters?: number[];
  readonly groups?: number[];
  readonly expected: Both<Record<string, Expected>>;
}

const real = JSON.parse(readFileSync(new URL('../../golden/statistics/real.json', import.meta.url), 'utf8')) as {
  binary: Case;
  multiclass: Record<'wine' | 'iris', Case>;
  regression: Case;
  ranking: Case;
};

function argmax(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}

function inputOf(task: MeasureTask, one: Case, metrics: string[], extra: Partial<MeasureInput> = {}): MeasureInput {
  const k = one.names?.length ?? 0;
  const predictions = (which: 'candidate' | 'baseline'): Predictions => {
    const values = Float64Array.from(one[which]);
    if (task === 'binary') return byScore(values);
    if (task !== 'multiclass') return { kind: 'regression', values };
    const classes = Int32Array.from(one.labels, (_, i) => argmax(one[which].slice(i * k, (i + 1) * k)));
    return { kind: 'multiclass', classes, probabilities: values, k };
  };
  const labels =
    task === 'binary'
      ? Uint8Array.from(one.labels)
      : task === 'multiclass'
        ? Int32Array.from(one.labels)
        : Float64Array.from(one.labels);
  return {
    task,
    metrics: metrics as MetricName[],
    confidence: 0.95,
    seed: 1,
    labels,
    candidate: predictions('candidate'),
    baseline: predictions('baseline'),
    classNames: one.names ?? [],
    ...extra,
  };
}

/** The standard error that a basis goes back to; null where it has another one. */
function seOf(estimate: Parameters<typeof defined>[0]): number | null {
  const { value, basis } = defined(estimate);
  if (basis.kind === 'skewed') return basis.scale === 'root' ? basis.se / (2 * value) : basis.se;
  return basis.kind === 'logit' ? basis.se * value * (1 - value) : null;
}

/** Kinks and steps have no derivative; losses of probabilities have another unseen row, which make.py's cases check. */
const NO_DERIVATIVE = /^(log_loss|brier|ece|ks|median_ae|auc.*)$/;

const cases: [string, MeasureTask, Case][] = [
  ['breast cancer', 'binary', real.binary],
  ['wine', 'multiclass', real.multiclass.wine],
  ['iris', 'multiclass', real.multiclass.iris],
  ['diabetes', 'regression', real.regression],
];

describe.each(cases)('%s', (_, task, one) => {
  const names = Object.keys(one.expected.candidate).filter((name) => name !== 'clustered_mae');
  const weights = Float64Array.from(one.weights);
  const plain = measureRows(inputOf(task, one, names));
  const weighted = measureRows(inputOf(task, one, names, { weights }));

  test.each(['candidate', 'baseline'] as const)('%s: values, plain and weighted', (which) => {
    for (const name of names) {
      const expected = one.expected[which][name]!;
      expectClose(defined(plain[name as MetricName]?.[which]).value, expected.value, 1e-9, 1);
      if (expected.weighted === undefined) continue;
      expectClose(defined(weighted[name as MetricName]?.[which]).value, expected.weighted, 1e-9, 1);
    }
  });

  test.each(['candidate', 'baseline'] as const)('%s: standard errors', (which) => {
    for (const name of names.filter((metric) => !NO_DERIVATIVE.test(metric))) {
      const { spread, weightedSpread } = one.expected[which][name]!;
      for (const [measured, expected] of [
        [plain, spread],
        [weighted, weightedSpread],
      ] as const) {
        const se = seOf(measured[name as MetricName]?.[which]);
        if (se !== null && expected !== undefined) expectClose(se, expected.se, 1e-5, 1e-6);
      }
    }
  });

  test('alike weights change nothing but rounding', () => {
    const twice = measureRows(inputOf(task, one, names, { weights: weights.fill(2) }));
    for (const name of names.filter((metric) => !/^(median_ae|auc\()/.test(metric)) as MetricName[]) {
      const [a, b] = [defined(plain[name]?.candidate), defined(twice[name]?.candidate)];
      expectClose(b.value, a.value, 1e-12, 1);
      // Weighted rows are not resampled, so ks allows for all the noise that there can be.
      if (name === 'ks') continue;
      expect(b.high - b.low).toBeGreaterThan(0.7 * (a.high - a.low));
      expect(b.high - b.low).toBeLessThan(1.4 * (a.high - a.low));
    }
  });
});

test('diabetes: a mean over patients of one age equals the cluster-robust one of statsmodels', () => {
  const clusters = Int32Array.from(real.regression.clusters!);
  const { mae } = measureRows(inputOf('regression', real.regression, ['mae'], { clusters }));
  for (const which of ['candidate', 'baseline'] as const) {
    const expected = real.regression.expected[which]['clustered_mae'] as MeanInterval;
    const { value, low, high } = defined(mae?.[which]);
    expectClose(value, expected.value, 1e-9);
    expectClose(low, expected.low, 1e-9);
    expectClose(high, expected.high, 1e-9);
  }
});

test('diabetes by age and sex: ndcg equals scikit-learn, with ties', () => {
  const groups = Int32Array.from(real.ranking.groups!);
  const measured = measureRows(inputOf('ranking', real.ranking, ['ndcg', 'ndcg(3)', 'ndcg(10)'], { groups }));
  for (const which of ['candidate', 'baseline'] as const) {
    for (const [name, expected] of Object.entries(real.ranking.expected[which]) as [MetricName, MeanInterval][]) {
      const { value, low, high } = defined(measured[name]?.[which]);
      expectClose(value, expected.value, 1e-9);
      expectClose(low, expected.low, 1e-6);
      expectClose(high, Math.min(1, expected.high), 1e-6);
    }
  }
});
