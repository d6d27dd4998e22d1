import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumnFile } from '../../../adapters/column-file.js';
import { forestOf, forestScores, isSame } from '../../../adapters/onnx/forest/forest-of.js';
import { ForestScorer } from '../../../adapters/onnx/forest/forest-scorer.js';
import { LOGISTIC_MODEL } from '../../../adapters/onnx/forest/logistic.js';
import { readForest } from '../../../adapters/onnx/forest/read-forest.js';
import { BATCH_ROWS, inferRows } from '../../../adapters/onnx/infer-rows.js';
import { inspectModel, openSession, sessionOf } from '../../../adapters/onnx/session.js';
import { readSignature } from '../../../adapters/onnx/signature.js';
import * as onnx from '../../../bench/onnx-files.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot } from '../../snapshot.js';
import { FEATURES, ML, type Ensemble, type Split, type Tree, attributesOf, modelOf, nodesOf } from './ensembles.js';

/** Thresholds and features from the same few numbers, so that rows often lie exactly on a threshold. */
const GRID = [0, -0, 1, -1, 0.1, 1e-40, -1e-40, 3.4e38, -3.4e38, Infinity, -Infinity];
const threshold = fc.constantFrom(...GRID).map(Math.fround);
const feature = fc.constantFrom(...GRID, NaN).map(Math.fround);

function tree(votes: number, negative: boolean): fc.Arbitrary<Tree> {
  const weight = fc.float({ min: negative ? -1 : 0, max: 1, noNaN: true });
  return fc.letrec<{ tree: Tree; leaf: Tree; split: Split }>((tie) => ({
    tree: fc.oneof({ maxDepth: 24, depthSize: 'large' }, tie('leaf'), tie('split')),
    leaf: fc.record({ votes: fc.array(weight, { minLength: votes, maxLength: votes }) }),
    split: fc.record({
      feature: fc.nat(FEATURES - 1),
      threshold,
      lower: tie('tree'),
      higher: tie('tree'),
    }),
  })).tree;
}

const ensemble = fc
  .record({
    gives: fc.constantFrom('one of two', 'logistic', 'classes', 'sum', 'mean'),
    classes: fc.integer({ min: 2, max: 4 }),
    negative: fc.boolean(),
    offset: fc.option(fc.float({ min: -2, max: 2, noNaN: true }), { nil: undefined }),
    mode: fc.constantFrom('BRANCH_LEQ', 'BRANCH_LT'),
    lost: fc.boolean(),
  })
  .chain(({ gives, classes, negative, offset, mode, lost }) => {
    const votes = gives === 'classes' ? classes : 1;
    const mayBegin = gives === 'sum' || gives === 'mean' || gives === 'logistic';
    return fc.array(tree(votes, negative), { minLength: 1, maxLength: 12 }).map((trees): Ensemble => ({
      trees,
      gives: gives,
      votes,
      mode,
      ...(mayBegin && offset !== undefined ? { offset } : {}),
      ...(lost
        ? { more: [onnx.intsAttribute('nodes_missing_value_tracks_true', Array<number>(nodesOf(trees)).fill(1))] }
        : {}),
    }));
  });

const rowsOf = fc.array(fc.tuple(feature, feature, feature), { minLength: 1, maxLength: 40 });

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

let files = 0;
async function fileOf(model: Uint8Array): Promise<string> {
  const path = join(folder, `${files++}.onnx`);
  await writeFile(path, model);
  return path;
}

/** What ONNX Runtime says of the rows. */
async function truth(model: Uint8Array, matrix: Float32Array, width = FEATURES): Promise<Tensor> {
  const session = await openSession(await fileOf(model), 'forest');
  try {
    const output = session.outputNames.at(-1)!;
    const features = new Tensor('float32', matrix, [matrix.length / width, width]);
    return (await session.run({ features }, [output]))[output]!;
  } finally {
    await session.release();
  }
}

const leaf = (...votes: readonly number[]): Tree => ({ votes });
const split = (feature: number, at: number, lower: Tree, higher: Tree): Split => ({
  feature,
  threshold: at,
  lower,
  higher,
});
const PLAIN: Ensemble = { trees: [split(1, 0.5, leaf(0.25), leaf(1))], gives: 'one of two', votes: 1 };

