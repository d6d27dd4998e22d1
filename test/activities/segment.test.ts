import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MATRIX } from '../golden-models.js';
import { Stages } from './stages.js';

let compute: ComputePool;
beforeAll(() => {
  compute = newComputePool();
});
afterAll(() => compute.close());

describe('centres of clusters', () => {
  it('are kept for each segmentation, even where no file name tells their names apart', async () => {
    const stages = await Stages.open(compute);
    const features = MATRIX.slice(0, 2).join(', ');
    const clusters = (name: string, k: number): string =>
      `{ name: "${name}", clusters: { features: [${features}], k: ${k} } }`;
    const by = [clusters('\u5929\u6c17', 2), clusters('\u6c17\u6e29', 3)];
    const run = await stages.pin({ segments: `{ minRows: 1, by: [${by.join(', ')}] }` });
    await stages.run('segment', run);
    const folder = stages.path(`artifacts/runs/${run.run}`);
    const files = (await readdir(folder)).filter((name) => name.startsWith('clusters-')).sort();
    expect(files).toEqual(['clusters---1.json', 'clusters---2.json']);
    const kept = await Promise.all(files.map(async (name) => readFile(`${folder}/${name}`, 'utf8')));
    expect(kept.map((text) => (JSON.parse(text) as { centres: unknown[] }).centres.length)).toEqual([2, 3]);
  });
});
