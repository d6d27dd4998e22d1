import { randomUUID } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '../../../adapters/artifact-store/durable-files.js';
import { createColumnFile, writeColumnFile } from '../../../adapters/column-file.js';
import { literal } from '../../../adapters/duckdb/sql-file.js';
import { LayoutReader } from '../../../adapters/layout/layout-file.js';
import type { Layout } from '../../../adapters/layout/layout-range.js';
import { writeLayout } from '../../../adapters/layout/write-layout.js';
import { type FeatureSource, type RowRange, forEachPiece, rowNumbers } from '../../../adapters/onnx/feature-rows.js';
import type { FeatureColumn } from '../../../adapters/onnx/signature.js';
import { assignClusters } from '../../../adapters/segments/assign-clusters.js';
import type { ClusterModel } from '../../../domain/slices/clusters.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot, queryRows } from '../../snapshot.js';

/** More than one block of a layout of so many columns. */
const ROWS = 3_000;

/** One of each element type, and enough others that a block has few rows. */
const FEATURES: readonly FeatureColumn[] = [
  { column: 'share', element: 'float32' },
  { column: 'name', element: 'string' },
  { column: 'exact', element: 'float64' },
  { column: 'big', element: 'int64' },
  { column: 'small', element: 'int32' },
  { column: 'flag', element: 'bool' },
  { column: 'rate', element: 'float32' },
  ...Array.from({ length: 600 }, (_feature, index): FeatureColumn => ({ column: `f${index}`, element: 'float32' })),
];

/** Doubles that a model reads as float32: halfway between two, below the smallest that has all its bits, the largest, and what is no number. */
const RATE = `CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE WHEN 3 THEN 1e-42 * i WHEN 4 THEN -0.0::DOUBLE
  WHEN 5 THEN 16777217 + 2 * i WHEN 6 THEN 3.4028234e38 ELSE i / 13 END`;

let folder: string;
let snapshot: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
  const more = Array.from({ length: 600 }, (_feature, index) => `CAST(i + ${index} AS FLOAT) AS f${index}`).join(', ');
  const query = `SELECT CAST(i / 7 AS FLOAT) AS share, CASE WHEN i % 5 = 0 THEN NULL ELSE repeat('ä', i % 4) || i END AS name, i / 3 AS exact,
    9007199254740993 + i AS big, CAST(i % 11 AS INTEGER) AS small, i % 2 = 0 AS flag, ${RATE} AS rate, ${more} FROM range(${ROWS}) AS rows(i)`;
  snapshot = (await newSnapshot(folder, query)).path;
});

async function layoutOf(codes: Int32Array, segments: number, cuts: readonly number[]): Promise<Layout> {
  const starts = new Int32Array(segments + 1);
  for (const code of codes) for (let next = code + 1; next <= segments; next++) starts[next]!++;
  const written = join(folder, randomUUID());
  writeColumnFile(written, { s0: codes });
  const files: string[] = [];
  const bounds = [0, ...cuts, ROWS];
  for (const [index, from] of bounds.slice(0, -1).entries()) {
    const output = join(folder, `${randomUUID()}.layout`);
    const job = {
      snapshot,
      codes: written,
      by: { column: 's0' },
      segments,
      features: FEATURES,
      title: 'model',
      output,
    };
    await writeLayout({ ...job, from, to: bounds[index + 1]! });
    files.push(output);
  }
  return { files, starts };
}

/** Row number and the features of each row that comes. */
async function read(source: FeatureSource, range: RowRange): Promise<(readonly [number, ...unknown[]])[]> {
  const rows: (readonly [number, ...unknown[]])[] = [];
  await forEachPiece(source, FEATURES.slice(0, 8), range, (piece) => {
    // As they are in the data, whatever their segments: models are faster on neighbours that are alike.
    expect([...piece.numbers]).toEqual([...piece.numbers].sort((a, b) => a - b));
    for (let row = 0; row < piece.rows; row++) {
      const values = piece.columns.map(({ items, offset, stride }, column) => {
        const value = items[offset + row * stride];
        return FEATURES[column]!.element === 'float32' ? Math.fround(value as number) : value;
      });
      rows.push([piece.numbers[row]!, ...values]);
    }
    return Promise.resolve(undefined);
  });
  return rows;
}

const number = (row: readonly [number, ...unknown[]]): number => row[0];