describe('a forest', () => {
  it('answers as ONNX Runtime does, to the last bit', async () => {
    const scored = { all: 0, logistic: 0, withNaN: 0 };
    await fc.assert(
      fc.asyncProperty(ensemble, rowsOf, async (given, rows) => {
        const model = modelOf(given);
        const forest = readForest(model);
        // Left to ONNX Runtime: `x < threshold` where the threshold is infinite, and boosted trees of which no leaf is negative.
        fc.pre(forest !== null || given.mode === 'BRANCH_LT' || given.gives === 'logistic');
        if (forest === null) return;
        const scorer = ForestScorer.open(forest, FEATURES, 128)!;
        // ONNX Runtime takes its path for many rows from two on.
        const matrix = Float32Array.from([...rows, ...rows].flat());
        const scores = await forestScores(scorer, matrix, rows.length * 2);
        const hasNaN = matrix.some(Number.isNaN);
        expect(scores === null).toBe(given.more !== undefined && hasNaN);
        if (scores === null) return;
        const output = await truth(model, matrix);
        expect([...scores.data]).toEqual([...(output.data as Float32Array)]);
        expect(isSame(scores, output)).toBe(true);
        scored.all++;
        scored.logistic += Number(given.gives === 'logistic');
        scored.withNaN += Number(hasNaN);
      }),
      { numRuns: 400 },
    );
    // None of them was left out as a rule.
    expect(Math.min(scored.all / 100, scored.logistic / 5, scored.withNaN / 30)).toBeGreaterThan(1);
  });

  it('may be one branch of a thousand levels', async () => {
    let chain: Tree = leaf(0.5);
    for (let level = 1_000; level > 0; level--) chain = split(0, level, leaf(level / 4_096), chain);
    const model = modelOf({ trees: [chain, PLAIN.trees[0]!], gives: 'one of two', votes: 1 });
    const matrix = Float32Array.from({ length: 3 * 1_100 }, (_, at) => (at % 3 === 0 ? 1_100 - at / 3 : at % 2));
    const scores = ForestScorer.open(readForest(model)!, FEATURES, 1_100)!.score(matrix, 1_100);
    expect(isSame(scores, await truth(model, matrix))).toBe(true);
  });

  it('takes smaller batches after larger ones, and no more rows than it was opened for', () => {
    const scorer = ForestScorer.open(readForest(modelOf(PLAIN))!, FEATURES, 16)!;
    const second = (rows: readonly number[]) =>
      [...scorer.score(Float32Array.from(rows.flatMap((value) => [9, value, 9])), rows.length).data].filter(
        (_, index) => index % 2 === 1,
      );
    expect(second(Array<number>(16).fill(1))).toEqual(Array<number>(16).fill(1));
    expect(second([0, 1, 0])).toEqual([0.25, 1, 0.25]);
    expect(() => second(Array<number>(17).fill(1))).toThrow('17 rows are more than 16');
  });

  it('is not opened for rows that have too few features', () => {
    expect(ForestScorer.open(readForest(modelOf(PLAIN))!, 1, 16)).toBeNull();
  });
});

