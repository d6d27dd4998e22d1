/** Intervals on four real data sets equal those of statsmodels and of other ways to compute them, to 1e-6 (values to 1e-9). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { independentDifference } from '../../../domain/decide/contrast.js';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MeasureInput, MeasureTask, Predictions } from '../../../domain/metrics/predictions.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { expectClose, type MeanInterval } from '../statistics/golden.js';
import { byScore, defined } from './inputs.js';

type Intervals = Readonly<Record<string, MeanInterval>>;
type Expected = Readonly<Record<'candidate' | 'baseline' | 'difference', Intervals>>;
interface Case {
  readonly labels: number[];
  readonly names?: string[];
  readonly candidate: number[];
  readonly baseline: number[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../golden/statistics/${name}`, import.meta.url), 'utf8'));
const REAL = read('real.json') as {
  binary: Case;
  multiclass: Record<'wine' | 'iris', Case>;
  regression: Case;
};
/** Made by `test/golden/statistics/intervals.py`. */
const EXPECTED = read('intervals.json') as {
  binary: Expected & Record<'exact' | 'rest', Intervals> & { mcnemar: Record<'b' | 'c', number> };
  multiclass: Record<'wine' | 'iris', Expected & { few: Intervals }>;
  regression: Expected;
};

/** The rows of a data set that `keep` takes, by their place. */
function inputOf(task: MeasureTask, one: Case, keep: (row: number) => boolean = () => true): MeasureInput {
  const rows = Array.from(one.labels.keys()).filter(keep);
  const k = one.names?.length ?? 1;
  const predictions = (which: 'candidate' | 'baseline'): Predictions => {
    const of = rows.map((row) => one[which].slice(row * k, (row + 1) * k));
    const values = Float64Array.from(of.flat());
    if (task === 'binary') return byScore(values);
    if (task === 'regression') return { kind: 'regression', values };
    return {
      kind: 'multiclass',
      k,
      classes: Int32Array.from(of, (p) => p.indexOf(Math.max(...p))),
      probabilities: values,
    };
  };
  const labels = rows.map((row) => one.labels[row]!);
  return {
    task,
    metrics: [],
    confidence: 0.95,
    seed: 1,
    labels:
      task === 'binary'
        ? Uint8Array.from(labels)
        : task === 'multiclass'
          ? Int32Array.from(labels)
          : Float64Array.from(labels),
    candidate: predictions('candidate'),
    baseline: predictions('baseline'),
    classNames: one.names ?? [],
  };
}

function expectInterval(actual: MeanInterval, expected: MeanInterval): void {
  expectClose(actual.value, expected.value, 1e-9, 1);
  expectClose(actual.low, expected.low, 1e-6, 1);
  expectClose(actual.high, expected.high, 1e-6, 1);
}

const cases: [string, MeasureTask, Case, Expected][] = [
  ['breast cancer', 'binary', REAL.binary, EXPECTED.binary],
  ['wine', 'multiclass', REAL.multiclass.wine, EXPECTED.multiclass.wine],
  ['iris', 'multiclass', REAL.multiclass.iris, EXPECTED.multiclass.iris],
  ['diabetes', 'regression', REAL.regression, EXPECTED.regression],
];

describe.each(cases)('%s', (_, task, one, expected) => {
  const metrics = Object.keys(expected.candidate) as MetricName[];
  const measured = measureRows({ ...inputOf(task, one), metrics });

  test.each(metrics)('%s', (name) => {
    for (const which of ['candidate', 'baseline', 'difference'] as const) {
      const known = expected[which][name];
      if (known !== undefined) expectInterval(defined(measured[name]?.[which]), known);
    }
  });
});

test('breast cancer: exact intervals on request', () => {
  const metrics = Object.keys(EXPECTED.binary.exact) as MetricName[];
  const measured = measureRows({ ...inputOf('binary', REAL.binary), metrics, proportions: 'exact' });
  for (const name of metrics) expectInterval(defined(measured[name]?.candidate), EXPECTED.binary.exact[name]!);
});

test('breast cancer: a segment against the rest has the Newcombe interval of statsmodels', () => {
  const accuracyOf = (keep: (row: number) => boolean) =>
    defined(measureRows({ ...inputOf('binary', REAL.binary, keep), metrics: ['accuracy'] }).accuracy?.candidate);
  const found = independentDifference(
    accuracyOf((row) => row % 3 === 0),
    accuracyOf((row) => row % 3 !== 0),
  );
  expectInterval({ value: found.value, ...found.interval(0.95) }, EXPECTED.binary.rest['accuracy']!);
});

test('breast cancer: where two models differ', () => {
  const { b, c } = EXPECTED.binary.mcnemar;
  const { basis } = defined(
    measureRows({ ...inputOf('binary', REAL.binary), metrics: ['accuracy'] }).accuracy?.difference,
  );
  expect(basis).toMatchObject({ kind: 'paired', b, c });
});

test("wine: Jeffreys' interval below 40 rows", () => {
  const measured = measureRows({
    ...inputOf('multiclass', REAL.multiclass.wine, (row) => row < 30),
    metrics: ['accuracy'],
  });
  expect(defined(measured.accuracy?.candidate).method).toBe('jeffreys');
  expectInterval(defined(measured.accuracy?.candidate), EXPECTED.multiclass.wine.few['accuracy']!);
});
