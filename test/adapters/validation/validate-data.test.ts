import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeatureColumn } from '../../../adapters/onnx/signature.js';
import type { Finding } from '../../../adapters/validation/finding.js';
import { type ValidationJob, validateData } from '../../../adapters/validation/validate-data.js';
import { type PipelineParts, pipelineOf } from '../../pipeline-text.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot, queryRows } from '../../snapshot.js';

let folder: string;

beforeAll(async () => {
  folder = await newFolder(afterAll);
});

interface Given extends PipelineParts {
  readonly features?: readonly FeatureColumn[];
  readonly classes?: readonly string[];
  readonly window?: ValidationJob['window'];
}

async function findings(query: string, given: Given = {}): Promise<readonly Finding[]> {
  const { features = [], classes = [], window = null, ...parts } = given;
  const { path, rows, types } = await newSnapshot(folder, query);
  const pipeline = pipelineOf(parts);
  const output = join(folder, randomUUID());
  return validateData({ snapshot: path, rows, pipeline, window, features, types, classes, threads: 2, output });
}

/** What is wrong, as a person reads it. */
async function complaints(query: string, given: Given = {}): Promise<readonly string[]> {
  const found = await findings(query, given);
  return found.filter(({ outcome }) => outcome !== 'pass').map(({ outcome, message }) => `${outcome}: ${message}`);
}

/** The bad rows that a finding kept. */
async function keptRows({ keptRows: file }: Finding, columns: string): Promise<readonly (readonly unknown[])[]> {
  return queryRows(`SELECT ${columns} FROM read_parquet('${file!}') ORDER BY ALL`);
}

const labels = (...values: readonly string[]): string => `SELECT unnest([${values.join(', ')}]) AS y`;

