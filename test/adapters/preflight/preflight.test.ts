import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectModel } from '../../../adapters/onnx/session.js';
import { inspectData } from '../../../adapters/preflight/inspect-data.js';
import { PipelineFileError } from '../../../adapters/pipeline-file/problems.js';
import { type Preflight, preflight } from '../../../adapters/preflight/preflight.js';
import { MATRIX, ROWS, modelPath } from '../../golden-models.js';
import { type PipelineParts, pipelineText } from '../../pipeline-text.js';
import { newFolder } from '../../scratch-folder.js';
import { newFile, queryRows } from '../../snapshot.js';

const INSPECT = { model: inspectModel, data: inspectData };

/** A user without rights of its own. */
const NOBODY = 65_534;

let folder: string;

const DATA = '{ source: rows.parquet, label: is_virginica }';
const matrix = `features: [${MATRIX.join(', ')}]`;
const MODEL = `{ task: binary, name: iris, candidate: "1", ${matrix} }`;

async function register(version: string, model: string, metadata: object = {}): Promise<void> {
  const target = join(folder, 'registry', 'iris', version);
  await mkdir(target, { recursive: true });
  await copyFile(modelPath(model), join(target, 'model.onnx'));
  await writeFile(join(target, 'model.json'), JSON.stringify(metadata));
}

beforeAll(async () => {
  folder = await newFolder(afterAll);
  await copyFile(ROWS, join(folder, 'rows.parquet'));
  await register('1', 'matrix-float');
  await register('2', 'columns-mixed');
  await register('3', 'corrupt');
  await register('4', 'zipmap');
  await register('5', 'multiclass', { task: 'multiclass' });
  await register('6', 'matrix-float', { features: [...MATRIX].reverse() });
  await register('7', 'matrix-float', { classes: ['a', 'b', 'c'] });
});

function check(parts: PipelineParts, overrides: { candidate?: string; baseline?: string } = {}): Promise<Preflight> {
  const text = pipelineText({ data: DATA, model: MODEL, ...parts });
  return preflight({ file: join(folder, 'pipeline.yaml'), text, ...overrides }, INSPECT);
}

/** The problems as `line:column message`, the columns that exist left out. */
async function problems(parts: PipelineParts): Promise<readonly string[]> {
  const error: unknown = await check(parts).catch((thrown: unknown) => thrown);
  if (!(error instanceof PipelineFileError)) throw new Error(`no problem of the file was found: ${String(error)}`);
  return error.problems.map(({ line, column, message }) => `${line}:${column} ${message.replace(/ Columns: .*/, '')}`);
}

