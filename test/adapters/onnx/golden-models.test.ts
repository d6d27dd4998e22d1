import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectModel } from '../../../adapters/onnx/session.js';
import { EXPECTED, MATRIX, ROWS, ROW_COUNT, expectedOutput, modelPath, signatureOf } from '../../golden-models.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot } from '../../snapshot.js';
import { type PredictionRequest, predicted } from './predicted.js';

const FLOAT_TOLERANCE = 1e-7;

let folder: string;
let rows: string;

beforeAll(async () => {
  folder = await newFolder(afterAll);
  rows = (await newSnapshot(folder, `SELECT * FROM read_parquet('${ROWS}')`)).path;
});

const predict = (model: string, request?: PredictionRequest) => predicted(folder, rows, model, request);

/** Column `place` of an output with one list of numbers a row. */
function column(model: string, output: string, place: number): number[] {
  return expectedOutput(model, output).map((row) => (typeof row === 'object' ? row[place]! : Number(row)));
}

function expectNear(values: ArrayLike<number> | undefined, expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  const worst = Math.max(...Array.from(values!, (value, row) => Math.abs(value - expected[row]!)));
  expect(worst).toBeLessThanOrEqual(FLOAT_TOLERANCE);
}

const EXAMPLE = fileURLToPath(new URL('../../../examples/flight-delays/registry/late-flight/', import.meta.url));

it.each([
  ['the trees of the example', join(EXAMPLE, '1/model.onnx'), true],
  ['a network', modelPath('mlp'), false],
  ['a linear model', modelPath('columns-mixed'), false],
])('tells trees from what each row goes through whole: %s', async (title, path, isTreeEnsemble) => {
  expect(await inspectModel(path, title)).toMatchObject({ isTreeEnsemble });
});

it.each([
  ['a linear classifier of codes', 'multiclass', ['0', '1', '2']],
  ['of words', 'multiclass-string', ['setosa', 'versicolor', 'virginica']],
  ['a network, which picks from a list', 'mlp', ['0', '1']],
  ['doubles, which need operators of their own', 'matrix-double', ['0', '1']],
  ['a model without labels', 'single-score', undefined],
])('tells the classes from the file: %s', async (_what, model, classes) => {
  expect((await signatureOf(model)).classes).toEqual(classes);
});

describe('scores equal those of ONNX Runtime for Python', () => {
  it.each(['matrix-float', 'matrix-double', 'mlp', 'fixed-batch'])('%s', async (model) => {
    const { score, row } = await predict(model);
    expectNear(score, column(model, 'probabilities', 1));
    expect(row).toEqual(Int32Array.from({ length: ROW_COUNT }, (_value, index) => index));
  });

  it('columns-mixed: floats, integers and text, one input each', async () => {
    const { score } = await predict('columns-mixed', { features: null });
    expectNear(score, column('columns-mixed', 'probabilities', 1));
  });

  it.each(['single-score', 'single-score-flat'])('%s', async (model) => {
    const { score } = await predict(model);
    expectNear(score, column(model, 'score', 0));
  });

  it('doubles stay doubles', async () => {
    const { score } = await predict('matrix-double');
    expect(score).toBeInstanceOf(Float64Array);
  });
});

describe('labels equal those of ONNX Runtime for Python', () => {
  it('label-only', async () => {
    const { class: classes } = await predict('label-only');
    expect(Array.from(classes!)).toEqual(expectedOutput('label-only', 'label'));
  });

  it('label-string, with the positive label named', async () => {
    const { class: classes } = await predict('label-string', { names: { positive: 'virginica' } });
    const expected = expectedOutput('label-string', 'label').map((label) => Number(label === 'virginica'));
    expect(expected).toContain(1);
    expect(Array.from(classes!)).toEqual(expected);
  });

  it('the label that model.json names is taken instead of the scores', async () => {
    const { class: classes, score } = await predict('matrix-float', { output: 'label' });
    expect(Array.from(classes!)).toEqual(expectedOutput('matrix-float', 'label'));
    expect(score).toBeUndefined();
  });
});

describe('classes and their probabilities equal those of ONNX Runtime for Python', () => {
  it.each([
    ['multiclass', ['0', '1', '2']],
    ['multiclass-string', ['setosa', 'versicolor', 'virginica']],
  ])('%s', async (model, classes) => {
    const found = await predict(model, { task: 'multiclass', names: { classes } });
    for (let place = 0; place < 3; place++) expectNear(found[`p${place}`], column(model, 'probabilities', place));
    const labels = expectedOutput(model, 'label').map((label) => classes.indexOf(String(label)));
    expect(Array.from(found['class']!)).toEqual(labels);
  });

  it('from labels alone', async () => {
    const classes = ['setosa', 'versicolor', 'virginica'];
    const found = await predict('multiclass-string', { task: 'multiclass', output: 'label', names: { classes } });
    const labels = expectedOutput('multiclass-string', 'label').map((label) => classes.indexOf(String(label)));
    expect(Array.from(found['class']!)).toEqual(labels);
  });
});

describe('values equal those of ONNX Runtime for Python', () => {
  it('regression', async () => {
    const { value } = await predict('regression', { task: 'regression' });
    const expected = column('regression', 'variable', 0);
    // Heights of some 20: the same number of bits as the scores have below 1.
    expectNear(
      value!.map((height) => height / 32),
      expected.map((height) => height / 32),
    );
  });
});

