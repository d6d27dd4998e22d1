import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NumericColumn, readColumnFile, writeColumnFile } from '../../../adapters/column-file.js';
import type { Layout } from '../../../adapters/layout/layout-range.js';
import { writeLayout } from '../../../adapters/layout/write-layout.js';
import { collectPredictions } from '../../../adapters/onnx/collect-predictions.js';
import { BATCH_ROWS, inferRows } from '../../../adapters/onnx/infer-rows.js';
import type { ModelSignature } from '../../../adapters/onnx/signature.js';
import { MATRIX, ROWS, modelPath, signatureOf } from '../../golden-models.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot } from '../../snapshot.js';
import { predicted } from './predicted.js';

/** Many batches and chunks of DuckDB, ending in a batch of one row. */
const MANY = 16 * BATCH_ROWS + 1;
const MODELS = ['matrix-float', 'matrix-double', 'mlp', 'fixed-batch', 'columns-mixed', 'single-score'] as const;

let folder: string;
let few: string;
let many: string;

beforeAll(async () => {
  folder = await newFolder(afterAll);
  const rows = `read_parquet('${ROWS}')`;
  few = (await newSnapshot(folder, `SELECT * FROM ${rows}`)).path;
  // Each copy of a flower a little larger, so that no two rows have the same score.
  const grown = MATRIX.map((name) => `CAST(${name} * (1 + copy / 1000) AS FLOAT) AS ${name}`).join(', ');
  many = (
    await newSnapshot(
      folder,
      `SELECT * REPLACE (${grown}) FROM ${rows}, range(${Math.ceil(MANY / 150)}) AS copies(copy) ORDER BY copy, flower_id LIMIT ${MANY}`,
    )
  ).path;
});

/** All flowers in a layout of seven segments that have nothing to do with the order of the flowers. */
async function shuffled(model: string, signature: ModelSignature): Promise<Layout> {
  const segments = 7;
  const codes = Int32Array.from({ length: 150 }, (_code, row) => (row * 31) % segments);
  const starts = new Int32Array(segments + 1);
  for (const code of codes) for (let next = code + 1; next <= segments; next++) starts[next]!++;
  const written = join(folder, `${model}.codes`);
  writeColumnFile(written, { s0: codes });
  const output = join(folder, `${model}.layout`);
  await writeLayout({
    snapshot: few,
    codes: written,
    by: { column: 's0' },
    segments,
    features: signature.features,
    title: model,
    from: 0,
    to: 150,
    output,
  });
  return { files: [output], starts };
}

const features = (model: string) => (model === 'columns-mixed' ? null : MATRIX);

/** The bits, so that 0 and -0, and NaNs, are told apart. */
function bits(values: NumericColumn): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

describe('predictions do not depend', () => {
  it.each(MODELS)('on where tasks and batches end: %s', async (model) => {
    const rows = model === 'fixed-batch' || model === 'columns-mixed' ? 150 : MANY;
    const parquet = rows === 150 ? few : many;
    const request = { features: features(model), to: rows };
    const { score: whole } = await predicted(folder, parquet, model, request);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: rows - 1 }), fc.integer({ min: 1, max: 40 }), async (from, length) => {
        const to = Math.min(rows, from + length);
        const { score } = await predicted(folder, parquet, model, { ...request, from, to });
        expect(bits(score!)).toBe(bits(whole!.subarray(from, to)));
      }),
      { numRuns: 12 },
    );
    for (const [from, to] of [
      [rows - 1, rows],
      [0, rows - 1],
      [0, 1],
    ] as const) {
      const { score } = await predicted(folder, parquet, model, { ...request, from, to });
      expect(bits(score!), `${from}..${to}`).toBe(bits(whole!.subarray(from, to)));
    }
  });

  it.each(['matrix-float', 'mlp', 'columns-mixed'])('on the order of rows: %s', async (model) => {
    const signature = await signatureOf(model, features(model));
    const layout = await shuffled(model, signature);
    const output = join(folder, `${model}-shuffled.arrow`);
    const names = { classes: null, positive: null };
    const loaded = { title: model, sha256: model, path: modelPath(model), names };
    await inferRows({
      task: 'binary',
      source: { layout },
      from: 0,
      to: 150,
      models: [{ ...loaded, signature, output }],
    });
    const collected = `${output}.collected`;
    collectPredictions({ parts: [output], rows: 150, output: collected });
    const { score } = await predicted(folder, few, model, { features: features(model) });
    expect(readColumnFile(output)['row']).not.toEqual(readColumnFile(collected)['row']);
    expect(bits(readColumnFile(collected)['score']!)).toBe(bits(score!));
  });

  it('on whether the other model is scored beside it', async () => {
    const models = await Promise.all(
      (['matrix-double', 'columns-mixed', 'matrix-float'] as const).map(async (model) => ({
        title: model,
        sha256: model,
        path: modelPath(model),
        signature: await signatureOf(model, features(model)),
        names: { classes: null, positive: null },
        output: join(folder, `${model}-together.arrow`),
      })),
    );
    await inferRows({ task: 'binary', source: { snapshot: few }, from: 0, to: 150, models });
    for (const { title, output } of models) {
      const { score } = await predicted(folder, few, title, { features: features(title) });
      expect(bits(readColumnFile(output)['score']!)).toBe(bits(score!));
    }
  });
});

describe('collected predictions', () => {
  const part = async (name: string, from: number, to: number): Promise<string> => {
    const output = join(folder, name);
    await inferRows({
      task: 'binary',
      source: { snapshot: few },
      from,
      to,
      models: [
        {
          title: 'iris',
          sha256: 'matrix-float',
          path: modelPath('matrix-float'),
          signature: await signatureOf('matrix-float'),
          names: { classes: null, positive: null },
          output,
        },
      ],
    });
    return output;
  };

  it('are refused when a task is missing or counted twice', async () => {
    const parts = [await part('first', 0, 100), await part('second', 100, 150)];
    const output = join(folder, 'never');
    expect(() => collectPredictions({ parts: parts.slice(1), rows: 150, output })).toThrow(
      '50 of 150 rows were inferred',
    );
    expect(() => collectPredictions({ parts: [...parts, parts[0]!], rows: 150, output })).toThrow(
      'row 0 was inferred twice',
    );
  });

  it('are refused when the plan and the file differ', async () => {
    await expect(part('beyond', 100, 151)).rejects.toThrow('returned 50 rows, 51 were expected');
  });
});
