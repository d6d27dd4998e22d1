import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import {
  ColumnReader,
  createColumnFile,
  readColumnFile,
  writeColumnAt,
  writeColumnFile,
} from '../../adapters/column-file.js';
import { newFolder } from '../scratch-folder.js';

describe('a column file', () => {
  it('gives every kind of number back, bit by bit', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    const columns = {
      doubles: Float64Array.of(0.1, -0, NaN, Infinity, 5e-324),
      floats: Float32Array.of(0.1, -0, NaN, -Infinity, 1e-45),
      integers: Int32Array.of(-(2 ** 31), -1, 0, 1, 2 ** 31 - 1),
      bytes: Uint8Array.of(0, 1, 2, 254, 255),
    };
    writeColumnFile(path, columns);
    expect(readColumnFile(path)).toEqual(columns);
  });

  it('has the same bytes for the same columns', async () => {
    const folder = await newFolder();
    const columns = { score: Float32Array.of(0.25, 0.5), row: Int32Array.of(1, 0) };
    for (const name of ['a', 'b']) writeColumnFile(join(folder, name), columns);
    expect(await readFile(join(folder, 'a'))).toEqual(await readFile(join(folder, 'b')));
  });

  it.each([0, 1, 7, 100_000])('may have %i rows', async (rows) => {
    const path = join(await newFolder(), 'columns.arrow');
    const row = Int32Array.from({ length: rows }, (_value, index) => index);
    writeColumnFile(path, { row });
    expect(readColumnFile(path)['row']).toEqual(row);
  });

  it('may have no columns: a pipeline without segmentations has no codes', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    writeColumnFile(path, {});
    expect(readColumnFile(path)).toEqual({});
  });

  it('is Arrow, so that others can open it', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    writeColumnFile(path, { score: Float64Array.of(0.5) });
    expect(
      tableFromIPC(await readFile(path))
        .get(0)
        ?.toJSON(),
    ).toEqual({ score: 0.5 });
  });

  it('is Arrow with columns of any kinds and odd lengths', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    const columns = { row: Int32Array.of(3, 1, 2), score: Float32Array.of(0.5, -0, 1), known: Uint8Array.of(1, 0, 1) };
    writeColumnFile(path, { ...columns, exact: Float64Array.of(0.1, 0.2, 0.3) }, ['a note']);
    const table = tableFromIPC(await readFile(path));
    expect(table.numRows).toBe(3);
    expect(table.schema.metadata.get('segmentry.notes')).toBe('["a note"]');
    for (const [name, values] of Object.entries(columns)) expect(table.getChild(name)?.toArray()).toEqual(values);
    expect(table.getChild('exact')?.toArray()).toEqual(Float64Array.of(0.1, 0.2, 0.3));
  });

  it('may be made first and filled piece by piece', async () => {
    const folder = await newFolder();
    const [whole, pieces] = [join(folder, 'whole'), join(folder, 'pieces')];
    const columns = { a: Int32Array.of(1, 2, 3, 4, 5), b: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5) };
    const notes = ['a note'];
    writeColumnFile(whole, columns, notes);
    const offsets = createColumnFile(pieces, { a: Int32Array, b: Float64Array }, 5, notes);
    expect(readColumnFile(pieces)['a']).toEqual(new Int32Array(5));
    for (const [name, values] of Object.entries(columns)) {
      writeColumnAt(pieces, offsets[name]! + 2 * values.BYTES_PER_ELEMENT, values.subarray(2));
      writeColumnAt(pieces, offsets[name]!, values.subarray(0, 2));
    }
    expect(await readFile(pieces)).toEqual(await readFile(whole));
  });

  it('refuses columns of different lengths', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    expect(() => writeColumnFile(path, { a: Int32Array.of(1), b: Int32Array.of(1, 2) })).toThrow(
      /column b has 2 rows, others 1/,
    );
  });

  it('never replaces another file', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    writeColumnFile(path, { row: Int32Array.of(1) });
    expect(() => writeColumnFile(path, { row: Int32Array.of(2) })).toThrow(/something else is already at this path/);
  });

  it.runIf(process.platform === 'linux')('says that the disk is full', () => {
    expect(() => writeColumnAt('/dev/full', 0, Int32Array.of(1))).toThrow(
      'Cannot write /dev/full: the disk is full. Free some space, then run again',
    );
  });
});

describe('an open column file', () => {
  it('gives any rows of one column, and no others', async () => {
    const path = join(await newFolder(), 'columns.arrow');
    const row = Int32Array.from({ length: 1000 }, (_value, index) => index);
    const bytes = Uint8Array.from(row, (value) => value % 251);
    writeColumnFile(path, { row, bytes }, ['a note']);
    ColumnReader.with(path, (file) => {
      expect(file.rows).toBe(1000);
      expect(file.notes).toEqual(['a note']);
      for (const [from, to] of [
        [0, 1000],
        [3, 4],
        [997, 1000],
        [500, 500],
      ] as const) {
        expect(file.read('row', from, to)).toEqual(row.slice(from, to));
        expect(file.read('bytes', from, to)).toEqual(bytes.slice(from, to));
      }
      expect(() => file.read('row', 999, 1001)).toThrow(/row has no rows 999 to 1001 of 1000/);
      expect(() => file.read('other')).toThrow(/has no column other/);
    });
  });
});