describe('labels', () => {
  it.each([
    ['0 and 1', labels('0', '1', 'NULL')],
    ['true and false', labels('true', 'false', 'NULL')],
    ['the texts 0 and 1', labels("'0'", "'1'")],
    ['0.0 and 1.0', labels('0.0::DOUBLE', '1.0')],
    ['one of the two only', labels('1', '1')],
  ])('may be %s', async (_what, query) => {
    expect(await complaints(query)).toEqual([]);
  });

  it('must be there', async () => {
    expect(await complaints(labels('NULL::INTEGER', 'NULL'))).toEqual([
      'fail: every y is NULL: there is nothing to compare predictions with',
    ]);
  });

  it('must be two for a binary task', async () => {
    const [complaint] = await complaints(labels('0', '1', '2', '2', 'NULL'));
    expect(complaint).toMatch(
      /^fail: 2 of 5 rows have a y that is neither 0 nor 1, such as 2 \(row 2\), 2 \(row 3\); a binary task has two labels/,
    );
    expect(await complaints(labels("'nan'::DOUBLE", '1.0'))).toHaveLength(1);
    expect(await complaints(labels("'late'", "'early'"))).toHaveLength(1);
  });

  it('may be words, of which model.positive names one', async () => {
    const model = (positive: string) => `{ task: binary, name: iris, candidate: "1", positive: ${positive} }`;
    expect(await complaints(labels("'late'", "'early'"), { model: model('late') })).toEqual([]);
    expect(await complaints(labels("'early'"), { model: model('late') })).toEqual([]);
    expect(await complaints(labels("'late'", "'early'", "'early'"), { model: model('lat') })).toEqual([
      'fail: no y is "lat" (model.positive); there are early (2 rows), late (1 row)',
    ]);
    expect(await complaints(labels("'late'", "'early'", "'never'"), { model: model('late') })).toEqual([
      'fail: y has 3 values, a binary task two: early (1 row), late (1 row), never (1 row)',
    ]);
    // A positive label of another type than the column's is a label that does not occur, not a failure of the run.
    expect(await complaints(labels("'late'", "'early'"), { model: model('1') })).toEqual([
      'fail: no y is "1" (model.positive); there are early (1 row), late (1 row)',
    ]);
    expect(await complaints(labels('1', '2'), { model: model('late') })).toEqual([
      'fail: no y is "late" (model.positive); there are 1 (1 row), 2 (1 row)',
    ]);
    expect(await complaints(labels('1', '2'), { model: model('2') })).toEqual([]);
    expect(await complaints(labels('true', 'false'), { model: model('false') })).toEqual([]);
    // What CSV has as yes and no is read as booleans.
    expect(await complaints(labels('true', 'false'), { model: model('"yes"') })).toEqual([]);
    expect(await complaints(labels('true', 'false'), { model: model('late') })).toEqual([
      'fail: no y is "late" (model.positive); there are false (1 row), true (1 row)',
    ]);
  });

  it('must be known to a multiclass model, however many there are', async () => {
    const model = '{ task: multiclass, name: iris, candidate: "1" }';
    const classes = ['setosa', 'virginica'];
    expect(await complaints(labels("'setosa'", "'virginica'", 'NULL'), { model, classes })).toEqual([]);
    expect(await complaints(labels("'setosa'", "'lily'", "'rose'", "'rose'"), { model, classes })).toEqual([
      'fail: y has labels that the model does not know: rose (2 rows), lily (1 row); it knows setosa, virginica',
    ]);
    // A rare unknown one among hundreds of known ones.
    const many = Array.from({ length: 300 }, (_value, index) => String(index));
    const query = 'SELECT i AS y FROM range(300) AS r(i), range(2) UNION ALL SELECT 300';
    const [complaint] = await complaints(query, { model, classes: many });
    expect(complaint).toMatch(/^fail: y has labels that the model does not know: 300 \(1 row\); it knows 0, 1, 2/);
    expect(await complaints(query, { model, classes: [...many, '300'] })).toEqual([]);
  });

  it('are a relevance from 0 for a ranking', async () => {
    const data = '{ source: data.parquet, label: y, group: q }';
    const model = '{ task: ranking, name: iris, candidate: "1" }';
    const given = { data, model, metrics: '[ndcg]', checks: '[{ metric: ndcg, min: 0.5 }]' };
    const of = (...values: string[]): string => `SELECT unnest([${values.join(', ')}]) AS y, 'a' AS q`;
    expect(await complaints(of('0', '3', 'NULL'), given)).toEqual([]);
    expect(await complaints(of('true', 'false'), given)).toEqual([]);
    expect(await complaints(of("'nan'::DOUBLE", "'inf'::DOUBLE", '-1', '2', 'NULL'), given)).toEqual([
      'fail: 3 of 5 rows have a y that is negative, NaN or infinite, such as nan (row 0), inf (row 1), -1.0 (row 2); the relevance of an item is a number from 0 (NULL: not known)',
    ]);
    const [complaint] = await complaints('SELECT 1 AS y, unnest([NULL, 3]) AS q', given);
    expect(complaint).toMatch(
      /^fail: 1 of 2 rows has no q, such as row 0; nobody knows which rows such a row is ranked among/,
    );
    // An item whose relevance is not known is ranked nowhere.
    expect(await complaints('SELECT unnest([1, NULL]) AS y, unnest([3, NULL]) AS q', given)).toEqual([]);
  });

  it('must be finite for a regression', async () => {
    const model = '{ task: regression, name: iris, candidate: "1" }';
    const rest = { model, metrics: '[mae]', checks: '[{ metric: mae, max: 1 }]' };
    expect(await complaints(labels('1.5::DOUBLE', 'NULL'), rest)).toEqual([]);
    expect(await complaints(labels("'nan'::DOUBLE", "'inf'::DOUBLE", '1'), rest)).toEqual([
      'fail: 2 of 3 rows have a y that is NaN or infinite, such as nan (row 0), inf (row 1); use NULL for a label that is not known',
    ]);
  });
});

