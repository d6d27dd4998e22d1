/**
 * Files that are not what they should be: data and models, some made by hand and many by damage at random places. Each one is
 * read in a process of its own, where a crash of native code would be seen, and has to end with an explained error or be read.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS, modelPath } from '../golden-models.js';
import { pipelineText } from '../pipeline-text.js';
import { newFolder } from '../scratch-folder.js';
import { treeOf } from '../e2e/sandbox.js';
import { type Attempt, attemptAll } from './attempt.js';
import * as onnx from '../../bench/onnx-files.js';
import { damaged } from './random.js';

/** More of them with SEGMENTRY_FUZZ=20, say: that many times as many. */
const TIMES = Number(process.env['SEGMENTRY_FUZZ'] ?? 1);
const DAMAGED = 60 * TIMES;

type Expected = 'ok' | 'refused' | 'any';

interface BadFile {
  readonly name: string;
  readonly expected: Expected;
  /** What the message says. */
  readonly says?: string;
  readonly write: (folder: string) => Promise<unknown>;
  readonly pipeline: string;
}

const CSV_MODEL = '{ task: binary, candidate: { column: p } }';

/** A table that is read as `name`; its label is y and its predictions are p. */
function data(name: string, bytes: string | Uint8Array, expected: Expected, says?: string, label = 'y'): BadFile {
  const source = JSON.stringify({ source: name, label });
  return {
    name,
    expected,
    ...(says === undefined ? {} : { says }),
    write: (folder) => writeFile(join(folder, name), bytes),
    pipeline: pipelineText({ data: source, model: CSV_MODEL }),
  };
}

const FEATURES = 'features: [sepal_length, sepal_width, petal_length, petal_width]';

/** A model that is version 1 of a registry of its own. */
function model(name: string, bytes: Uint8Array, expected: Expected, says?: string, features = FEATURES): BadFile {
  return {
    name: `${name}.onnx`,
    expected,
    ...(says === undefined ? {} : { says }),
    write: async (folder) => {
      const target = join(folder, 'registry', 'iris', '1');
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'model.onnx'), bytes);
      await writeFile(join(folder, 'rows.parquet'), await readFile(ROWS));
    },
    pipeline: pipelineText({
      data: '{ source: rows.parquet, label: is_virginica }',
      model: `{ task: binary, name: iris, candidate: "1"${features === '' ? '' : `, ${features}`} }`,
    }),
  };
}

const { FLOAT, INT32, INT64 } = onnx;
const X = onnx.value('x', FLOAT, ['N', 4]);
const SCORE = onnx.value('score', FLOAT, ['N', 1]);
const reduce = onnx.node('ReduceMean', ['x'], ['score'], [onnx.intsAttribute('axes', [1])]);
const plain = { nodes: [reduce], inputs: [X], outputs: [SCORE] };
const added = (weights: Uint8Array) =>
  onnx.model({
    nodes: [
      onnx.node('Add', ['x', 'w'], ['sum']),
      onnx.node('ReduceMean', ['sum'], ['score'], [onnx.intsAttribute('axes', [1])]),
    ],
    inputs: [X],
    outputs: [SCORE],
    initializers: [weights],
  });
/** A graph that answers with a constant, whatever it is asked. */
const constant = (dimensions: readonly number[], ...values: readonly number[]) =>
  onnx.model({
    nodes: [
      onnx.node(
        'Constant',
        [],
        ['score'],
        [onnx.tensorAttribute('value', onnx.tensor('', FLOAT, dimensions, onnx.floats(...values)))],
      ),
    ],
    inputs: [X],
    outputs: [onnx.value('score', FLOAT, dimensions)],
  });