describe('left to ONNX Runtime', () => {
  const withMore = (...more: readonly Uint8Array[]): Uint8Array => modelOf({ ...PLAIN, more });
  const number: Ensemble = { ...PLAIN, gives: 'sum' };

  it.each([
    ['several classes that share a whole', withMore(onnx.textAttribute('post_transform', 'SOFTMAX'))],
    ['boosted trees without a negative leaf', modelOf({ ...PLAIN, gives: 'logistic' })],
    ['a number that classes begin with', withMore(onnx.floatsAttribute('base_values', [0.5]))],
    ['a number that each class begins with', withMore(onnx.floatsAttribute('base_values', [0.5, 0.5]))],
    [
      'thresholds of 64 bits',
      withMore(onnx.tensorAttribute('nodes_values_as_tensor', onnx.tensor('t', 11, [0], new Uint8Array()))),
    ],
    ['another comparison', modelOf({ ...PLAIN, mode: 'BRANCH_GT' })],
    ['less than infinity', modelOf({ ...PLAIN, trees: [split(0, Infinity, leaf(0), leaf(1))], mode: 'BRANCH_LT' })],
    ['the least of several numbers', modelOf({ ...number, more: [onnx.textAttribute('aggregate_function', 'MIN')] })],
    ['several numbers a row', modelOf({ ...number, more: [onnx.intAttribute('n_targets', 2)] })],
    [
      'two classes of which a leaf has one or the other',
      modelOf({ trees: [split(0, 0, leaf(1, 0), leaf(1))], gives: 'classes', votes: 2 }),
    ],
    ['a leaf without a number', modelOf({ ...PLAIN, trees: [split(0, 0, leaf(), leaf(1))] })],
    ['a child that is nowhere', withMore(onnx.intsAttribute('nodes_falsenodeids', [7, 0, 0]))],
    ['a node that is its own child', withMore(onnx.intsAttribute('nodes_falsenodeids', [0, 0, 0]))],
    ['a child of two nodes', withMore(onnx.intsAttribute('nodes_falsenodeids', [1, 0, 0]))],
    ['numbers of nodes that lie far apart', withMore(onnx.intsAttribute('nodes_nodeids', [0, 1, 2_000_000_000]))],
    ['lists of different lengths', withMore(onnx.intsAttribute('nodes_featureids', [0]))],
    ['a network', readFileSync(new URL('../../golden/models/mlp.onnx', import.meta.url))],
    [
      'one operator that is no forest',
      onnx.model({ nodes: [onnx.node('Neg', ['x'], ['y'])], inputs: [], outputs: [] }),
    ],
  ])('%s', (_what, model) => {
    expect(readForest(model)).toBeNull();
  });

  it('a file that is no message', async () => {
    const path = await fileOf(Uint8Array.of(0xff, 0xff, 0xff));
    const file = await fileOf(modelOf(PLAIN));
    const session = await openSession(file, 'forest');
    const signature = readSignature('forest', await inspectModel(file, 'forest'), ['a', 'b', 'c'], null);
    expect(await forestOf(session, path, signature, 16)).toBeNull();
    await session.release();
  });
});

describe('behind and before a forest', () => {
  const trees = onnx.node('TreeEnsembleRegressor', ['prepared'], ['sum'], attributesOf({ ...PLAIN, gives: 'sum' }), ML);
  const one = (name: string, value: number) => onnx.tensor(name, onnx.FLOAT, [1], onnx.floats(value));
  const read = (before: string, ...behind: readonly Uint8Array[]) =>
    readForest(
      onnx.model({
        nodes: [onnx.node(before, ['features'], ['prepared']), trees, ...behind],
        inputs: [],
        outputs: [],
        initializers: [one('one', 1), one('nearly', 1.000_001)],
      }),
    );

  it('copies and products with 1 are the scores as well', () => {
    const copy = onnx.node('Identity', ['sum'], ['copy']);
    const outputs = (...behind: readonly Uint8Array[]) => [...read('Identity', ...behind)!.outputs];
    expect(outputs(copy, onnx.node('Mul', ['copy', 'one'], ['product']))).toEqual(['sum', 'copy', 'product']);
    expect(outputs(copy, onnx.node('Mul', ['copy', 'nearly'], ['product']))).toEqual(['sum', 'copy']);
    expect(outputs(onnx.node('Neg', ['sum'], ['minus']))).toEqual(['sum']);
  });

  it('what is prepared is not what the model is fed', async () => {
    const nodes = [onnx.node('Neg', ['features'], ['prepared']), trees];
    const value = onnx.value('sum', onnx.FLOAT, ['N', 1]);
    const file = await fileOf(
      onnx.model({ nodes, inputs: [onnx.value('features', onnx.FLOAT, ['N', 3])], outputs: [value] }, { domain: ML }),
    );
    const session = await openSession(file, 'forest');
    const signature = readSignature('forest', await inspectModel(file, 'forest'), ['a', 'b', 'c'], null);
    expect(signature.isTreeEnsemble).toBe(true);
    expect(await forestOf(session, file, signature, 16)).toBeNull();
    await session.release();
  });
});

