/** Models made by hand, some of them right. */
import * as onnx from '../../bench/onnx-files.js';
import { type BadFile, model } from './bad-file.js';

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

export const MODELS: readonly BadFile[] = [
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