describe('weights, clusters and costs', () => {
  const row = (y: string, w: string, u = "'a'"): string => `(${y}, ${w}::DOUBLE, ${u}::VARCHAR)`;
  const of = (...rows: string[]): string => `SELECT * FROM (VALUES ${rows.join(', ')}) AS t(y, w, u)`;

  it('a weight is a number from 0 on every row with a label', async () => {
    const data = '{ source: data.parquet, label: y, weight: w }';
    expect(await complaints(of(row('1', '0'), row('0', '2.5'), row('NULL', 'NULL')), { data })).toEqual([]);
    const bad = [row('1', 'NULL'), row('0', "'nan'"), row('1', '-0.5'), row('0', "'inf'")];
    const found = await findings(of(row('1', '1'), ...bad), { data });
    const [failed] = found.filter(({ outcome }) => outcome === 'fail');
    expect(failed).toMatchObject({ rule: 'weight w is 0 or more', badRows: 4 });
    expect(failed?.message).toMatch(/^4 of 5 rows have a w that is missing, negative, NaN or infinite/);
    expect(await keptRows(failed!, 'segmentry_row')).toEqual([[1], [2], [3], [4]]);
  });

  it('a row without a cluster is worth a warning', async () => {
    const data = '{ source: data.parquet, label: y, clusterBy: u }';
    expect(await complaints(of(row('1', '1'), row('0', '1', 'NULL'), row('NULL', '1', 'NULL')), { data })).toEqual([
      'warn: 1 of 3 rows has no u, such as row 1; each of them counts as a cluster of its own',
    ]);
  });

  it('a cost is a number from 0 wherever a prediction can be wrong', async () => {
    const priced = (cost: string) => ({ metrics: '[cost]', after: `cost: ${cost}` });
    const query = of(row('1', '2'), row('0', 'NULL'), row('NULL', 'NULL'));
    // The price of a miss is not asked of a row that cannot be missed.
    expect(await complaints(query, priced('{ false_positive: 3, false_negative: w }'))).toEqual([]);
    const [complaint] = await complaints(query, priced('{ false_positive: w, false_negative: 3 }'));
    expect(complaint).toMatch(
      /^fail: 1 of 3 rows has a cost that is missing, .* say what to take: coalesce\(amount, 0\)/,
    );
    expect(await complaints(query, priced('"w - 2"'))).toHaveLength(1);
    expect(await complaints(query, priced('"2 - coalesce(w, 0)"'))).toEqual([]);
    expect(await complaints(query, priced('"coalesce(w, 1) - 2"'))).toHaveLength(1);
    expect(await complaints(query, priced('"1 / 0"'))).toHaveLength(1);
  });
});

describe('data', () => {
  it('must have rows', async () => {
    expect(await complaints('SELECT 1 AS y WHERE false')).toEqual(['fail: data.parquet has no rows']);
    const data = '{ source: data.parquet, label: y, where: "y > 1" }';
    expect(await complaints('SELECT 1 AS y WHERE false', { data })).toEqual([
      'fail: data.parquet has no rows where y > 1',
    ]);
  });

  it('must have rows in their window, which is named', async () => {
    const none = "SELECT 1 AS y, TIMESTAMP '2026-01-01' AS t WHERE false";
    const [from, until] = ['2026-03-01T00:00:00.000Z', '2026-03-08T00:00:00.000Z'];
    const data = '{ source: data.parquet, label: y, time: t, window: 7 days }';
    expect(await complaints(none, { data, window: { from, until } })).toEqual([
      `fail: data.parquet has no rows with t from ${from} until ${until} (data.window, which ends at --as-of)`,
    ]);
    const filtered = '{ source: data.parquet, label: y, time: t, where: "y > 1" }';
    expect(await complaints(none, { data: filtered, window: { from: null, until } })).toEqual([
      `fail: data.parquet has no rows where y > 1 and with t until ${until} (data.window, which ends at --as-of)`,
    ]);
  });

  it('must have one row per id, each with an id', async () => {
    const data = '{ source: data.parquet, id: flight, label: y }';
    const query = "SELECT 1 AS y, unnest(['a', 'b', 'a', NULL, NULL, 'c']) AS flight";
    const found = await findings(query, { data });
    expect(
      found.filter(({ outcome }) => outcome === 'fail').map(({ rule, badRows, message }) => [rule, badRows, message]),
    ).toEqual([
      ['id is known', 2, '2 of 6 rows have no flight, such as row 3, row 4'],
      ['id is unique', 2, '2 of 6 rows share their flight with another row, such as "a" (row 0), "a" (row 2)'],
    ]);
    const duplicates = found.find(({ rule }) => rule === 'id is unique');
    expect(await keptRows(duplicates!, 'segmentry_row, flight')).toEqual([
      [0, 'a'],
      [2, 'a'],
    ]);
  });
});

