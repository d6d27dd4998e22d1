/** A ranking by a model: an ONNX file from the registry, inferred in tasks, ranked within groups. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MATRIX, modelPath } from '../golden-models.js';
import { MODEL, Stages } from './stages.js';

/** ndcg of ranking.onnx within each soil, by scikit-learn: `test/golden/statistics/rows.py`. */
const { iris } = JSON.parse(readFileSync(new URL('../golden/statistics/rows.json', import.meta.url), 'utf8')) as {
  readonly iris: { readonly ndcg: number; readonly groups: number };
};

const PARTS = {
  data: '{ source: flowers.parquet, id: flower_id, label: species_code, group: soil }',
  model: '{ task: ranking, name: iris, candidate: "3", baseline: "4" }',
  segments: '{ minRows: 1, by: [{ columns: [is_virginica] }] }',
  metrics: '[ndcg, ndcg@3]',
  checks: '[{ metric: ndcg, maxDrop: 0.1 }]',
};

let compute: ComputePool;
let stages: Stages;

beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  const add = (version: string, model: string, task: 'ranking' | 'regression') =>
    stages.registry.addVersion(MODEL, modelPath(model), {
      version,
      actor: 'test',
      metadata: { task, features: MATRIX },
    });
  await add('3', 'ranking', 'ranking');
  // Any score per row is one to rank by: here the height that a flower is predicted to have.
  await add('4', 'regression', 'ranking');
  await add('5', 'regression', 'regression');
  await stages.registry.addVersion(MODEL, modelPath('label-only'), {
    version: '6',
    actor: 'test',
    metadata: { features: MATRIX },
  });
});
afterAll(() => compute.close());

describe('a ranking model', () => {
  it('is measured within its groups, as scikit-learn does', async () => {
    const staged = await stages.evaluate(PARTS);
    expect(staged.validated).toMatchObject({ valid: true });
    expect(staged.plan.tasks.length).toBeGreaterThan(0);
    const [overall] = await stages.store.readJson<readonly SegmentResult[]>(staged.measures[0]!.segments);
    const { ndcg } = overall!.metrics;
    expect(ndcg?.candidate).toHaveProperty('value', expect.closeTo(iris.ndcg, 9) as number);
    expect(ndcg?.difference).toHaveProperty('value');
    expect(overall!.groups).toBe(iris.groups);
  });

  it('infers nothing again for other cut-offs', async () => {
    await stages.evaluate(PARTS);
    const { plan } = await stages.evaluate({ ...PARTS, metrics: '[mrr, map@5]' });
    expect(plan.tasks).toEqual([]);
  });

  it('is refused where it is registered for another task, or gives labels', async () => {
    const of = (candidate: string) => ({
      ...PARTS,
      model: `{ task: ranking, name: iris, candidate: "${candidate}" }`,
      checks: '[{ metric: ndcg, min: 0.1 }]',
    });
    await expect(stages.resolve(of('5'))).rejects.toThrow(
      /registered for the task regression, the pipeline's is ranking/,
    );
    await expect(stages.evaluate(of('6'))).rejects.toThrow(/a ranking model gives a float/);
  });
});