const MODELS: readonly BadFile[] = [
  model('one that is right', onnx.model(plain), 'ok'),
  model('empty', new Uint8Array(), 'refused', 'iris version 1'),
  model('text', Buffer.from('not a model'), 'refused', 'iris version 1'),
  model('another input width', onnx.model(plain), 'refused', '4 columns wide', 'features: [sepal_length]'),
  model(
    'no inputs',
    onnx.model({
      ...plain,
      nodes: [
        onnx.node(
          'Constant',
          [],
          ['score'],
          [onnx.tensorAttribute('value', onnx.tensor('', FLOAT, [1, 1], onnx.floats(1)))],
        ),
      ],
      inputs: [],
    }),
    'refused',
    'no inputs',
  ),
  model('no outputs', onnx.model({ ...plain, outputs: [] }), 'refused', 'outputs'),
  model('no nodes', onnx.model({ ...plain, nodes: [] }), 'refused', 'iris version 1'),
  model(
    'an operator that nobody knows',
    onnx.model({ ...plain, nodes: [onnx.node('Weird', ['x'], ['score'])] }),
    'refused',
    'Weird',
  ),
  model(
    'an operator of a custom domain',
    onnx.model(
      { ...plain, nodes: [onnx.node('Weird', ['x'], ['score'], [], 'com.example')] },
      { domain: 'com.example' },
    ),
    'refused',
    'Weird',
  ),
  model('opset 999', onnx.model(plain, { opset: 999 }), 'refused', 'iris version 1'),
  model('IR version 999', onnx.model(plain, { ir: 999 }), 'refused', 'iris version 1'),
  model(
    'a cycle',
    onnx.model({ ...plain, nodes: [onnx.node('Add', ['x', 'b'], ['a']), onnx.node('Add', ['a', 'x'], ['b']), reduce] }),
    'refused',
    'iris version 1',
  ),
  model(
    'huge declared weights',
    added(onnx.tensor('w', FLOAT, [1n << 40n, 1n << 40n], onnx.floats(1))),
    'refused',
    'iris version 1',
  ),
  model(
    'weights of a negative size',
    added(onnx.tensor('w', FLOAT, [-1n], onnx.floats(1))),
    'refused',
    'iris version 1',
  ),
  model(
    'weights outside its folder',
    added(onnx.externalTensor('w', [1], '../../../../../../etc/hostname')),
    'refused',
    'iris version 1',
  ),
  model(
    'weights at an absolute path',
    added(onnx.externalTensor('w', [1], '/etc/hostname')),
    'refused',
    'iris version 1',
  ),
  model('weights that are missing', added(onnx.externalTensor('w', [1], 'weights.bin')), 'refused', 'iris version 1'),
  model(
    'a huge fixed batch',
    onnx.model({
      ...plain,
      inputs: [onnx.value('x', FLOAT, [2_000_000_000, 4])],
      outputs: [onnx.value('score', FLOAT, [2_000_000_000, 1])],
    }),
    'refused',
    '2000000000',
  ),
  model(
    'a batch of 2^60',
    onnx.model({
      ...plain,
      inputs: [onnx.value('x', FLOAT, [1n << 60n, 4])],
      outputs: [onnx.value('score', FLOAT, [1n << 60n, 1])],
    }),
    'refused',
    'iris version 1',
  ),
  model(
    'a batch of none',
    onnx.model({ ...plain, inputs: [onnx.value('x', FLOAT, [0, 4])], outputs: [onnx.value('score', FLOAT, [0, 1])] }),
    'refused',
    'iris version 1',
  ),
  model(
    'an input without dimensions',
    onnx.model({
      ...plain,
      nodes: [onnx.node('Identity', ['x'], ['score'])],
      inputs: [onnx.value('x', FLOAT, [])],
      outputs: [onnx.value('score', FLOAT, [])],
    }),
    'refused',
    'iris version 1',
  ),
  model(
    'an input of no columns',
    onnx.model({ ...plain, inputs: [onnx.value('x', FLOAT, ['N', 0])] }),
    'refused',
    'iris version 1',
  ),
  model(
    'an input of three dimensions',
    onnx.model({ ...plain, inputs: [onnx.value('x', FLOAT, ['N', 2, 2])] }),
    'refused',
    '3 dimensions',
  ),
  model(
    'a division by zero',
    onnx.model({
      nodes: [onnx.node('Sub', ['x', 'x'], ['zero']), onnx.node('Div', ['x', 'zero'], ['score'])],
      inputs: [onnx.value('x', INT64, ['N', 1])],
      outputs: [onnx.value('score', INT64, ['N', 1])],
    }),
    'refused',
    'iris version 1',
    'features: [flower_id]',
  ),
  model(
    'an index outside',
    onnx.model({
      nodes: [onnx.node('Gather', ['w', 'x'], ['score'])],
      inputs: [onnx.value('x', INT64, ['N', 1])],
      outputs: [SCORE],
      initializers: [onnx.tensor('w', FLOAT, [1], onnx.floats(1))],
    }),
    'refused',
    'iris version 1',
    'features: [flower_id]',
  ),
  model(
    'numbers of another kind',
    onnx.model({
      nodes: [onnx.node('Identity', ['x'], ['score'])],
      inputs: [onnx.value('x', INT32, ['N', 4])],
      outputs: [onnx.value('score', INT32, ['N', 4])],
    }),
    'refused',
    'iris version 1',
  ),
  model('a constant of one row', constant([1, 1], 0.5), 'refused', '1 rows'),
  model('a constant of 17 rows', constant([17, 1], ...Array.from({ length: 17 }, () => 0.5)), 'refused', '17 rows'),
  model(
    'three numbers a row',
    constant([16, 3], ...Array.from({ length: 48 }, () => 0.5)),
    'refused',
    '3 numbers a row',
  ),
  model('NaN', constant([16, 1], ...Array.from({ length: 16 }, () => NaN)), 'any'),
];