describe('features', () => {
  const float: FeatureColumn = { column: 'temp', element: 'float32' };
  const query = "SELECT 1 AS y, unnest(['1', NULL, 'nan', 'inf', '-inf'])::DOUBLE AS temp";

  it('must be known and finite', async () => {
    expect(await complaints(query, { features: [float] })).toEqual([
      'fail: 2 of 5 rows have no temp, such as row 1, row 2; fill them as in training, or say model.missing: nan if the model was trained with missing values',
      'fail: 2 of 5 rows have an infinite temp, such as inf (row 3), -inf (row 4)',
    ]);
  });

  it('may be missing where the model was trained so, but not infinite', async () => {
    const model = '{ task: binary, name: iris, candidate: "1", missing: nan }';
    expect(await complaints(query, { features: [float], model })).toEqual([
      'fail: 2 of 5 rows have an infinite temp, such as inf (row 3), -inf (row 4)',
    ]);
  });

  it('may never be missing where the model takes an integer', async () => {
    const model = '{ task: binary, name: iris, candidate: "1", missing: nan }';
    const features: FeatureColumn[] = [
      { column: 'leaves', element: 'float32' },
      { column: 'leaves', element: 'int64' },
    ];
    expect(await complaints('SELECT 1 AS y, unnest([1, NULL]) AS leaves', { features, model })).toEqual([
      'fail: 1 of 2 rows has no leaves, such as row 1; the model takes int64, which has no missing value',
    ]);
  });

  it('may be a missing text where the model was trained so', async () => {
    const features: FeatureColumn[] = [{ column: 'soil', element: 'string' }];
    const soil = "SELECT 1 AS y, unnest(['clay', NULL]) AS soil";
    const model = '{ task: binary, name: iris, candidate: "1", missing: nan }';
    expect(await complaints(soil, { features, model })).toEqual([]);
    expect(await complaints(soil, { features })).toHaveLength(1);
  });
});

