/**
 * From rows to verdict: {NaN, ±Inf, 0, −0, negative, missing, one class, n = 0, 1, 2} × {candidate, baseline} × {absolute, relative} ×
 * direction. What is undefined never passes, whatever the bound and the evidence asked for.
 */
import { describe, expect, test } from 'vitest';
import { decide } from '../../domain/decide.js';
import { measureRows } from '../../domain/metrics/measure.js';
import type { MeasureTask, Predictions } from '../../domain/metrics/predictions.js';
import type { Bound, MetricName } from '../../domain/pipeline.js';
import type { CheckResult, Outcome } from '../../domain/result.js';
import { check, pipeline, segment } from './decide-fixtures.js';
import { byScore } from './metrics/inputs.js';

const ABSOLUTE = ['min', 'max'] as const;
const RELATIVE = ['maxDrop', 'maxIncrease', 'maxRelativeDrop', 'maxRelativeIncrease'] as const;
const EVIDENCE = ['default', 'strict', 'point'] as const;
const LABELS = {
  regression: [3, 1, 4, 1, 5, 9],
  binary: [1, 0, 1, 0, 1, 0],
};
/** Sane predictions of either model. */
const SANE = {
  candidate: { regression: [2.5, 2.25, 4.5, 0.25, 5, 8], binary: [0.9, 0.2, 0.6, 0.7, 0.4, 0.1] },
  baseline: { regression: [2, 1.25, 4.5, 0, 5.5, 7], binary: [0.8, 0.3, 0.4, 0.6, 0.7, 0.2] },
};
const METRICS = {
  regression: ['mae', 'rmse', 'bias', 'r2', 'pinball(0.9)'],
  binary: ['accuracy', 'auc', 'log_loss', 'brier', 'average_precision'],
} satisfies Partial<Record<MeasureTask, MetricName[]>>;
type Tested = keyof typeof METRICS;
type Models = Record<'candidate' | 'baseline', readonly number[] | null>;

function decided(
  task: Tested,
  metric: MetricName,
  labels: readonly number[],
  models: Models,
  kind: Bound['kind'],
  evidence: (typeof EVIDENCE)[number],
): CheckResult {
  const predictions = (values: readonly number[]): Predictions =>
    task === 'binary' ? byScore(Float64Array.from(values)) : { kind: 'regression', values: Float64Array.from(values) };
  const measured = measureRows({
    task,
    metrics: [metric],
    confidence: 0.95,
    seed: 1,
    labels: task === 'binary' ? Uint8Array.from(labels) : Float64Array.from(labels),
    candidate: predictions(models.candidate!),
    baseline: models.baseline && predictions(models.baseline),
  });
  // So wide that any number keeps it.
  const bound = { kind, value: kind === 'min' ? -1e9 : 1e9 } as const;
  const decision = decide(
    pipeline([check(bound, { metric, segments: ['overall'], evidence })], { segments: { minRows: 1, by: [] } }),
    [segment('overall', measured[metric], { metric, rows: labels.length })],
  );
  expect(JSON.stringify([measured, decision])).not.toMatch(/NaN|Infinity|null,"low"/);
  const [found] = decision.checks;
  expect(decision.verdict).toBe(found!.outcome === 'pass' ? 'PASS' : 'INCONCLUSIVE');
  // As a share of a baseline that may be 0 no change is too large, whatever the bound.
  const { baseline } = measured[metric]!;
  const unbounded =
    kind.startsWith('maxRelative') && baseline !== undefined && 'low' in baseline && baseline.low * baseline.high <= 0;
  if (unbounded && evidence !== 'point' && found!.outcome === 'inconclusive') return { ...found!, outcome: 'pass' };
  return found!;
}

/** @param expected for a check that reads the changed model, by metric; others pass */
function expectOutcomes(
  task: Tested,
  labels: readonly number[],
  models: Models,
  reads: (kind: Bound['kind']) => boolean,
  expected: (metric: MetricName) => Outcome,
): void {
  for (const metric of METRICS[task]) {
    for (const kind of [...ABSOLUTE, ...RELATIVE]) {
      for (const evidence of EVIDENCE) {
        const { outcome, reason } = decided(task, metric, labels, models, kind, evidence);
        expect(outcome, `${metric} ${kind} ${evidence}: ${reason}`).toBe(reads(kind) ? expected(metric) : 'pass');
      }
    }
  }
}

const isAbsolute = (kind: Bound['kind']): boolean => kind === 'min' || kind === 'max';
const always = (): boolean => true;

describe.each(['regression', 'binary'] as const)('%s', (task) => {
  describe.each(['candidate', 'baseline'] as const)('the %s predicts', (which) => {
    const reads = (kind: Bound['kind']): boolean => which === 'candidate' || !isAbsolute(kind);
    const withFirst = (value: number): Models => ({
      candidate: SANE.candidate[task],
      baseline: SANE.baseline[task],
      [which]: SANE[which][task].with(0, value),
    });

    test.each([NaN, Infinity, -Infinity])('%d', (value) => {
      expectOutcomes(task, LABELS[task], withFirst(value), reads, () => 'undefined');
    });

    test.each([0, -0])('%d, a number like any other', (value) => {
      expectOutcomes(task, LABELS[task], withFirst(value), reads, () => 'pass');
    });

    test('-0 as it predicts 0', () => {
      for (const metric of METRICS[task]) {
        const [negative, positive] = [-0, 0].map((value) =>
          decided(task, metric, LABELS[task], withFirst(value), 'maxRelativeDrop', 'default'),
        );
        expect(negative).toStrictEqual(positive);
      }
    });

    test('a negative number, which is no probability', () => {
      const needsProbability = /^(log_loss|brier)$/;
      expectOutcomes(task, LABELS[task], withFirst(-0.5), reads, (metric) =>
        needsProbability.test(metric) ? 'undefined' : 'pass',
      );
    });
  });

  test('no baseline', () => {
    const models = { candidate: SANE.candidate[task], baseline: null };
    expectOutcomes(
      task,
      LABELS[task],
      models,
      (kind) => !isAbsolute(kind),
      () => 'undefined',
    );
  });

  const first = (n: number): [readonly number[], Models] => [
    LABELS[task].slice(0, n),
    { candidate: SANE.candidate[task].slice(0, n), baseline: SANE.baseline[task].slice(0, n) },
  ];

  test('no rows: too few, whatever minRows says', () => {
    expectOutcomes(task, ...first(0), always, () => 'inconclusive');
  });

  test('one row: a share is one, everything else needs two', () => {
    expectOutcomes(task, ...first(1), always, (metric) => (metric === 'accuracy' ? 'pass' : 'undefined'));
  });

  test('two rows', () => {
    expectOutcomes(task, ...first(2), always, () => 'pass');
  });
});

test.each([0, 1])('one class only, %d', (label) => {
  const models = { candidate: SANE.candidate.binary, baseline: SANE.baseline.binary };
  const ranks = /^(auc|average_precision)$/;
  expectOutcomes(
    'binary',
    LABELS.binary.map(() => label),
    models,
    always,
    (metric) => (ranks.test(metric) ? 'undefined' : 'pass'),
  );
});

test('a baseline that is never right: a change has a size, but no share of it', () => {
  const models = { candidate: SANE.candidate.binary, baseline: LABELS.binary.map((label) => 1 - label) };
  for (const kind of RELATIVE) {
    const { outcome } = decided('binary', 'accuracy', LABELS.binary, models, kind, 'default');
    expect(outcome).toBe(kind.startsWith('maxRelative') ? 'undefined' : 'pass');
  }
});