describe('a layout', () => {
  it('gives each range of positions the rows of its segments, with their features, however it is cut', async () => {
    const whole = await read({ snapshot }, { from: 0, to: ROWS, skip: 0 });
    expect(whole[6]).toEqual([6, Math.fround(6 / 7), 'ää6', 2, 9007199254740999n, 6, 1, Math.fround(3.4028234e38), 6]);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        fc.uniqueArray(fc.integer({ min: 1, max: ROWS - 1 }), { maxLength: 2 }),
        fc.array(fc.tuple(fc.nat(ROWS), fc.nat(ROWS)), { minLength: 4, maxLength: 8 }),
        async (segments, seed, cuts, ranges) => {
          const codes = Int32Array.from({ length: ROWS }, (_code, row) => Math.abs((row * 7919) ^ seed) % segments);
          const layout = await layoutOf(codes, segments, cuts.sort((a, b) => a - b)); // prettier-ignore
          const order = [...codes.keys()].sort((a, b) => codes[a]! - codes[b]! || a - b);
          for (const range of ranges) {
            const [from, to] = [Math.min(...range), Math.max(...range)];
            const rows = await read({ layout }, { from, to, skip: 0 });
            expect([...rows].sort((a, b) => number(a) - number(b))).toEqual(
              order.slice(from, to).sort((a, b) => a - b).map((row) => whole[row]), // prettier-ignore
            );
            // Whoever begins in the middle gets the rest, and numbers come in the same order as features.
            const skip = Math.floor((to - from) / 3);
            expect(await read({ layout }, { from, to, skip })).toEqual(rows.slice(skip));
            expect([...(await rowNumbers({ layout }, { from, to, skip: 0 }))]).toEqual(rows.map(number));
          }
        },
      ),
      { numRuns: 5 },
    );
  });

  it('has the float32 that DuckDB makes of a double', async () => {
    const place = FEATURES.findIndex(({ column }) => column === 'rate');
    const layout = await layoutOf(new Int32Array(ROWS), 1, []);
    const rows = await read({ layout }, { from: 0, to: ROWS, skip: 0 });
    const query = `SELECT coalesce(CAST(rate AS FLOAT), 'nan'::FLOAT) FROM read_parquet(${literal(snapshot).sql})`;
    expect(rows.map((row) => row[place + 1])).toEqual((await queryRows(query)).map(([value]) => value));
  });

  it('is not written of a double that float32 cannot hold, and is of the last one that it can', async () => {
    const features: readonly FeatureColumn[] = [{ column: 'x', element: 'float32' }];
    const written = async (x: string) => {
      const { path } = await newSnapshot(
        folder,
        `SELECT CASE i WHEN 1 THEN ${x}::DOUBLE ELSE i END AS x FROM range(3) AS r(i)`,
      );
      const codes = join(folder, randomUUID());
      writeColumnFile(codes, { s0: new Int32Array(3) });
      const output = join(folder, randomUUID());
      return writeLayout({ snapshot: path, codes, by: { column: 's0' }, segments: 1, features, title: 'm', from: 0, to: 3, output }); // prettier-ignore
    };
    // Halfway from the largest float32 to the next power of two, and the double before it.
    await expect(written('-340282356779733661637539395458142568448')).rejects.toMatchObject({
      kind: 'data',
      message: 'x is -3.4028235677973366e+38 in some row, which float32 (FLOAT) cannot hold',
    });
    for (const x of ['340282356779733623858607532500980858880', "'-inf'"])
      expect((await written(x)).sizes).toEqual([3]);
  });

  it('by clusters is that of their codes, which it fills in', async () => {
    // Coordinates that a model reads too, as they are and as another type, and those that it does not read.
    const features = ['share', 'exact', 'rate', 'small', 'big'];
    const model: ClusterModel = {
      features,
      mean: [200, 500, 100, 5, 2 ** 53],
      scale: [100, 300, 90, 3, 1_000],
      centres: [
        [0, 0, 0, 1, 0],
        [1, 1, 1, -1, 1],
        [-1, -1, -1, 0, 3],
      ],
      sampleRows: ROWS,
      silhouettes: {},
    };
    const read = FEATURES.filter(({ column }) => column !== 'small' && column !== 'big');
    const file = (): string => join(folder, randomUUID());
    const [alone, onTheWay] = [file(), file()];
    const [offset] = [alone, onTheWay].map((path) => createColumnFile(path, { s0: Int32Array }, ROWS)['s0']!) as [
      number,
    ];
    const sizes = await assignClusters({ snapshot, model, from: 0, to: ROWS, codes: alone, offset });
    const job = { snapshot, segments: 4, features: read, title: 'model' };
    const [byCodes, byClusters] = [file(), file()];
    const expected = await writeLayout({
      ...job,
      codes: alone,
      by: { column: 's0' },
      from: 0,
      to: ROWS,
      output: byCodes,
    });
    const by = { clusters: model, offset };
    const made = await writeLayout({ ...job, codes: onTheWay, by, from: 0, to: ROWS, output: byClusters });
    expect(made).toEqual(expected);
    expect(made.sizes).toEqual(sizes);
    expect(made.digest).toEqual(await hashFile(byClusters));
    expect((await readFile(byClusters)).equals(await readFile(byCodes))).toBe(true);
    expect((await readFile(onTheWay)).equals(await readFile(alone))).toBe(true);
  });

  it('keeps the rows of one segment in their order', async () => {
    const layout = await layoutOf(
      Int32Array.from({ length: ROWS }, (_code, row) => row % 3),
      3,
      [1_500],
    );
    const rows = await read({ layout }, { from: 1_000 + 10, to: 1_000 + 900, skip: 0 });
    expect(rows.map(number)).toEqual(Array.from({ length: 890 }, (_row, index) => (index + 10) * 3 + 1));
  });

  it('is refused when it has other rows than its segments say', async () => {
    const layout = await layoutOf(new Int32Array(ROWS), 1, []);
    const starts = Int32Array.of(0, ROWS + 1);
    await expect(read({ layout: { ...layout, starts } }, { from: 0, to: ROWS + 1, skip: 0 })).rejects.toThrow(
      'the layout has 3000 rows in 0..3001',
    );
  });

  it('is refused when it is none, or not whole', async () => {
    const [file] = (await layoutOf(new Int32Array(ROWS), 1, [])).files;
    await truncate(file!, 4_000);
    expect(() => LayoutReader.open(file!)).toThrow('is not a layout');
    const empty = join(folder, 'empty.layout');
    await writeFile(empty, '');
    expect(() => LayoutReader.open(empty)).toThrow('is not a layout');
  });

  it('is not written for rows that are in no segment', async () => {
    const codes = new Int32Array(ROWS).fill(0, 0, 5).fill(-1, 5);
    await expect(layoutOf(codes, 1, [])).rejects.toThrow('row 5 is in no segment (-1 of 1)');
  });
});