describe('features that the input of a model cannot hold', () => {
  const of = (type: string, ...values: readonly string[]) =>
    `SELECT 1 AS y, unnest([${values.join(', ')}]::${type}[]) AS f0, unnest(['u', 'v', 'w', 'x']) AS user`;
  const into = (element: FeatureColumn['element'], more = ''): Given => ({
    features: [{ column: 'f0', element }],
    data: '{ source: data.parquet, label: y, id: user }',
    model: `{ task: binary, name: iris, candidate: "1"${more} }`,
  });

  it('are counted, with values and ids', async () => {
    expect(await complaints(of('DOUBLE', '1', '1e300', '-4e38', '2'), into('float32'))).toEqual([
      'fail: 2 of 4 rows have an f0 that float32 cannot hold, such as 1e+300 (user v), -4e+38 (user w); the model takes float32: ' +
        'mend the value, leave the row out with data.where, or export the model with a wider input',
    ]);
    const [complaint] = await complaints(of('BIGINT', '1', '3000000000', '-5', '2'), into('int32'));
    expect(complaint).toMatch(
      /^fail: 1 of 4 rows has an f0 that int32 cannot hold, such as 3000000000 \(user v\); the model/,
    );
    expect(await complaints(of('UBIGINT', '1', '18446744073709551615', '5', '2'), into('int64'))).toHaveLength(1);
  });

  it('are looked for beside values that are allowed to be missing', async () => {
    const query = of('DOUBLE', "'nan'", '1e300', 'NULL', '2');
    const [complaint, ...others] = await complaints(query, into('float32', ', missing: nan'));
    expect(complaint).toMatch(/^fail: 1 of 4 rows has an f0 that float32 cannot hold, such as 1e\+300 \(user v\)/);
    expect(others).toEqual([]);
  });

  it('are not those that it can hold: the list of rules is then as it was', async () => {
    // The largest float32, which the one scan for all rules does not prove.
    for (const values of [
      ['1', '2', '3', '4'],
      ['3.4028234663852886e38', '-3.4028234663852886e38', '0', '1e-300'],
    ]) {
      const found = await findings(of('DOUBLE', ...values), into('float32'));
      expect(found.map(({ rule, outcome }) => `${rule}: ${outcome}`)).toEqual(
        ['label y is 0 or 1', 'id is known', 'id is unique', 'feature f0 is known', 'feature f0 is finite'].map(
          (rule) => `${rule}: pass`,
        ),
      );
    }
    expect(await complaints(of('DOUBLE', '1e300', '1', '2', '3'), into('float64'))).toEqual([]);
    expect(await complaints(of('FLOAT', '1', '1', '2', '3'), into('float32'))).toEqual([]);
  });
});

describe('predictions in a column', () => {
  const model = '{ task: binary, candidate: { column: score } }';

  it('must be known', async () => {
    expect(await complaints("SELECT 1 AS y, unnest(['0.5', NULL, 'nan', 'inf'])::DOUBLE AS score", { model })).toEqual([
      'fail: 3 of 4 rows have no finite prediction of the candidate in score, such as NULL (row 1), nan (row 2), inf (row 3)',
    ]);
    const infinite = "SELECT 1 AS y, unnest(['0.5', '-inf'])::DOUBLE AS score";
    expect(await complaints(infinite, { model })).toEqual([
      'fail: 1 of 2 rows has no finite prediction of the candidate in score, such as -inf (row 1)',
    ]);
    expect(await complaints('SELECT 1 AS y, unnest([1, NULL]) AS score', { model })).toEqual([
      'fail: 1 of 2 rows has no prediction of the candidate in score, such as row 1',
    ]);
  });

  it.each([
    ['texts', "['1', 'yes']"],
    ['whole numbers', '[1, 2]'],
  ])('must be 0 or 1 where they are %s and nothing names the positive one', async (_, values) => {
    const [complaint] = await complaints(`SELECT 1 AS y, unnest(${values}) AS score`, { model });
    expect(complaint).toMatch(/^fail: 1 of 2 rows has a prediction of the candidate in score that is neither 0 nor 1/);
  });

  it('are written as the labels are: another spelling would count as negative', async () => {
    const named = { model: '{ task: binary, candidate: { column: score }, positive: good }' };
    const of = (...predicted: string[]) =>
      `SELECT unnest(['good', 'bad', NULL]) AS y, unnest(${JSON.stringify(predicted).replaceAll('"', "'")}) AS score`;
    expect(await complaints(of('good', 'bad', 'bad'), named)).toEqual([]);
    expect(await complaints(of('good', 'bad', 'Good'), named)).toEqual([
      'fail: the predictions in score are not written as the labels are: Good (1 row), bad (1 row), good (1 row); y has bad (1 row), good (1 row)',
    ]);
    // A class that no row has may be predicted.
    expect(await complaints("SELECT 'good' AS y, unnest(['good', 'bad']) AS score", named)).toEqual([]);
  });

  it('of several classes have one of the labels at least', async () => {
    const several = { model: '{ task: multiclass, candidate: { column: score } }', classes: ['1', '2'] };
    const of = (predicted: string) => `SELECT unnest([1, 2]) AS y, unnest(${predicted}) AS score`;
    expect(await complaints(of('[1, 3]'), several)).toEqual([]);
    expect(await complaints(of('[1.0, 2.0]::DOUBLE[]'), several)).toEqual([
      'fail: the predictions in score are not written as the labels are: 1.0 (1 row), 2.0 (1 row); y has 1 (1 row), 2 (1 row)',
    ]);
  });
});