describe('a model that cannot be used is refused with what to do', () => {
  it('a ZipMap output', async () => {
    await expect(signatureOf('zipmap')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining(
        "export the model again without it: convert_sklearn(model, ..., options={'zipmap': False})",
      ) as string,
    });
  });

  it('a file that is cut off', async () => {
    await expect(inspectModel(modelPath('corrupt'), 'iris version 4')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(
        /^iris version 4: ONNX Runtime cannot load its file: .+; is it a complete ONNX model\?$/,
      ) as string,
    });
  });

  it('a file that is empty', async () => {
    const empty = join(await newFolder(afterAll), 'empty.onnx');
    writeFileSync(empty, '');
    await expect(inspectModel(empty, 'iris version 4')).rejects.toMatchObject({
      kind: 'data',
      message: `iris version 4: its file ${empty} is empty; export the model again`,
    });
  });

  it('a file that is not there', async () => {
    await expect(inspectModel(modelPath('nothing'), 'iris version 4')).rejects.toMatchObject({ kind: 'data' });
  });

  it('a file that the file system refuses', async () => {
    const circle = join(folder, 'circle.onnx');
    symlinkSync(circle, circle);
    await expect(inspectModel(circle, 'iris version 5')).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringMatching(/^Cannot read the model .*circle\.onnx: ELOOP/) as string,
    });
  });

  // Everything is readable to root.
  it.skipIf(process.getuid?.() === 0)('a file that belongs to somebody else', async () => {
    const secret = join(folder, 'secret.onnx');
    writeFileSync(secret, '', { mode: 0 });
    await expect(inspectModel(secret, 'iris version 6')).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringMatching(
        /^Cannot read the model .*secret\.onnx: permission denied\. Give the user/,
      ) as string,
    });
  });

  it('another number of features than its input takes', async () => {
    await expect(signatureOf('matrix-float', MATRIX.slice(1))).rejects.toMatchObject({
      kind: 'data',
      message:
        'matrix-float: its input "input" is 4 columns wide, but 3 features are named (sepal_width, petal_length, petal_width)',
    });
  });

  it('features that nobody names', async () => {
    await expect(signatureOf('matrix-float', null)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(
        'takes 4 columns but does not name them; list them, in the order of training',
      ) as string,
    });
  });

  it('an output that it does not have', async () => {
    await expect(signatureOf('matrix-float', MATRIX, 'scores')).rejects.toMatchObject({
      kind: 'data',
      message: 'matrix-float: model.json names the output "scores"; the model has label, probabilities',
    });
  });

  it('text labels of which none is known to be positive', async () => {
    await expect(predict('label-string')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^label-string predicted the label "other".*model\.positive/) as string,
    });
  });

  it('a label that is none of the classes', async () => {
    const names = { classes: ['setosa', 'versicolor'] };
    await expect(predict('multiclass-string', { task: 'multiclass', output: 'label', names })).rejects.toMatchObject({
      kind: 'data',
      message: 'multiclass-string predicted the label "virginica", which is none of setosa, versicolor',
    });
  });

  it('another number of probabilities than there are classes', async () => {
    await expect(predict('multiclass', { task: 'multiclass', names: { classes: ['0', '1'] } })).rejects.toMatchObject({
      kind: 'data',
      message:
        'multiclass: its output gives 3 numbers a row, but it has the 2 classes 0, 1: list those that it has, in the order of its numbers, ' +
        'under "classes" in the version\'s model.json',
    });
    await expect(predict('multiclass')).rejects.toMatchObject({
      kind: 'data',
      message: 'multiclass: its output gives 3 numbers a row; binary wants 1 or 2',
    });
  });

  it('labels for a regression', async () => {
    await expect(predict('label-only', { task: 'regression' })).rejects.toMatchObject({ kind: 'data' });
  });
});

describe('what a model is fed', () => {
  it('refuses a number that its element type does not hold, saying which', async () => {
    const huge = await newSnapshot(
      folder,
      `SELECT * REPLACE (CAST(petal_width AS DOUBLE) * 1e300 AS petal_width) FROM read_parquet('${ROWS}')`,
    );
    await expect(predicted(folder, huge.path, 'matrix-float')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/FLOAT/) as string,
    });
  });

  it('is NaN and the empty string where a value is missing', async () => {
    const holes = await newSnapshot(
      folder,
      `SELECT * REPLACE (NULL::FLOAT AS petal_length, NULL::VARCHAR AS soil) FROM read_parquet('${ROWS}')`,
    );
    const { score } = await predicted(folder, holes.path, 'columns-mixed', { features: null });
    expect(Array.from(score!).every(Number.isNaN)).toBe(true);
  });

  it('is known for every golden model', () => {
    expect(Object.keys(EXPECTED.models).sort()).toEqual(
      [
        'matrix-float',
        'matrix-double',
        'columns-mixed',
        'zipmap',
        'single-score',
        'single-score-flat',
        'label-only',
        'label-string',
        'multiclass',
        'multiclass-string',
        'regression',
        'fixed-batch',
        'mlp',
      ].sort(),
    );
  });
});

describe('a binary label means', () => {
  const positives = async (model: string, positive: string): Promise<number> => {
    const { class: classes } = await predict(model, { names: { positive } });
    return Array.from(classes!).reduce((sum, value) => sum + value, 0);
  };

  it('the positive class by its name, by 1 or by true, whichever the model says, and nothing that it does not say', async () => {
    const ones = expectedOutput('label-only', 'label').filter((label) => label === 1).length;
    expect(await positives('label-only', '1')).toBe(ones);
    expect(await positives('label-only', 'true')).toBe(ones);
    expect(await positives('label-only', 'yes')).toBe(ones);
    await expect(positives('label-only', 'virginica')).rejects.toThrow(
      /says the label 0, which is not the positive label/,
    );
    expect(await positives('label-only', '0')).toBe(ROW_COUNT - ones);
    await expect(positives('label-only', '2')).rejects.toThrow(/says 0 and 1, of which none is the positive label "2"/);
    expect(await positives('label-string', 'other')).toBe(ROW_COUNT - (await positives('label-string', 'virginica')));
  });
});