describe('one session for several pipelines', () => {
  it('scores only what its forest was opened for', async () => {
    const file = await fileOf(modelOf(PLAIN, 'N'));
    const raw = await inspectModel(file, 'forest');
    const session = await openSession(file, 'forest');
    const opened = async (features: readonly string[], output: string | null = null) =>
      (await forestOf(session, file, readSignature('forest', raw, features, output), 16)) !== null;
    expect(await opened(['a', 'b', 'c'])).toBe(true);
    // Rows of another width, and the labels, are for ONNX Runtime; the forest is still there for the others.
    expect(await opened(['a', 'b', 'c', 'd'])).toBe(false);
    expect(await opened(['a', 'b', 'c'], 'label')).toBe(false);
    expect(await opened(['a', 'b', 'c'])).toBe(true);
    await session.release();
  });
});

describe('inference with a forest', () => {
  const features = ['a', 'b', 'c'];
  const ROWS = 2 * BATCH_ROWS + 7;

  async function inferred(sha256: string, path: string): Promise<readonly number[]> {
    const signature = readSignature('forest', await inspectModel(path, 'forest'), features, null);
    const query = `SELECT CAST(range % 7 AS FLOAT) AS a, CAST(range % 3 AS FLOAT) / 2 AS b, CAST(0 AS FLOAT) AS c FROM range(${ROWS})`;
    const { path: snapshot } = await newSnapshot(folder, query);
    const output = join(folder, `${files++}.arrow`);
    const names = { classes: null, positive: null };
    const model = { title: 'forest', sha256, path, signature, names, output };
    const { rows, batchMilliseconds } = await inferRows({
      task: 'binary',
      source: { snapshot },
      from: 0,
      to: ROWS,
      models: [model],
    });
    expect({ rows, batches: batchMilliseconds.length }).toEqual({ rows: ROWS, batches: 3 });
    return [...(readColumnFile(output)['score'] as Float32Array)];
  }
  const expected = (low: number) => Array.from({ length: ROWS }, (_, row) => ((row % 3) / 2 <= 0.5 ? low : 1));

  it('gives all rows their scores', async () => {
    expect(await inferred('plain', await fileOf(modelOf(PLAIN)))).toEqual(expected(0.25));
  });

  it('believes ONNX Runtime where the forest says something else', async () => {
    await sessionOf(
      'exchanged',
      await fileOf(modelOf({ ...PLAIN, trees: [split(1, 0.5, leaf(0.125), leaf(1))] })),
      'forest',
    );
    // The session is that of the first file, the forest comes from the second.
    const second = await fileOf(modelOf(PLAIN));
    expect(await inferred('exchanged', second)).toEqual(expected(0.125));
    // Later jobs do not ask it again.
    const session = await sessionOf('exchanged', second, 'forest');
    const signature = readSignature('forest', await inspectModel(second, 'forest'), features, null);
    expect(await forestOf(session, second, signature, BATCH_ROWS)).toBeNull();
  });
});

describe('the logistic function', () => {
  it('is the model that it is said to be', () => {
    const attributes = [
      onnx.floatsAttribute('coefficients', [1]),
      onnx.floatsAttribute('intercepts', [0]),
      onnx.intsAttribute('classlabels_ints', [0, 1]),
      onnx.textAttribute('post_transform', 'LOGISTIC'),
    ];
    const model = onnx.model(
      {
        nodes: [onnx.node('LinearClassifier', ['sums'], ['label', 'probabilities'], attributes, ML)],
        inputs: [onnx.value('sums', onnx.FLOAT, ['N', 1])],
        outputs: [onnx.value('label', onnx.INT64, ['N']), onnx.value('probabilities', onnx.FLOAT, ['N', 2])],
      },
      { domain: ML },
    );
    expect(Buffer.from(model).toString('base64')).toBe(LOGISTIC_MODEL);
  });
});