describe("the pipeline's own rules", () => {
  const rule = (text: string): Given => ({ validate: `[${text}]` });

  it.each([
    ['notNull', '{ column: x, notNull: true }', '1 of 5 rows has no x, such as row 4', [[null]]],
    [
      'unique',
      '{ column: x, unique: true }',
      '2 of 5 rows share their x with another row, such as 3 (row 1), 3 (row 2)',
      [[3], [3]],
    ],
    ['between', '{ column: x, between: [2, 3] }', '1 of 5 rows has an x outside 2 to 3, such as 9 (row 3)', [[9]]],
    ['oneOf', '{ column: x, oneOf: [2, 3] }', '1 of 5 rows has an x that is none of 2, 3, such as 9 (row 3)', [[9]]],
    [
      'sql',
      '{ name: small, sql: "select x from data where x > 3 -- large" }',
      '1 of 5 rows breaks the rule "small", such as x 9',
      [[9]],
    ],
    [
      'sql',
      '{ name: small, sql: "select x from data where x > 3;" }',
      '1 of 5 rows breaks the rule "small", such as x 9',
      [[9]],
    ],
  ])('%s: %s keeps the bad rows', async (_kind, text, message, rows) => {
    const found = await findings('SELECT 1 AS y, unnest([2, 3, 3, 9, NULL]) AS x', rule(text));
    const [bad] = found.filter(({ outcome }) => outcome !== 'pass');
    expect(bad).toMatchObject({ outcome: 'fail', message, badRows: rows.length });
    expect(await keptRows(bad!, 'x')).toEqual(rows);
  });

  it('name the first rows, by id where there is one, and no more of a value than is read', async () => {
    const data = '{ source: data.parquet, label: y, id: flight }';
    const query = "SELECT 1 AS y, 'f' || i AS flight, repeat('z', 100) AS amount FROM range(5) AS r(i)";
    const text = `${'z'.repeat(59)}…`;
    expect(await complaints(query, { data, ...rule('{ column: amount, oneOf: [a] }') })).toEqual([
      `fail: 5 of 5 rows have an amount that is none of a, such as "${text}" (flight f0), "${text}" (flight f1), "${text}" (flight f2)`,
    ]);
    expect(await complaints(query, { data, ...rule('{ name: r, sql: "select * from data" }') })).toEqual([
      `fail: 5 of 5 rows break the rule "r", such as y 1, amount "${text}" (flight f0), y 1, amount "${text}" (flight f1), y 1, amount "${text}" (flight f2)`,
    ]);
  });

  it('pass without a file of bad rows', async () => {
    const found = await findings(
      'SELECT 1 AS y, 5 AS x',
      rule('{ column: x, notNull: true, unique: true, between: [0, 9], oneOf: [5] }'),
    );
    expect(found.slice(-4)).toEqual(
      ['x is known', 'x is unique', 'x between 0 and 9', 'x one of 5'].map((name) => ({
        rule: name,
        outcome: 'pass',
        badRows: 0,
        message: 'no bad rows',
        keptRows: null,
      })),
    );
  });

  it('are called as the file calls them', async () => {
    const named = '{ name: sane, column: x, between: [0, 9] }, { name: there, column: x, notNull: true, oneOf: [5] }';
    const found = await findings('SELECT 1 AS y, 5 AS x', rule(named));
    expect(found.slice(-3).map(({ rule: name }) => name)).toEqual(['sane', 'there: x is known', 'there: x one of 5']);
  });

  it('only warn where they say so', async () => {
    const found = await findings('SELECT 1 AS y, NULL AS x', rule('{ column: x, notNull: true, severity: warn }'));
    expect(found.at(-1)).toMatchObject({ outcome: 'warn', badRows: 1 });
  });

  it('take NaN for a value outside every range', async () => {
    expect(
      await complaints("SELECT 1 AS y, 'nan'::DOUBLE AS x", rule('{ column: x, between: [-30, 120] }')),
    ).toHaveLength(1);
  });

  it('keep a thousand bad rows, and count all', async () => {
    const found = await findings(
      'SELECT 1 AS y, NULL::INTEGER AS x FROM range(5_000)',
      rule('{ column: x, notNull: true }'),
    );
    expect(found.at(-1)).toMatchObject({
      badRows: 5_000,
      message: '5,000 of 5,000 rows have no x, such as row 0, row 1, row 2',
    });
    expect(await keptRows(found.at(-1)!, 'count(*)')).toEqual([[1_000n]]);
  });

  it('are refused, not retried, when they cannot be run', async () => {
    await expect(findings("SELECT 1 AS y, 'a' AS x", rule('{ column: x, between: [0, 9] }'))).rejects.toMatchObject({
      message: expect.stringContaining('rule "x between 0 and 9": Binder Error') as string,
    });
  });

  it('are refused, not retried, when a row makes them fail', async () => {
    const sql = rule('{ name: small, sql: "select x from data where cast(x as integer) > 3" }');
    await expect(findings("SELECT 1 AS y, unnest(['1', 'a']) AS x", sql)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('rule "small" cannot be run: Conversion Error') as string,
    });
  });

  it.each([
    "select * from read_text('/etc/hostname')",
    "select * from glob('/etc/*')",
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd.csv'",
    "select * from data where exists (select 1 from read_blob('/etc/hostname'))",
    "copy data to '/tmp/segmentry-test-never.csv'",
    "attach '/tmp/segmentry-test-never.db'",
    'install httpfs',
    'load httpfs',
    'set threads = 1',
    'pragma enable_profiling',
    'drop view data',
    'create table mine as select 1',
    'select 1; select 2',
    "select 1) to '/tmp/segmentry-test-never.csv'; --",
    "export database '/tmp/segmentry-test-never'",
    'select',
  ])('cannot reach anything but the data: %s', async (sql) => {
    await expect(findings('SELECT 1 AS y', rule(`{ name: probe, sql: ${JSON.stringify(sql)} }`))).rejects.toMatchObject(
      {
        name: 'SegmentryError',
      },
    );
  });
});