describe('what a command says in place of the file', () => {
  const model = '{ task: binary, name: iris, candidate: "6", baseline: "2" }';

  it.each([
    [{ baseline: '6' }, /^--baseline 6 is the same as model\.candidate in .*pipeline\.yaml: nothing could ever change/],
    [
      { candidate: '2' },
      /^--candidate 2 is the same as model\.baseline in .*pipeline\.yaml: nothing could ever change/,
    ],
    [{ candidate: '4', baseline: '4' }, /^--candidate and --baseline are both 4: nothing could ever change/],
  ])('does not compare a version with itself: %j', async (overrides, message) => {
    await expect(check({ model }, overrides)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is taken where it names another one', async () => {
    expect((await check({ model }, { candidate: '2', baseline: '6' })).candidate?.title).toBe('iris version 2');
    expect((await check({ model }, { candidate: '6' })).baseline?.title).toBe('iris version 2');
  });
});

describe('a pipeline whose columns exist', () => {
  it('is bound to its data and models', async () => {
    const found = await check({ model: '{ task: binary, name: iris, candidate: "6", baseline: "2" }' });
    expect(found.candidate?.title).toBe('iris version 6');
    expect(found.candidate?.signature.layout).toBe('matrix');
    expect(found.baseline?.signature.layout).toBe('columns');
    expect(found.columns.map(({ name }) => name)).toEqual(expect.arrayContaining([...MATRIX, 'soil']));
  });

  it("takes the features that the version's model.json names", async () => {
    const found = await check({ model: '{ task: binary, name: iris, candidate: "6" }' });
    expect(found.candidate?.signature.features.map(({ column }) => column)).toEqual([...MATRIX].reverse());
  });
});

describe('a column that does not exist is named where it stands, with the nearest one', () => {
  const unknown = (column: string, near: string) => `the data have no column "${column}". Did you mean "${near}"?`;

  it.each<[string, PipelineParts, string, string]>([
    ['label', { data: '{ source: rows.parquet, label: is_virginca }' }, 'is_virginca', 'is_virginica'],
    ['id', { data: '{ source: rows.parquet, label: is_virginica, id: flowerid }' }, 'flowerid', 'flower_id'],
    ['time', { data: '{ source: rows.parquet, label: is_virginica, time: hight }' }, 'hight', 'height'],
    ['candidate', { model: '{ task: binary, candidate: { column: hieght } }' }, 'hieght', 'height'],
    [
      'baseline',
      { model: `{ task: binary, name: iris, candidate: "1", ${matrix}, baseline: { column: hieght } }` },
      'hieght',
      'height',
    ],
    ['weight', { data: '{ source: rows.parquet, label: is_virginica, weight: hight }' }, 'hight', 'height'],
    ['clusterBy', { data: '{ source: rows.parquet, label: is_virginica, clusterBy: sol }' }, 'sol', 'soil'],
    ['validate', { validate: '[{ column: sol, notNull: true }]' }, 'sol', 'soil'],
    ['columns', { segments: '{ by: [{ columns: [species, soils] }] }' }, 'soils', 'soil'],
    [
      'clusters',
      { segments: '{ by: [{ name: c, clusters: { features: [height, leafs], k: 2 } }] }' },
      'leafs',
      'leaves',
    ],
  ])('%s', async (_place, parts, name, near) => {
    const lines = pipelineText({ data: DATA, model: MODEL, ...parts }).split('\n');
    const line = lines.findIndex((text) => text.includes(name));
    const found = await problems(parts);
    expect(found[0]).toBe(`${line + 1}:${lines[line]!.indexOf(name) + 1} ${unknown(name, near)}`);
  });

  it('features', async () => {
    const [found] = await problems({ model: '{ task: binary, name: iris, candidate: "1", features: [petal_lenght] }' });
    expect(found).toBe(`3:63 ${unknown('petal_lenght', 'petal_length')}`);
  });

  it('all of them at once', async () => {
    expect(
      await problems({
        data: '{ source: rows.parquet, label: is_virginica, where: "sol = 1" }',
        segments: '{ by: [{ columns: [soils] }] }',
      }),
    ).toHaveLength(2);
  });
});

describe('what a file says of files and versions that do not exist has its line', () => {
  it('a source, beside a version that there is not', async () => {
    const found = await problems({
      data: '{ source: ../nofile.parquet, label: y }',
      model: `{ task: binary, name: iris, candidate: "99", ${matrix} }`,
    });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^2:17 data\.source: no such file: \.\.\/nofile\.parquet/);
    expect(found[1]).toMatch(/^3:47 iris has no version "99"\. It has versions 1, /);
  });

  it('the features of a model that does not name them', async () => {
    expect(await problems({ model: '{ task: binary, name: iris, candidate: "1" }' })).toEqual([
      '3:8 iris version 1: its one input "input" takes 4 columns but does not name them; list them, in the order of training, under ' +
        'model.features in the pipeline file or "features" in the version\'s model.json',
    ]);
  });

  it.each([
    ['an alias', '{ task: binary, name: iris, candidate: "1", baseline: "@prod" }', /^3:62 iris has no alias "@prod"/],
    [
      'a model, once for both',
      '{ task: binary, name: irs, candidate: "1", baseline: "2" }',
      /^3:30 There is no model "irs" .*"iris"/,
    ],
    [
      'a registry',
      '{ task: binary, name: iris, registry: ../regis, candidate: "1" }',
      /^3:46 There is no registry at .*\/regis/,
    ],
    [
      'a registry of another kind',
      '{ task: binary, name: iris, registry: "ftp://models", candidate: "1" }',
      /^3:46 .*is not a registry that Segmentry knows/,
    ],
  ])('%s', async (_what, model, problem) => {
    const found = await problems({ model });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(problem);
  });

  it('but not what the command says in its place', async () => {
    const request = { file: join(folder, 'pipeline.yaml'), text: pipelineText({ data: DATA, model: MODEL }) };
    await expect(preflight({ ...request, candidate: '99' }, INSPECT)).rejects.toThrow(/^iris has no version "99"/);
  });
});

