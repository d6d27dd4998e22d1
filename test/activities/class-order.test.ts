/** Models of several classes: each probability counts for the class that the model means, in whatever order its exporter wrote them. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MATRIX } from '../golden-models.js';
import { MODEL, Stages } from './stages.js';

/** Their labels: `test/golden/make_class_models.py`. */
const classModel = (name: string): string => fileURLToPath(new URL(`../golden/classes/${name}.onnx`, import.meta.url));

/** On the 150 flowers that it was trained on, by scikit-learn: 146 right. */
const ACCURACY = 146 / 150;

const GRADE = '[2, 9, 10][species_code + 1]';
const GRADES = `SELECT *, ${GRADE} AS grade`;
const WORDS = "SELECT *, ['low', 'mid', 'high'][species_code + 1] AS grade";

let compute: ComputePool;
let stages: Stages;

beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  for (const name of ['integers', 'texts', 'words', 'codes', 'encoded', 'untold', 'unlabelled']) await add(name, name);
});
afterAll(() => compute.close());

async function add(version: string, model: string, classes?: readonly (string | number)[]): Promise<void> {
  await stages.registry.addVersion(MODEL, classModel(model), {
    version,
    actor: 'test',
    metadata: { task: 'multiclass', features: MATRIX, ...(classes === undefined ? {} : { classes: [...classes] }) },
  });
}

function partsOf(candidate: string, baseline?: string, where = '') {
  return {
    data: `{ source: flowers.parquet, id: flower_id, label: grade${where === '' ? '' : `, where: "${where}"`} }`,
    model: `{ task: multiclass, name: iris, candidate: "${candidate}"${baseline === undefined ? '' : `, baseline: "${baseline}"`} }`,
    segments: '{ minRows: 1 }',
    metrics: '[accuracy, macro_f1, log_loss]',
    checks: '[{ metric: accuracy, min: 0.5 }]',
  };
}

type Given = readonly [candidate: string, baseline?: string, where?: string];

async function measured(...given: Given): Promise<SegmentResult['metrics']> {
  const { validated, measures } = await stages.evaluate(partsOf(...given));
  if (!validated.valid) throw new Error(validated.reasons.join('; '));
  const [overall] = await stages.store.readJson<readonly SegmentResult[]>(measures[0]!.segments);
  return overall!.metrics;
}

async function accuracy(...given: Given): Promise<number> {
  const estimate = (await measured(...given)).accuracy!.candidate;
  if (!('value' in estimate)) throw new Error(estimate.undefined);
  return estimate.value;
}

const near = (value: number) => expect.closeTo(value, 9) as number;

describe('the classes of a model are those that its file names', () => {
  it('though text is sorted in another way than the numbers that the data have', async () => {
    await stages.writeData(GRADES);
    const metrics = await measured('texts', 'integers');
    expect(metrics.accuracy).toMatchObject({
      candidate: { value: near(ACCURACY) },
      baseline: { value: near(ACCURACY) },
    });
    // Training gives the two models other weights in their last bits.
    for (const metric of ['macro_f1', 'log_loss'] as const) {
      const { candidate, baseline } = metrics[metric]!;
      const other = (baseline as { value: number }).value;
      expect(candidate).toMatchObject({ value: expect.closeTo(other, 5) as number });
    }
  });

  it('where the data have them as floats or text', async () => {
    for (const type of ['DOUBLE', 'VARCHAR']) {
      await stages.writeData(`SELECT *, CAST(${GRADE} AS ${type}) AS grade`);
      expect(await accuracy('texts', 'integers')).toBeCloseTo(ACCURACY, 9);
    }
  });

  it('also those that no row has', async () => {
    await stages.writeData(GRADES);
    const metrics = await measured('texts', 'integers', 'grade < 10');
    for (const metric of ['accuracy', 'log_loss'] as const)
      expect(metrics[metric]).toMatchObject({ candidate: { value: expect.any(Number) as number } });
    expect(await accuracy('integers', undefined, 'grade < 10')).toBeGreaterThan(0.9);
  });

  it('beside predictions in a column, whichever classes those name', async () => {
    await stages.writeData(`${GRADES}, CASE WHEN species_code = 0 THEN 77 ELSE ${GRADE} END AS guess`);
    const parts = partsOf('texts');
    const model = '{ task: multiclass, name: iris, candidate: "texts", baseline: { column: guess } }';
    const { measures } = await stages.evaluate({ ...parts, model });
    const [overall] = await stages.store.readJson<readonly SegmentResult[]>(measures[0]!.segments);
    expect(overall!.metrics.accuracy).toMatchObject({
      candidate: { value: near(ACCURACY) },
      baseline: { value: near(2 / 3) },
    });
  });
});

