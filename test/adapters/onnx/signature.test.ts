import { describe, expect, it } from 'vitest';
import { type RawSignature, type TensorInfo, readSignature } from '../../../adapters/onnx/signature.js';

const tensor = (name: string, type: string, ...shape: readonly (number | string)[]): TensorInfo => ({
  name,
  isTensor: true,
  type,
  shape,
});
const SCORE = tensor('score', 'float32', 'N', 1);
const read = (inputs: readonly TensorInfo[], features: readonly string[] | null = null, outputs = [SCORE]) =>
  readSignature('iris version 1', { inputs, outputs } satisfies RawSignature, features, null);

describe('a model is fed', () => {
  it('by one matrix, its columns named in order', () => {
    expect(read([tensor('input', 'float64', 'N', 2)], ['b', 'a'])).toMatchObject({
      layout: 'matrix',
      input: 'input',
      fixedBatch: null,
      features: [
        { column: 'b', element: 'float64' },
        { column: 'a', element: 'float64' },
      ],
    });
  });

  it('by a matrix whose width is free', () => {
    expect(read([tensor('input', 'float32', 'N', 'F')], ['a', 'b', 'c'])).toMatchObject({ layout: 'matrix' });
  });

  it('by one input per column, of shape [N, 1] or [N]', () => {
    expect(read([tensor('temp', 'float32', 'N', 1), tensor('carrier', 'string', 'N')])).toMatchObject({
      layout: 'columns',
      flat: ['carrier'],
      features: [
        { column: 'temp', element: 'float32' },
        { column: 'carrier', element: 'string' },
      ],
    });
  });

  it('by one input of one column, called by its own name or by the feature that is named', () => {
    const only = tensor('input', 'float32', 'N', 1);
    expect(read([only])).toMatchObject({ layout: 'columns', features: [{ column: 'input' }] });
    expect(read([only], ['temp'])).toMatchObject({ layout: 'matrix', input: 'input', features: [{ column: 'temp' }] });
  });

  it('in batches of a fixed size', () => {
    expect(read([tensor('input', 'float32', 8, 2)], ['a', 'b'])).toMatchObject({ fixedBatch: 8 });
  });

  it.each([
    ['an image', [tensor('pixels', 'float32', 'N', 3, 32)], /3 dimensions \[N, 3, 32\]/],
    ['half floats', [tensor('input', 'float16', 'N', 2)], /is a float16 tensor; inputs can be float32/],
    ['a sequence', [{ name: 'input', isTensor: false, type: 'sequence', shape: [] }], /not a tensor/],
    [
      'a matrix beside a column',
      [tensor('input', 'float32', 'N', 2), tensor('x', 'float32', 'N', 1)],
      /beside 1 other/,
    ],
  ])('never by %s', (_what, inputs, message) => {
    expect(() => read(inputs, ['a', 'b'])).toThrow(message);
  });
});

describe('a model answers', () => {
  const inputs = [tensor('x', 'float32', 'N', 1)];
  const output = (...outputs: readonly TensorInfo[]) => read(inputs, null, [...outputs]).output;

  it('with its probabilities rather than with its label', () => {
    expect(
      output(
        tensor('label', 'int64', 'N'),
        tensor('other', 'float32', 'N'),
        tensor('probabilities', 'float32', 'N', 2),
      ),
    ).toEqual({
      name: 'probabilities',
      kind: 'scores',
    });
  });

  it('with its label where there is nothing else', () => {
    expect(output(tensor('label', 'string', 'N'))).toEqual({ name: 'label', kind: 'label' });
  });

  it('with something, or it is refused', () => {
    expect(() => output(tensor('flag', 'bool', 'N'))).toThrow(/none of its outputs \(flag: bool\)/);
  });
});