describe("the pipeline's SQL is bound to the data before anything runs", () => {
  it.each<[string, PipelineParts, RegExp]>([
    [
      'data.where',
      { data: '{ source: rows.parquet, label: is_virginica, where: "sol = \'clay\'" }' },
      /^2:59 the data have no column "sol".*"soil"/,
    ],
    [
      'data.reference',
      { data: '{ source: rows.parquet, label: is_virginica, reference: { where: "sol = 1" } }' },
      /^2:\d+ the data have no column "sol"/,
    ],
    ['segments.where', { segments: '{ by: [{ name: s, where: "sol = 1" }] }' }, /^5:\d+ the data have no column "sol"/],
    [
      'validate.sql',
      { validate: '[{ name: r, sql: "select sol from data" }]' },
      /^4:\d+ the data have no column "sol"/,
    ],
    ['syntax', { segments: '{ by: [{ name: s, where: "leaves <" }] }' }, /^5:\d+ .*Parser Error/],
    [
      'a column of a query inside the query',
      { validate: '[{ name: r, sql: "select totl from (select count(*) as total from data)" }]' },
      /^4:\d+ not valid here: Referenced column "totl" not found.*"total"/,
    ],
    ['a comparison', { segments: '{ by: [{ name: s, where: "soil < 3" }] }' }, /^5:\d+ not valid here: Cannot compare/],
    ['a statement', { validate: '[{ name: r, sql: "drop view data" }]' }, /^4:\d+ .*a SELECT is wanted, this is DROP/],
    [
      'two queries',
      { validate: '[{ name: r, sql: "select 1; select 2" }]' },
      /^4:\d+ .*one query is wanted, there are 2/,
    ],
    ['a range of numbers for a text', { validate: '[{ column: soil, between: [0, 9] }]' }, /^4:\d+ .*VARCHAR/],
    [
      'another file',
      { data: '{ source: rows.parquet, label: is_virginica, where: "exists (from read_text(\'/etc/hostname\'))" }' },
      /^2:\d+ .*no query inside it/,
    ],
    ['a cost', { metrics: '[cost]', after: 'cost: "heigt * 2"' }, /^8:\d+ the data have no column "heigt".*"height"/],
    [
      'the cost of a miss',
      { metrics: '[cost]', after: 'cost: { false_positive: 1, false_negative: heigt }' },
      /^8:44 the data have no column "heigt"/,
    ],
    ['a cost over all rows', { metrics: '[cost]', after: 'cost: "avg(height)"' }, /^8:7 .*cannot contain aggregates/],
    [
      'a cost beside other rows',
      { metrics: '[cost]', after: 'cost: "height / sum(height) over ()"' },
      /^8:7 .*cannot contain window functions/,
    ],
    [
      'a cost from other rows',
      { metrics: '[cost]', after: 'cost: "(select max(height) from data)"' },
      /^8:7 .*no query inside it/,
    ],
    ['a cost by chance', { metrics: '[cost]', after: 'cost: "random()"' }, /^8:7 .*random/],
    ['a cost of today', { metrics: '[cost]', after: 'cost: "year(now())"' }, /^8:7 .*now/],
    ['a cost in words', { metrics: '[cost]', after: 'cost: soil' }, /^8:7 soil is VARCHAR; a cost is a number/],
    ['two costs', { metrics: '[cost]', after: 'cost: "1), (2"' }, /^8:7 .*syntax error/],
    ['a folder', { validate: '[{ name: r, sql: "from glob(\'/etc/*\')" }]' }, /^4:\d+ .*glob\(\) cannot be read from/],
  ])('%s', async (_what, parts, problem) => {
    const found = await problems(parts);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(problem);
  });

  it('may end in a comment or a semicolon', async () => {
    await check({
      data: '{ source: rows.parquet, label: is_virginica, where: "leaves > 3 -- some" }',
      validate: '[{ name: r, sql: "select 1 from data where leaves > 99;" }]',
    });
  });
});