describe('a label that a model does not know', () => {
  it('is refused, and both sets are named', async () => {
    await stages.writeData(WORDS);
    await expect(accuracy('codes')).rejects.toThrow(
      /grade has labels that the model does not know: high \(50 rows\), low \(50 rows\), mid \(50 rows\); it knows 0, 1, 2/,
    );
    await stages.writeData('SELECT *, species_code AS grade');
    await expect(accuracy('words')).rejects.toThrow(
      /labels that the model does not know: 0 .* it knows high, low, mid/,
    );
    await stages.writeData(`SELECT *, ['low', 'mid', 'top'][species_code + 1] AS grade`);
    await expect(accuracy('words')).rejects.toThrow(/does not know: top \(50 rows\); it knows high, low, mid/);
  });

  it('is refused where only one of two models does', async () => {
    await stages.writeData('SELECT *, species_code AS grade');
    await expect(measured('codes', 'integers')).rejects.toMatchObject({
      type: 'DataError',
      message: expect.stringMatching(
        /^iris version integers does not know the labels 0, 1 of grade; it knows 2, 9, 10\. .*"classes" in the version's model\.json$/,
      ) as string,
    });
  });

  it('is known where model.json says what its codes stand for', async () => {
    await stages.writeData(WORDS);
    await add('named-codes', 'codes', ['low', 'mid', 'high']);
    expect(await accuracy('named-codes', 'words')).toBeCloseTo(ACCURACY, 9);
    await stages.writeData('SELECT *, species_code + 1 AS grade');
    await add('shifted-codes', 'codes', [1, 2, 3]);
    expect(await accuracy('shifted-codes')).toBeCloseTo(ACCURACY, 9);
  });
});

describe('classes in model.json', () => {
  it('that contradict the model are refused, and both orders are named', async () => {
    await stages.writeData(WORDS);
    await add('permuted', 'words', ['low', 'mid', 'high']);
    await expect(stages.resolve(partsOf('permuted'))).rejects.toMatchObject({
      type: 'DataError',
      message:
        'iris version permuted: "classes" in its model.json (low, mid, high) contradict the model, whose labels are, in the order of ' +
        'its probabilities, high, low, mid; correct the list or remove it',
    });
  });

  it('are believed where the file says nothing, unless the labels of the rows contradict', async () => {
    await stages.writeData(GRADES);
    await add('encoded-right', 'encoded', ['10', '2', '9']);
    expect(await accuracy('encoded-right', 'integers')).toBeCloseTo(ACCURACY, 9);
    await add('encoded-wrong', 'encoded', [2, 9, 10]);
    await expect(accuracy('encoded-wrong')).rejects.toThrow(
      /"classes" in its model\.json \(2, 9, 10\) contradict its labels: where number 1 of them is the highest, which would be "2", it says "10" in \d+ of \d+ rows/,
    );
    await add('told', 'untold', ['10', '2', '9']);
    expect(await accuracy('told')).toBeCloseTo(ACCURACY, 9);
  });
});

describe('where nothing names the classes, they are the labels in their order', () => {
  const warnings = async (candidate: string): Promise<readonly unknown[]> => {
    const staged = await stages.evaluate(partsOf(candidate));
    const { result } = await stages.report(staged);
    return result.validation.filter(({ outcome }) => outcome === 'warn').map(({ message }) => message);
  };

  it('which is told', async () => {
    await stages.writeData(GRADES);
    expect(await accuracy('unlabelled')).toBeCloseTo(ACCURACY, 9);
    expect(await warnings('unlabelled')).toEqual([
      "nothing says which of the probabilities of iris version unlabelled is which class's: they were taken for those of 2, 9, 10, " +
        'the labels in their order; say it under "classes" in the version\'s model.json',
    ]);
    expect(await warnings('texts')).toEqual([]);
  });

  it('unless the labels of the rows say otherwise', async () => {
    await stages.writeData(GRADES);
    await expect(accuracy('encoded')).rejects.toMatchObject({
      type: 'DataError',
      message: expect.stringMatching(
        /its probabilities are not in the order of the data's labels \(2, 9, 10\): where number 1 of them is the highest, which would be "2", it says "10" in/,
      ) as string,
    });
    await stages.writeData(`SELECT *, CAST(${GRADE} AS VARCHAR) AS grade`);
    expect(await accuracy('encoded')).toBeCloseTo(ACCURACY, 9);
  });

  it('or are of another number', async () => {
    await stages.writeData(GRADES);
    await expect(accuracy('unlabelled', undefined, 'grade < 10')).rejects.toThrow(
      /its output gives 3 numbers a row, but the data have the 2 labels 2, 9, .*"classes" in the version's model\.json/,
    );
  });
});
