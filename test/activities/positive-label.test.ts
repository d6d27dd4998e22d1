/** A binary model and data that call the positive class by different names. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MATRIX, modelPath } from '../golden-models.js';
import { queryRows } from '../snapshot.js';
import { MODEL, Stages } from './stages.js';

let compute: ComputePool;
let stages: Stages;

beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
});
afterAll(() => compute.close());

const add = (
  version: string,
  model: string,
  told: { positive?: string | number; classes?: (string | number)[] } = {},
) =>
  stages.registry.addVersion(MODEL, modelPath(model), {
    version,
    actor: 'test',
    metadata: { task: 'binary', features: MATRIX, ...told },
  });

/** Where rows of the positive label are told from others, as the model of virginica does well; the other way round it is below 0.1. */
async function quality(version: string, positive: string, source = 'flowers.parquet', metric = 'auc'): Promise<number> {
  const { measures } = await stages.evaluate({
    data: `{ source: ${source}, label: answer }`,
    model: `{ task: binary, name: iris, candidate: "${version}", positive: ${positive} }`,
    segments: '{ minRows: 1 }',
    metrics: `[${metric}]`,
    checks: `[{ metric: ${metric}, min: 0.5 }]`,
  });
  const [overall] = await stages.store.readJson<readonly SegmentResult[]>(measures[0]!.segments);
  const estimate = overall!.metrics[metric as 'auc']!.candidate;
  if (!('value' in estimate)) throw new Error(estimate.undefined);
  return estimate.value;
}

const ask = (yes: string, no: string): Promise<void> =>
  stages.writeData(`SELECT *, CASE WHEN is_virginica = 1 THEN '${yes}' ELSE '${no}' END AS answer`);

describe('a model that says 0 and 1 where the data have words', () => {
  it('is refused before anything runs: 0 may be either of them', async () => {
    await ask('good', 'bad');
    await add('3', 'label-only');
    for (const version of ['2', '3']) {
      await expect(quality(version, 'bad')).rejects.toMatchObject({
        type: 'DataError',
        message:
          `iris version ${version} says 0 and 1, of which none is the positive label "bad"; name the one that means it under "positive" ` +
          'in the version\'s model.json, or both classes, in the order of its probabilities, under "classes" there',
      });
    }
  });

  it('is understood where model.json says which is which', async () => {
    await ask('good', 'bad');
    await add('coded', 'matrix-float', { positive: 0 });
    await add('named', 'matrix-float', { classes: ['bad', 'good'] });
    expect(await quality('coded', 'bad')).toBeGreaterThan(0.9);
    expect(await quality('named', 'bad')).toBeGreaterThan(0.9);
    expect(await quality('named', 'good')).toBeGreaterThan(0.9);
    await add('coded-labels', 'label-only', { positive: 0 });
    await add('named-labels', 'label-only', { classes: ['bad', 'good'] });
    expect(await quality('coded-labels', 'bad', undefined, 'accuracy')).toBeGreaterThan(0.9);
    expect(await quality('named-labels', 'bad', undefined, 'accuracy')).toBeGreaterThan(0.9);
  });

  it('means 1 by a word for yes', async () => {
    await ask('yes', 'no');
    expect(await quality('2', '"yes"')).toBeGreaterThan(0.9);
    await expect(quality('2', '"no"')).rejects.toThrow(/says 0 and 1, of which none is the positive label "no"/);
  });

  it('means 0 by "no" where the words are booleans to the reader of the file', async () => {
    await ask('yes', 'no');
    const path = stages.path('flowers.parquet');
    const rows = await queryRows(`SELECT ${[...MATRIX, 'answer'].join(', ')} FROM read_parquet('${path}')`);
    await writeFile(
      stages.path('answers.csv'),
      [[...MATRIX, 'answer'], ...rows].map((row) => `${row.map(String).join(',')}\n`).join(''),
    );
    expect(await quality('2', '"no"', 'answers.csv')).toBeGreaterThan(0.9);
    expect(await quality('2', '"yes"', 'answers.csv')).toBeGreaterThan(0.9);
  });
});

it('classes in model.json that contradict the labels of a binary model are refused', async () => {
  await ask('yes', 'no');
  await add('reversed', 'matrix-float', { classes: [1, 0] });
  await expect(quality('reversed', '1')).rejects.toThrow(
    /"classes" in its model\.json \(1, 0\) contradict the model, whose labels are, in the order of its probabilities, 0, 1;/,
  );
});
