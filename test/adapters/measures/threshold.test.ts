import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeColumnFile } from '../../../adapters/column-file.js';
import { measureSegmentation } from '../../../adapters/measures/measure-segmentation.js';
import type { MetricName } from '../../../domain/pipeline.js';
import { newFolder } from '../../scratch-folder.js';

/** Each hundredth from 0 to 1 once. */
const HUNDREDTHS = Array.from({ length: 101 }, (_, hundredth) => hundredth / 100);

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
  const labels = Int8Array.from(HUNDREDTHS, (_, row) => row % 2);
  writeColumnFile(join(folder, 'codes.arrow'), { label: labels });
  writeColumnFile(join(folder, 'float.arrow'), { score: Float32Array.from(HUNDREDTHS) });
  writeColumnFile(join(folder, 'double.arrow'), { score: Float64Array.from(HUNDREDTHS) });
});

/** How many of the rows are predicted positive. */
async function selected(scores: string, threshold: number, metrics: readonly MetricName[]): Promise<number> {
  const rows = HUNDREDTHS.length;
  const [overall] = await measureSegmentation({
    snapshot: 'none',
    rows,
    label: { column: 'truth', coding: { task: 'binary', positive: null, classes: [] } },
    codes: join(folder, 'codes.arrow'),
    table: {
      segmentation: 'overall',
      kind: 'overall',
      codes: null,
      segments: [{ name: 'overall', rule: 'true', rows }],
    },
    candidate: join(folder, scores),
    baseline: null,
    metrics,
    threshold,
    confidence: 0.95,
    seed: 0,
  });
  const rate = overall!.metrics.selection_rate!.candidate;
  return Math.round(('value' in rate ? rate.value : NaN) * rows);
}

describe('a score that is the threshold to the last bit of its precision is positive', () => {
  it.each([
    ['float32 scores that are tallied', 'float.arrow', ['selection_rate']],
    ['float32 scores row by row', 'float.arrow', ['selection_rate', 'log_loss']],
    ['doubles', 'double.arrow', ['selection_rate']],
  ] as const)('%s', async (_, scores, metrics) => {
    const found = await Promise.all(HUNDREDTHS.map((threshold) => selected(scores, threshold, metrics)));
    expect(found).toEqual(HUNDREDTHS.map((_threshold, hundredth) => 101 - hundredth));
  });
});
