/** Scores that are no probabilities: they rank rows, and no threshold between 0 and 1 cuts them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MATRIX, modelPath } from '../golden-models.js';
import { MODEL, Stages } from './stages.js';

let compute: ComputePool;
let stages: Stages;

beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  // Its numbers, some 10 to 30, are higher for the positive flowers.
  await stages.registry.addVersion(MODEL, modelPath('regression'), {
    version: 'raw',
    actor: 'test',
    metadata: { task: 'binary', features: MATRIX },
  });
});
afterAll(() => compute.close());

async function overall(metrics: string, model: string): Promise<SegmentResult['metrics']> {
  const { measures } = await stages.evaluate({
    model: `{ task: binary, ${model} }`,
    segments: '{ minRows: 1 }',
    metrics: `[${metrics}]`,
    checks: '[{ metric: auc, min: 0.5 }]',
  });
  const [all] = await stages.store.readJson<readonly SegmentResult[]>(measures[0]!.segments);
  return all!.metrics;
}

describe('a model whose scores are outside of 0 to 1', () => {
  const model = 'name: iris, candidate: "raw", baseline: "2"';

  it('is measured by metrics of the order of its scores', async () => {
    const { auc, log_loss: loss } = await overall('auc, ks, average_precision, prevalence, log_loss', model);
    expect(auc).toMatchObject({ candidate: { value: expect.closeTo(1, 1) as number } });
    expect(loss).toMatchObject({ candidate: { undefined: expect.stringMatching(/outside of 0 to 1/) as string } });
  });

  it('is refused for metrics that the threshold is for, also with scores that are there already', async () => {
    for (const metrics of ['precision, recall', 'accuracy', 'f_beta(2)', 'selection_rate, auc']) {
      await expect(overall(metrics, model)).rejects.toMatchObject({
        type: 'DataError',
        message: expect.stringMatching(
          /^iris version raw: 150 of 150 scores lie outside of 0 to 1, such as [\d.]+ in row 0, .* cutting them at the threshold 0\.5 .* Sigmoid/,
        ) as string,
      });
    }
  });
});

describe('scores in a column', () => {
  const model = 'candidate: { column: score }';

  it('are refused likewise', async () => {
    await stages.writeData('SELECT *, CASE WHEN flower_id = 7 THEN -2.5 ELSE 0.5 END AS score');
    await expect(overall('accuracy', model)).rejects.toThrow(
      'the column score: 1 of 150 scores lies outside of 0 to 1, such as -2.5 in row 6, so they are no probabilities, and cutting them ' +
        'at the threshold 0.5 says nothing; accuracy needs it.',
    );
  });

  it('may be rounded a little beyond 1, as sums of float32 are', async () => {
    await stages.writeData('SELECT *, is_virginica * 1.0000001::DOUBLE AS score');
    expect(await overall('accuracy', model)).toMatchObject({ accuracy: { candidate: { value: 1 } } });
  });
});