describe('columns of the wrong kind are named', () => {
  const ranking = (label: string): PipelineParts => ({
    data: `{ source: rows.parquet, label: ${label}, group: species }`,
    model: '{ task: ranking, candidate: { column: height } }',
    metrics: '[ndcg]',
    checks: '[{ metric: ndcg, min: 0.5 }]',
  });

  it.each<[string, PipelineParts, RegExp]>([
    [
      'weight',
      { data: '{ source: rows.parquet, label: is_virginica, weight: soil }' },
      /"soil" is VARCHAR; a weight is a number/,
    ],
    ['relevance', ranking('soil'), /"soil" is VARCHAR; ranking wants a number/],
    [
      'time',
      { data: '{ source: rows.parquet, label: is_virginica, time: soil }' },
      /"soil" is VARCHAR; a DATE or TIMESTAMP is wanted/,
    ],
    [
      'clusters',
      { segments: '{ by: [{ name: c, clusters: { features: [soil], k: 2 } }] }' },
      /"soil" is VARCHAR; clusters are made of numbers/,
    ],
    [
      'regression',
      {
        data: '{ source: rows.parquet, label: soil }',
        model: '{ task: regression, candidate: { column: height } }',
        metrics: '[mae]',
        checks: '[{ metric: mae, max: 1 }]',
      },
      /"soil" is VARCHAR; regression wants a number/,
    ],
  ])('%s', async (_what, parts, problem) => {
    expect((await problems(parts))[0]).toMatch(problem);
  });
});

describe('values of oneOf are those of a column of its type', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'texts beside numbers',
      '{ column: height, oneOf: [1, a, b] }',
      [
        '4:41 oneOf: "a" cannot be compared with column "height", which is DOUBLE; write a value as the column has them',
        '4:44 oneOf: "b" cannot be compared with column "height", which is DOUBLE; write a value as the column has them',
      ],
    ],
    [
      'a number beside texts',
      '{ column: soil, oneOf: [clay, 7] }',
      ['4:42 oneOf: 7 cannot be compared with column "soil", which is VARCHAR; write "7"'],
    ],
  ])('never %s', async (_what, rule, found) => {
    expect(await problems({ validate: `[${rule}]` })).toEqual(found);
  });

  it('written in another way that SQL reads', async () => {
    await check({ validate: '[{ column: height, oneOf: ["1", 2, 1000000] }, { column: soil, oneOf: [none, "7"] }]' });
  });
});

