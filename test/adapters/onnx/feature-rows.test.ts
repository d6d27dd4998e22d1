import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LayoutWriter } from '../../../adapters/layout/layout-file.js';
import { forEachPiece } from '../../../adapters/onnx/feature-rows.js';
import { newFolder } from '../../scratch-folder.js';

let folder: string;

beforeAll(async () => {
  folder = await newFolder(afterAll);
});

/** What comes of a block whose two segments have rows with these numbers; each row's feature is its number. */
async function rowsOf(name: string, first: readonly number[], second: readonly number[]) {
  const path = join(folder, name);
  const writer = new LayoutWriter(path, 2, [{ element: 'float64', columns: ['x'] }]);
  const numbers = Int32Array.of(...first, ...second);
  writer.add(numbers, Int32Array.of(0, first.length, numbers.length), [Float64Array.from(numbers)]);
  writer.close();
  const layout = { files: [path], starts: Int32Array.of(0, first.length, numbers.length) };
  const found: { number: number; x: unknown }[] = [];
  const range = { from: 0, to: numbers.length, skip: 0 };
  await forEachPiece({ layout }, [{ element: 'float64', column: 'x' }], range, (piece) => {
    const [{ items, offset, stride } = { items: [], offset: 0, stride: 1 }] = piece.columns;
    piece.numbers.forEach((number, row) => found.push({ number, x: items[offset + row * stride] }));
    return Promise.resolve(undefined);
  });
  return found;
}

describe('rows of several segments come in the order of the data, each with its features', () => {
  it.each([
    ['neighbours', [1, 3, 4, 9], [0, 2, 8]],
    ['a row each', [1], [0]],
    ['numbers from one end of the data to the other', [7, 2_000_000_000], [0, 1, 2_147_483_647]],
  ])('%s', async (name, first, second) => {
    const ordered = [...first, ...second].sort((a, b) => a - b);
    expect(await rowsOf(name, first, second)).toEqual(ordered.map((number) => ({ number, x: number })));
  });
});
