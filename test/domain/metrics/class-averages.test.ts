import { describe, expect, test } from 'vitest';
import { decide } from '../../../domain/decide.js';
import { measureRows } from '../../../domain/metrics/measure.js';
import type { MeasureInput } from '../../../domain/metrics/predictions.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { check, pipeline, segment } from '../decide-fixtures.js';
import { defined } from './inputs.js';

const AVERAGES: readonly MetricName[] = ['macro_precision', 'macro_f1', 'macro_recall', 'weighted_precision'];

function measure(
  labels: readonly number[],
  candidate: readonly number[],
  baseline: readonly number[],
  extra: Partial<MeasureInput> = {},
) {
  const model = (classes: readonly number[]) =>
    ({ kind: 'multiclass', classes: Int32Array.from(classes), probabilities: null, k: 4 }) as const;
  return measureRows({
    task: 'multiclass',
    metrics: AVERAGES,
    confidence: 0.95,
    seed: 1,
    labels: Int32Array.from(labels),
    candidate: model(candidate),
    baseline: model(baseline),
    ...extra,
  });
}

/** Of 150 rows 7 have class 2, which the baseline predicts twice and rightly, the candidate once and wrongly; each errs on a fifth of the others. */
const LABELS = Array.from({ length: 150 }, (_, row) => (row < 7 ? 2 : row < 60 ? 1 : 0));
const wrongOn = (rest: number) => LABELS.map((label, row) => (label === 2 ? 0 : row % 5 === rest ? 1 - label : label));
const CANDIDATE = wrongOn(0).with(100, 2);
const BASELINE = wrongOn(1).with(0, 2).with(1, 2);

describe('a class that is hardly ever predicted', () => {
  test.each([
    ['rows that count once', {}],
    ['weights of 1', { weights: new Float64Array(150).fill(1) }],
    ['rows that are clusters of their own', { clusters: Int32Array.from(LABELS.keys()) }],
  ])('does not make a difference beyond doubt: %s', (_, extra) => {
    const { macro_precision: measured } = measure(LABELS, CANDIDATE, BASELINE, extra);
    const { value, low, high } = defined(measured?.difference);
    expect(value).toBeCloseTo(-0.3356, 4);
    expect([low, high]).toEqual([-1, 1]);
    const drop = check({ kind: 'maxDrop', value: 0.05 }, { metric: 'macro_precision', segments: ['overall'] });
    const decision = decide(pipeline([drop]), [segment('overall', measured, { metric: 'macro_precision' })]);
    expect(decision.checks[0]!.outcome).toBe('inconclusive');
  });

  test('leaves its share of the value open', () => {
    const { low, high } = defined(measure(LABELS, BASELINE, CANDIDATE).macro_precision?.candidate);
    // Two right predictions say little about the class's third of the mean.
    expect(low).toBeLessThan(0.65);
    expect(high).toBeLessThan(1);
  });

  test('counts little where classes are weighted by their rows', () => {
    const { low, high } = defined(measure(LABELS, CANDIDATE, BASELINE).weighted_precision?.difference);
    expect(high - low).toBeLessThan(0.3);
  });
});

test('models of equal quality hardly ever seem to differ, in 20 segments of 150 rows with a rare class that is predicted less often still', () => {
  let state = 77;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const [shares, offsets, RUNS] = [[0.5, 0.3, 0.15, 0.05], [1, 0.5, 0, -1], 40];
  const label = () => {
    const at = random();
    return shares.findIndex((_, j) => at < shares.slice(0, j + 1).reduce((sum, share) => sum + share, 0));
  };
  const guess = (truth: number) => {
    const scores = offsets.map((offset, j) => normal() + offset + (j === truth ? 1.5 : 0));
    return scores.indexOf(Math.max(...scores));
  };
  const failed = new Map(AVERAGES.map((name) => [name, 0]));
  for (let run = 0; run < RUNS; run++) {
    const segments = Array.from({ length: 20 }, (_, place) => {
      const labels = Array.from({ length: 150 }, label);
      const metrics = measure(labels, labels.map(guess), labels.map(guess));
      return segment('group', undefined, { segment: `g${place}`, metrics, rows: 150 });
    });
    for (const metric of AVERAGES) {
      const one = check({ kind: 'maxDrop', value: 0 }, { metric, segments: ['group'] });
      const by = { minRows: 100, by: [{ kind: 'columns' as const, columns: ['group'] }] };
      const { verdict } = decide(pipeline([one], { segments: by as never }), segments);
      if (verdict === 'FAIL') failed.set(metric, failed.get(metric)! + 1);
    }
  }
  // Holm promises 2.5 %: 5 or more of 40 runs in 0.3 % of all cases. Without what a small class hides macro_precision fails in 31 of them.
  for (const [metric, runs] of failed) expect(runs, metric).toBeLessThan(5);
});
