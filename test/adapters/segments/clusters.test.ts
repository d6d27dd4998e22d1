import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import type { Segmentation } from '../../../domain/pipeline.js';
import { clusterName, nearestCentre } from '../../../domain/slices/clusters.js';
import { newFolder } from '../../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../../snapshot.js';
import { segmented } from './segmented.js';

const FEATURES = ['temp', 'wind'];
const clusters = (k: number | 'auto', features: readonly string[] = FEATURES): Segmentation => ({
  kind: 'clusters',
  name: 'weather',
  features,
  k,
});

let folder: string;
/** Three heaps of points, in turn, the first half of the rows of one heap only; more rows than a sample. */
let heaps: Snapshot;

beforeAll(async () => {
  folder = await newFolder(afterAll);
  heaps = await newSnapshot(
    folder,
    `SELECT heap * 30 + (hash(i) % 1000) / 250 AS temp, CASE heap WHEN 1 THEN 40 ELSE 0 END + (hash(i + 7) % 1000) / 250 AS wind, heap
     FROM (SELECT range AS i, CASE WHEN range < 30_000 THEN 0 ELSE range % 3 END AS heap FROM range(60_000))`,
  );
});

describe('segments by clusters', () => {
  it('are the same for the same seed, whatever the threads', async () => {
    const first = await segmented(folder, heaps, clusters(3), { seed: 7, threads: 1 });
    const again = await segmented(folder, heaps, clusters(3), { seed: 7, threads: 2 });
    expect(again).toEqual(first);
    expect(first.table.segments.reduce((sum, { rows }) => sum + rows, 0)).toBe(60_000);
  });

  it('find the heaps in the data, the largest first', async () => {
    const { table, codes } = await segmented(folder, heaps, clusters(3));
    expect(table.segments.map(({ rows }) => rows)).toEqual([40_000, 10_000, 10_000]);
    const heapOf = await Database.with(Database.openSnapshot(heaps.path, { threads: 1 }), (database) =>
      database.rows('SELECT heap FROM data ORDER BY segmentry_row'),
    );
    const pairs = new Set(codes.map((code, row) => `${code} ${String(heapOf[row]![0])}`));
    expect(pairs.size).toBe(3);
  });

  it('choose their number by the silhouette of rows from all over the data', async () => {
    const { clusters: model } = await segmented(folder, heaps, clusters('auto'));
    expect(model?.centres).toHaveLength(3);
    expect(Object.keys(model?.silhouettes ?? {})).toEqual(['2', '3', '4', '5', '6', '7', '8']);
  });

  it('are frozen: the centres and scaling alone put every row where it is', async () => {
    const { table, codes, clusters: model } = await segmented(folder, heaps, clusters(3));
    const { mean, scale, centres } = model!;
    const points = await Database.with(Database.openSnapshot(heaps.path, { threads: 1 }), (database) =>
      database.rows('SELECT temp, wind FROM data ORDER BY segmentry_row'),
    );
    const assigned = points.map((point) => {
      const standardised = point.map((value, index) => (Number(value) - mean[index]!) / scale[index]!);
      return nearestCentre(centres, standardised);
    });
    expect(assigned).toEqual(codes);
    expect(table.segments.map(({ name }) => name)).toEqual(centres.map((_centre, index) => clusterName(model!, index)));
  });

  it('put rows with NULL, NaN or an infinity into (missing)', async () => {
    const snapshot = await newSnapshot(
      folder,
      "SELECT unnest(['1', '2', '1', '2', NULL, 'nan', 'inf', '-inf', '1'])::DOUBLE AS temp, unnest([1, 2, 1, 2, 1, 1, 1, 1, NULL]) AS wind",
    );
    const { table, codes } = await segmented(folder, snapshot, clusters(2));
    expect(codes.slice(4)).toEqual([2, 2, 2, 2, 2]);
    expect(table.segments[2]).toEqual({ name: '(missing)', rule: 'temp is missing or wind is missing', rows: 5 });
    expect(table.segments.reduce((sum, { rows }) => sum + rows, 0)).toBe(9);
  });

  it('take booleans, decimals and huge integers for numbers', async () => {
    const snapshot = await newSnapshot(
      folder,
      'SELECT i % 2 = 0 AS even, CAST(i % 2 AS DECIMAL(9, 2)) AS price, CAST(i % 2 AS HUGEINT) << 100 AS huge FROM range(10) AS r(i)',
    );
    const { table } = await segmented(folder, snapshot, clusters(2, ['even', 'price', 'huge']));
    expect(table.segments.map(({ rows }) => rows)).toEqual([5, 5]);
  });

  it('do not mind a feature that never varies', async () => {
    const snapshot = await newSnapshot(folder, 'SELECT i % 2 AS temp, 5 AS wind FROM range(10) AS r(i)');
    const { table, clusters: model } = await segmented(folder, snapshot, clusters('auto'));
    expect(model?.scale[1]).toBe(1);
    expect(table.segments.map(({ rows }) => rows)).toEqual([5, 5]);
  });

  it.each([
    [3, 'SELECT i % 2 AS temp, 0 AS wind FROM range(10) AS r(i)', 3, 2],
    ['auto' as const, 'SELECT 1 AS temp, 0 AS wind FROM range(10)', 2, 1],
    [2, 'SELECT NULL::DOUBLE AS temp, 0 AS wind FROM range(10)', 2, 0],
  ])('are refused where %s are wanted of fewer distinct rows', async (k, query, wanted, there) => {
    const snapshot = await newSnapshot(folder, query);
    await expect(segmented(folder, snapshot, clusters(k))).rejects.toMatchObject({
      kind: 'data',
      message: `segmentation "weather": ${wanted} clusters want at least ${wanted} rows that differ in temp, wind; there are ${there}`,
    });
  });
});