/** A frame of so many blocks, four bytes each, which are a letter 128 Ki times. */
const zstdOfOneByte = (blocks: number): Buffer =>
  Buffer.concat([
    // A window of 128 KiB, neither size nor checksum.
    Buffer.from('28b52ffd0038', 'hex'),
    ...Array.from({ length: blocks }, (_v, at) => {
      const block = Buffer.alloc(4, 'x');
      block.writeUIntLE((at === blocks - 1 ? 1 : 0) | (1 << 1) | (131_072 << 3), 0, 3);
      return block;
    }),
  ]);
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const ROWS_OF_CSV = '0,0.1\n1,0.9\n';
const odd = (name: string): string =>
  `${name.includes('"') || name.includes('\n') ? `"${name.replaceAll('"', '""')}"` : name},p\n${ROWS_OF_CSV}`;

const NAMES = [
  'a"; drop table x; --',
  "it's",
  '{{row}}',
  '$1',
  'عنوان',
  'e\u0301te\u0301',
  '\u00e9t\u00e9',
  '🎉',
  'раypal',
  'two words',
  'select',
  '\u200b',
  'x'.repeat(5_000),
];

const DATA: readonly BadFile[] = [
  data('right.csv', `y,p\n${ROWS_OF_CSV}`, 'ok'),
  data('empty.csv', '', 'refused', 'is empty (0 bytes)'),
  data('newlines.csv', '\n\n\n', 'refused', 'the data have no column "y"'),
  data('header.csv', 'y,p\n', 'refused', 'has no rows, only a header of 2 columns'),
  data('uneven.csv', `y,p,x\n${'0,0.1,1\n'.repeat(50)}1,0.9\n${'0,0.1,"a,b"\n'.repeat(5)}`, 'refused', 'line 52 of'),
  data(
    'binary.csv',
    Buffer.from(Array.from({ length: 5_000 }, (_v, at) => (at * 7919) % 256)),
    'refused',
    'binary.csv',
  ),
  data('nul.csv', `y,p\n0,0.1\0\n${ROWS_OF_CSV}`, 'any'),
  data('bom.csv', `\ufeffy,p\n${ROWS_OF_CSV}`, 'ok'),
  data('utf-16.csv', utf16(`y,p\n${ROWS_OF_CSV}`), 'refused', 'utf-16.csv'),
  data('latin-1.csv', Buffer.from(`y,p,n\n0,0.1,caf\xe9\n1,0.9,x\n`, 'latin1'), 'refused', 'the text is not UTF-8'),
  data('cut short.csv', `y,p\n${ROWS_OF_CSV.repeat(20_000)}0,a\n`, 'refused', 'the CSV cannot be read at line'),
  data('ragged.csv', `y,p\n0,0.1,7,8,9\n1\n0,0.5\n1,0.9\n`, 'any'),
  data('quote.csv', `y,p\n0,"0.1\n1,0.9\n`, 'any'),
  data('long line.csv', `y,p,t\n0,0.1,${'x'.repeat(5_000_000)}\n`, 'any'),
  data('bomb.csv.gz', gzipSync(Buffer.alloc(50_000_000, 120)), 'refused', 'bomb.csv.gz'),
  data('cut.csv.gz', gzipSync(`y,p\n${ROWS_OF_CSV.repeat(1_000)}`).subarray(0, 40), 'refused', 'cut.csv.gz'),
  data('not gzip.csv.gz', 'y,p\n1,1\n', 'refused', 'not gzip.csv.gz'),
  data('not zstd.csv.zst', 'y,p\n1,1\n', 'refused', 'not zstd.csv.zst'),
  data('bomb.csv.zst', zstdOfOneByte(4_000), 'refused', 'bomb.csv.zst'),
  data('cut.csv.zst', zstdOfOneByte(4_000).subarray(0, -1), 'refused', 'is not a whole Zstandard file'),
  data(
    'wide.csv',
    `y,p,${Array.from({ length: 10_000 }, (_v, at) => `c${at}`).join()}\n${`0,0.1,${Array.from({ length: 10_000 }, () => '1').join()}\n`.repeat(3)}`,
    'ok',
  ),
  data('extremes.csv', 'y,p,x\n0,0.1,1e308\n1,0.9,5e-324\n0,0.2,-0\n1,0.8,-1e308\n', 'ok'),
  data('overflow.csv', 'y,p,x\n0,0.1,1e999\n1,0.9,NaN\n0,0.2,-inf\n', 'ok'),
  data('wrong.parquet', `y,p\n${ROWS_OF_CSV}`, 'refused', 'wrong.parquet'),
  data('empty.parquet', '', 'refused', 'is empty (0 bytes)'),
  data('parquet.csv', Buffer.from('PAR1 and more'), 'refused', 'is a Parquet file, whatever its name says'),
  data(
    'footer.parquet',
    Buffer.concat([Buffer.from('PAR1'), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')]),
    'refused',
    'footer.parquet',
  ),
  data(
    'encrypted.parquet',
    Buffer.concat([Buffer.from('PARE'), Buffer.alloc(20), Buffer.from('PARE')]),
    'refused',
    'encrypted.parquet',
  ),
  data('right.jsonl', '{"y":0,"p":0.1}\n{"y":1,"p":0.9}\n', 'ok'),
  data('cut.json', '[{"y":0,"p":0.1},{"y":1,', 'refused', 'cut.json'),
  data('deep.json', '['.repeat(200_000), 'refused', 'deep.json'),
  data('deep right.json', `[{"y":0,"p":0.1,"d":${'['.repeat(2_000)}${']'.repeat(2_000)}}]`, 'any'),
  data('twice.jsonl', '{"y":0,"p":0.1,"y":1}\n', 'any'),
  data('surrogates.jsonl', '{"y":0,"p":0.1,"t":"\\ud800"}\n', 'any'),
  data('numbers.jsonl', '{"y":0,"p":1e400}\n{"y":1,"p":123456789012345678901234567890}\n', 'any'),
  data('text.json', 'no JSON', 'refused', 'text.json'),
  ...NAMES.map((name, at) => data(`name ${at}.csv`, odd(name), 'ok', undefined, name)),
  ...[
    'data[1].csv',
    'a*b.csv',
    'what?.csv',
    "it's.csv",
    'say "x".csv',
    '100%.csv',
    '%20.csv',
    'été 🎉.csv',
    '{{x}}.csv',
    'new\nline.csv',
    '#1.csv',
    '-x.csv',
    '~.csv',
    '[a-z].csv',
  ].map((name) => data(name, `y,p\n${ROWS_OF_CSV}`, 'ok')),
  {
    name: 'a link to another folder',
    expected: 'ok',
    write: async (folder) => {
      await mkdir(join(folder, '..', 'elsewhere'), { recursive: true });
      await writeFile(join(folder, '..', 'elsewhere', 'd.csv'), `y,p\n${ROWS_OF_CSV}`);
      await symlink(join(folder, '..', 'elsewhere', 'd.csv'), join(folder, 'linked.csv'));
    },
    pipeline: pipelineText({ data: '{ source: linked.csv, label: y }', model: CSV_MODEL }),
  },
  {
    name: 'a folder that is called like a file',
    expected: 'refused',
    says: 'is not a file',
    write: (folder) => mkdir(join(folder, 'd.csv')),
    pipeline: pipelineText({ data: '{ source: d.csv, label: y }', model: CSV_MODEL }),
  },
  {
    name: 'a device',
    expected: 'refused',
    says: 'is not a file',
    write: (folder) => symlink('/dev/zero', join(folder, 'd.csv')),
    pipeline: pipelineText({ data: '{ source: d.csv, label: y }', model: CSV_MODEL }),
  },
];

async function randomFiles(): Promise<readonly BadFile[]> {
  const rows = await readFile(ROWS);
  const models = await Promise.all(['matrix-float', 'mlp', 'single-score'].map((name) => readFile(modelPath(name))));
  const parquet = (bytes: Uint8Array): Pick<BadFile, 'write' | 'pipeline'> => ({
    write: (folder) => writeFile(join(folder, 'd.parquet'), bytes),
    pipeline: pipelineText({
      data: '{ source: d.parquet, label: is_virginica }',
      model: '{ task: binary, candidate: { column: height } }',
    }),
  });
  return [
    ...Array.from({ length: 40 }, (_v, at): BadFile => {
      const length = Math.floor((rows.length * at) / 40);
      return {
        name: `parquet of ${length} bytes`,
        expected: 'refused',
        says: 'd.parquet',
        ...parquet(rows.subarray(0, length)),
      };
    }),
    ...Array.from({ length: DAMAGED }, (_v, seed): BadFile => ({
      name: `parquet, damage ${seed}`,
      expected: 'any',
      ...parquet(damaged(rows, seed)),
    })),
    ...Array.from({ length: DAMAGED }, (_v, seed) =>
      model(`damage ${seed}`, damaged(models[seed % models.length]!, seed), 'any'),
    ),
  ];
}

describe('files that are not what they should be', { timeout: 120_000 + 60_000 * TIMES }, () => {
  let cases: readonly { readonly bad: BadFile; readonly file: string }[] = [];
  let outcomes: ReadonlyMap<string, Attempt>;
  let before: unknown;
  let root: string;

  beforeAll(
    async () => {
      root = await newFolder(afterAll);
      const all = [...DATA, ...MODELS, ...(await randomFiles())];
      cases = await Promise.all(
        all.map(async (bad, at) => {
          const file = join(root, String(at), 'pipeline', 'pipeline.yaml');
          await mkdir(dirname(file), { recursive: true });
          await bad.write(dirname(file));
          await writeFile(file, bad.pipeline);
          return { bad, file };
        }),
      );
      before = await treeOf(root);
      outcomes = await attemptAll(cases.map(({ file }) => file));
    },
    240_000 + 60_000 * TIMES,
  );

  const outcomeOf = ({ bad, file }: (typeof cases)[number]) => ({ name: bad.name, ...outcomes.get(file)! });

  it('crash nothing, and are no riddle', () => {
    const wrong = cases.map(outcomeOf).filter(({ kind }) => !['ok', 'usage', 'data'].includes(kind));
    expect(wrong).toEqual([]);
  });

  it('are refused with what is wrong, or read', () => {
    const wrong = cases.flatMap((one) => {
      const { kind, message } = outcomeOf(one);
      const { expected, says = '' } = one.bad;
      if (expected === 'any') return [];
      const right = expected === 'ok' ? kind === 'ok' : kind !== 'ok' && message.includes(says);
      return right ? [] : [{ name: one.bad.name, expected, says, kind, message: message.slice(0, 400) }];
    });
    expect(wrong).toEqual([]);
  });

  it('give messages that a person can read', () => {
    for (const one of cases) {
      const { name, message } = outcomeOf(one);
      expect(message, name).not.toMatch(/^\s+at .*:\d+:\d+|\[object Object\]|undefined/m);
      // Options of DuckDB that no pipeline has.
      expect(message, name).not.toMatch(/strict_mode|ignore_errors|null_padding/);
      expect(message.length, name).toBeLessThan(10_000);
    }
  });

  it('leave data and registries as they were, and nothing beside them', async () => {
    expect(await treeOf(root)).toEqual(before);
  });
});