describe('rules that one scan proves to be kept', () => {
  const features: readonly FeatureColumn[] = [{ column: 'x', element: 'float64' }];
  const data = (...values: readonly string[]) => `SELECT unnest([${values.join(', ')}]) AS x, 1 AS y`;

  it.each([
    ['is missing', 'NULL', 'fail: 1 of 3 rows has no x, such as row 1; fill them as in training'],
    ['is no number', "'nan'::DOUBLE", 'fail: 1 of 3 rows has no x, such as row 1; fill them as in training'],
    ['is infinite', "'inf'::DOUBLE", 'fail: 1 of 3 rows has an infinite x'],
    ['is infinite downwards', "'-inf'::DOUBLE", 'fail: 1 of 3 rows has an infinite x'],
  ])('are looked at where a value %s', async (_what, value, complaint) => {
    expect((await complaints(data('1.5::DOUBLE', value, '2'), { features }))[0]).toContain(complaint);
  });

  it('are looked at where numbers are too large to be added, and kept all the same', async () => {
    expect(await complaints(data('1.7e308::DOUBLE', '1.7e308', '-1.7e308'), { features })).toEqual([]);
  });

  it('are looked at where two infinities cancel out', async () => {
    expect(await complaints(data("'inf'::DOUBLE", "'-inf'", '2'), { features })).toEqual([
      'fail: 2 of 3 rows have an infinite x, such as inf (row 0), -inf (row 1)',
    ]);
  });
});
