import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { measureSegmentation } from '../../../adapters/measures/measure-segmentation.js';
import { writeColumnFile } from '../../../adapters/column-file.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot } from '../../snapshot.js';

it('a label of -1 is a number like any other where numbers are predicted; only NULL is none', async () => {
  const folder = await newFolder(afterAll);
  const { path, rows } = await newSnapshot(
    folder,
    'SELECT * FROM (VALUES (-1.0), (NULL), (2.0), (-1.0)) labels(truth)',
  );
  const codes = join(folder, 'codes.arrow');
  writeColumnFile(codes, {});
  const candidate = join(folder, 'predictions.arrow');
  writeColumnFile(candidate, { value: Float32Array.of(0, 100, 2, 1) });
  const [overall] = await measureSegmentation({
    snapshot: path,
    rows,
    label: { column: 'truth', coding: { task: 'regression', positive: null, classes: [] } },
    codes,
    table: {
      segmentation: 'overall',
      kind: 'overall',
      codes: null,
      segments: [{ name: 'overall', rule: 'true', rows }],
    },
    candidate,
    baseline: null,
    metrics: ['mae'],
    threshold: 0.5,
    confidence: 0.95,
    seed: 0,
  });
  expect(overall).toMatchObject({ rows: 4, unlabelled: 1, metrics: { mae: { candidate: { value: 1, n: 3 } } } });
});