describe('a model that the data cannot feed is refused', () => {
  it.each([
    [
      '1',
      'features: [petal_length, petal_width, sepal_length, soil]',
      /iris version 1 wants the feature "soil" as float32, but it is VARCHAR: encode it as a number/,
    ],
    ['1', 'features: [petal_length, petal_width]', /is 4 columns wide, but 2 features are named/],
    ['1', 'missing: refuse', /does not name them; list them/],
    ['3', matrix, /iris version 3: ONNX Runtime cannot load its file/],
    ['4', matrix, /ZipMap.*options=\{'zipmap': False\}/],
    ['5', matrix, /is registered for the task multiclass, the pipeline's is binary/],
    ['7', matrix, /names the classes a, b, c; a binary model has two/],
    ['99', matrix, /99/],
    ['"@serving"', matrix, /serving/],
  ])('version %s with %s', async (version, rest, message) => {
    const quoted = version.startsWith('"') ? version : `"${version}"`;
    await expect(check({ model: `{ task: binary, name: iris, candidate: ${quoted}, ${rest} }` })).rejects.toThrow(
      message,
    );
  });

  it('when a few cells make text of a column of numbers: the first is named', async () => {
    const rows = Array.from(
      { length: 12 },
      (_value, at) => `${at % 2},${at === 9 ? 'NA' : at === 11 ? 'n/a' : at},1,1,1,a`,
    );
    await writeFile(
      join(folder, 'na.csv'),
      `y,petal_length,petal_width,sepal_length,sepal_width,soil\n${rows.join('\n')}\n`,
    );
    await expect(check({ data: '{ source: na.csv, label: y }' })).rejects.toMatchObject({
      kind: 'data',
      message:
        'iris version 1 wants the feature "petal_length" as float32, but it is VARCHAR: 2 cells are no number among the first 12, ' +
        'the first of them: "NA" in row 10 below the header; write numbers there, or leave the cells empty (model.missing says what that means)',
    });
  });

  it.each([
    [
      'may be of either',
      ['03/01/2026', '03/12/2026', '04/04/2026'],
      /"t" has days that can be read in two ways in days.csv, such as "03\/01\/2026"/,
    ],
    ['are told by one of them', ['03/01/2026', '03/25/2026', '04/04/2026'], null],
    ['are written as ISO 8601 does', ['2026-03-01', '2026-03-12', '2026-04-04'], null],
  ])('when the order of day and month in a CSV matters: days that %s', async (_what, days, problem) => {
    await writeFile(
      join(folder, 'days.csv'),
      `y,p,t\n${days.map((day, at) => `${at % 2},0.${at + 1},${day}`).join('\n')}\n`,
    );
    const parts = {
      data: '{ source: days.csv, label: y, time: t }',
      model: '{ task: binary, candidate: { column: p } }',
    };
    if (problem === null) await expect(check(parts)).resolves.toBeDefined();
    else expect(await problems(parts)).toEqual([expect.stringMatching(problem)]);
  });

  it('and so are ready-made predictions of which a few cells are no number', async () => {
    const rows = Array.from({ length: 12 }, (_value, at) => `${at % 2},${at === 7 ? 'oops' : at / 12}`);
    await writeFile(join(folder, 'scores.csv'), `y,p\n${rows.join('\n')}\n`);
    const data = '{ source: scores.csv, label: y }';
    expect(await problems({ data, model: '{ task: binary, candidate: { column: p } }' })).toEqual([
      '3:45 the predictions in "p" are VARCHAR: 1 cell is no number among the first 12: "oops" in row 8 below the header; ' +
        'write numbers there, or leave the cells empty and leave those rows out with data.where',
    ]);
  });

  it('when model.features is not what its inputs are called, whatever the order', async () => {
    const listing = (...features: string[]): PipelineParts => ({
      model: `{ task: binary, name: iris, candidate: "2", features: [${features.join(', ')}] }`,
    });
    expect(await problems(listing('leaves', 'petal_length', 'height'))).toEqual([
      '3:85 iris version 2 has one input per column (petal_length, leaves, soil), but model.features lists "height", which the ' +
        'model has no input for, and leaves out "soil"; correct the list or remove it (where it is for the other model, it can be ' +
        '"features" in the model.json of that version)',
    ]);
    expect(await problems(listing('petal_length'))).toEqual([
      expect.stringMatching(/^3:62 .* but model\.features leaves out "leaves", "soil"; correct the list or remove it/),
    ]);
    const { candidate } = await check(listing('soil', 'leaves', 'petal_length'));
    expect(candidate?.signature.features.map(({ column }) => column)).toEqual(['petal_length', 'leaves', 'soil']);
  });

  it("when the version's model.json lists other features than its inputs", async () => {
    await register('8', 'columns-mixed', { features: ['petal_length', 'leaves'] });
    await expect(check({ model: '{ task: binary, name: iris, candidate: "8" }' })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/iris version 8 .* but "features" in its model\.json leaves out "soil"/) as string,
    });
  });

  it('when an input of its own name is no column', async () => {
    const source = await newFile(folder, `SELECT * EXCLUDE (soil) FROM read_parquet('${ROWS}')`);
    await expect(
      check({
        data: `{ source: ${source}, label: is_virginica }`,
        model: '{ task: binary, name: iris, candidate: "2" }',
      }),
    ).rejects.toThrow(/iris version 2 wants the feature "soil": the data have no column "soil"/);
  });
});

describe('data come from', () => {
  const model = '{ task: binary, candidate: { column: score } }';
  const rowsOf = async (source: string): Promise<number> => {
    const { files } = await check({ data: `{ source: ${JSON.stringify(source)}, label: y }`, model });
    const [row] = await queryRows(`SELECT count(*) FROM ${files.table.sql}`);
    return Number(row?.[0]);
  };

  beforeAll(async () => {
    await mkdir(join(folder, 'parts'));
    for (const [name, rows] of [
      ['b', 2],
      ['a', 1],
    ] as const) {
      await writeFile(join(folder, 'parts', `${name}.csv`), `y,score\n${'1,0.5\n'.repeat(rows)}`);
      await writeFile(join(folder, 'parts', `${name}.jsonl`), '{"y": 1, "score": 0.5}\n'.repeat(rows));
    }
    await writeFile(join(folder, 'parts', 'UPPER.CSV'), 'y,score\n1,0.5\n');
    await writeFile(join(folder, 'parts', "it's odd.tsv"), 'y\tscore\n1\t0.5\n');
    await writeFile(join(folder, 'parts', 'broken.parquet'), 'no parquet');
    await writeFile(join(folder, 'parts', 'data.xlsx'), '');
  });

  it.each([
    ['a CSV file', 'parts/a.csv', 1],
    ['lines of JSON', 'parts/b.jsonl', 2],
    ['several files by a glob', 'parts/*.csv', 3],
    ['an ending in upper case', 'parts/UPPER.CSV', 1],
    ['a name with a quote and a space', "parts/it's odd.tsv", 1],
  ])('%s', async (_what, source, rows) => {
    expect(await rowsOf(source)).toBe(rows);
  });

  it('several files in the order of their names', async () => {
    const { files } = await check({ data: '{ source: "parts/?.csv", label: y }', model });
    expect(files.files).toEqual([join(folder, 'parts/a.csv'), join(folder, 'parts/b.csv')]);
  });

  it.each([
    ['a file that is not there', 'parts/c.csv', 'usage', /no such file: parts\/c\.csv \(.+\/parts\/c\.csv\)/],
    ['a glob that nothing matches', 'parts/*.parq.parquet', 'usage', /no such file/],
    ['an unknown ending', 'parts/data.xlsx', 'usage', /cannot tell its format; the name must end in \.parquet/],
    ['no ending', 'parts', 'usage', /cannot tell its format/],
    ['a URI', 's3://bucket/data.parquet', 'usage', /only files can be read in this version/],
    ['a damaged file', 'parts/broken.parquet', 'data', /parts\/broken\.parquet looks like text that is neither/],
  ])('never %s', async (_what, source, kind, message) => {
    await expect(rowsOf(source)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) as string });
  });

  it('never columns that Segmentry or SQL cannot tell apart', async () => {
    await writeFile(join(folder, 'parts', 'taken.jsonl'), '{"y": 1, "score": 0.5, "segmentry_row": 1}\n');
    await expect(rowsOf('parts/taken.jsonl')).rejects.toThrow(
      /have a column "segmentry_row", a name that Segmentry needs/,
    );
  });

  it('a pipeline file that is one of data, or a model', async () => {
    await expect(preflight({ file: join(folder, 'rows.parquet') }, INSPECT)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/rows\.parquet is not YAML but a Parquet file: .* data\.source$/) as string,
    });
    await expect(preflight({ file: modelPath('mlp') }, INSPECT)).rejects.toThrow(/is not YAML but a binary file/);
  });

  // For whoever may read everything, as in a container, the rights of another user are taken.
  it('a file that may be read', async () => {
    const user = process.geteuid?.() ?? 0;
    await writeFile(join(folder, 'secret.csv'), 'y,score\n1,0.5\n', { mode: 0o000 });
    await writeFile(join(folder, 'secret.yaml'), '', { mode: 0o000 });
    await chmod(folder, 0o755);
    if (user === 0) process.seteuid?.(NOBODY);
    try {
      await expect(rowsOf('secret.csv')).rejects.toMatchObject({
        kind: 'infrastructure',
        message: expect.stringMatching(/^Cannot read the data file .*secret\.csv: permission denied\. Give/) as string,
      });
      await expect(preflight({ file: join(folder, 'secret.yaml') }, INSPECT)).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringMatching(/secret\.yaml: permission denied: give .* the right to read it$/) as string,
      });
    } finally {
      process.seteuid?.(user);
    }
  });

  it('a pipeline file that exists', async () => {
    await expect(preflight({ file: join(folder, 'nothing.yaml') }, INSPECT)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/no such file$/) as string,
    });
    await expect(preflight({ file: folder }, INSPECT)).rejects.toThrow(/it is a folder$/);
  });
});
