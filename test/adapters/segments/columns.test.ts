import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SEGMENTS, assignSegments } from '../../../adapters/segments/assign-segments.js';
import { Database } from '../../../adapters/duckdb/database.js';
import { identifier } from '../../../adapters/duckdb/sql-file.js';
import type { Segmentation } from '../../../domain/pipeline.js';
import { byName } from '../../../domain/slices/segment-table.js';
import { newFolder } from '../../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../../snapshot.js';
import { segmented } from './segmented.js';

const by = (...columns: readonly string[]): Segmentation => ({ kind: 'columns', name: columns.join(' x '), columns });

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** DuckDB literals of a type, so that columns hold what is unusual in it. */
const LITERALS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  VARCHAR: fc
    .oneof(
      fc.constantFrom(
        '(missing)',
        '',
        ' ',
        '"',
        "'",
        "''",
        ' x ',
        'a x',
        'x b',
        'null',
        'NaN',
        '1',
        '-- x',
        '\n',
        '{{row}}',
      ),
      fc.constantFrom('\u{1F6EB}', '\uFF21', 'e\u0301', '\u00E9', '\u202E', '\u200B', 'ß', 'SS', 'İ'),
      fc.string({ unit: 'binary', maxLength: 3 }).filter((value) => !value.includes('\0')),
    )
    .map(text),
  BOOLEAN: fc.constantFrom('true', 'false'),
  INTEGER: fc.integer().map(String),
  BIGINT: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  HUGEINT: fc.bigInt({ min: -(2n ** 126n), max: 2n ** 127n - 1n }).map(String),
  UHUGEINT: fc.bigInt({ min: 2n ** 127n, max: 2n ** 128n - 1n }).map((value) => text(String(value))),
  DOUBLE: fc.oneof(
    fc.double().map((value) => text(String(value))),
    fc.constantFrom("'nan'", "'inf'", "'-inf'", "'-0.0'", '0'),
  ),
  FLOAT: fc.oneof(
    fc.float().map((value) => text(String(value))),
    fc.constantFrom("'nan'", "'inf'", '0.1', '3.4e38', '16777216'),
  ),
  'DECIMAL(18,4)': fc.integer().map((value) => `${value / 10_000}`),
  'DECIMAL(38,10)': fc.bigInt({ min: 0n, max: 10n ** 27n }).map((value) => `${value}.0123456789`),
  DATE: fc.constantFrom("'2013-01-01'", "'1969-12-31'", "'0044-03-15 (BC)'", "'infinity'"),
  TIMESTAMP: fc.constantFrom("'2013-01-01'", "'2013-07-01 12:34:56.789012'", "'1969-12-31 23:59:59.999'"),
  TIMESTAMPTZ: fc.constantFrom("'2013-01-01 00:00:00+00'", "'2013-07-01 12:34:56.789+05:30'"),
  TIME: fc.constantFrom("'00:00:00'", "'23:59:59.5'"),
  UUID: fc.uuid().map(text),
  BLOB: fc.constantFrom("'\\x00\\xFF'", "'a'", "''"),
  'INTEGER[]': fc.constantFrom('[1, 2]', '[]', '[NULL]'),
};

interface Column {
  readonly type: string;
  /** `NULL` or a literal. */
  readonly values: readonly string[];
}

const column = (rows: number): fc.Arbitrary<Column> =>
  fc.constantFrom(...Object.keys(LITERALS)).chain((type) =>
    fc
      // Few distinct values, so that segments have several rows.
      .array(fc.option(LITERALS[type]!, { nil: 'NULL', freq: 6 }), { minLength: 1, maxLength: 6 })
      .chain((values) => fc.array(fc.constantFrom(...values), { minLength: rows, maxLength: rows }))
      .map((values) => ({ type, values })),
  );

const table = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 }))
  .chain(([rows, width]) => fc.array(column(rows), { minLength: width, maxLength: width }));

/** Awkward names: a word of SQL, upper case, and a quote. */
const NAMES = ['order', 'Carrier Name', 'a"b'];

async function snapshotOf(folder: string, columns: readonly Column[]): Promise<Snapshot> {
  const cell = ({ type, values }: Column, row: number): string => `CAST(${values[row]!} AS ${type})`;
  const rows = columns[0]!.values.map((_value, row) => `(${columns.map((column) => cell(column, row)).join(', ')})`);
  const names = columns.map((_column, index) => identifier(NAMES[index]!).sql);
  return newSnapshot(folder, `SELECT * FROM (VALUES ${rows.join(', ')}) AS v(${names.join(', ')})`);
}

describe('segments by columns', () => {
  it('hold every row of any table once, have names of their own, and rules that select exactly their rows', async () => {
    const folder = await newFolder();
    await fc.assert(
      fc.asyncProperty(table, async (columns) => {
        const snapshot = await snapshotOf(folder, columns);
        const { table: found, codes } = await segmented(folder, snapshot, by(...NAMES.slice(0, columns.length)));
        const { segments } = found;
        expect(segments.reduce((sum, { rows }) => sum + rows, 0)).toBe(snapshot.rows);
        expect(new Set(segments.map(({ name }) => name)).size).toBe(segments.length);
        expect(segments).toEqual([...segments].sort(byName));
        await Database.with(Database.openSnapshot(snapshot.path, { threads: 1 }), async (database) => {
          for (const [index, { rule, rows }] of segments.entries()) {
            const selected = await database.rows(`SELECT segmentry_row FROM data WHERE ${rule} ORDER BY 1`);
            const coded = codes.flatMap((code, row) => (code === index ? [row] : []));
            expect(
              selected.map(([row]) => Number(row)),
              rule,
            ).toEqual(coded);
            expect(coded).toHaveLength(rows);
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('keep NULL, the empty text and the text "(missing)" apart', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(folder, "SELECT unnest(['EV', NULL, '', '(missing)', NULL]) AS carrier");
    const { table: found, codes } = await segmented(folder, snapshot, by('carrier'));
    expect(found.segments).toEqual([
      { name: '""', rule: "carrier = ''", rows: 1 },
      { name: '"(missing)"', rule: "carrier = '(missing)'", rows: 1 },
      { name: '(missing)', rule: 'carrier IS NULL', rows: 2 },
      { name: 'EV', rule: "carrier = 'EV'", rows: 1 },
    ]);
    expect(codes).toEqual([3, 2, 0, 1, 2]);
  });

  it('hold NaN and a text with a NUL byte', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(
      folder,
      "SELECT unnest(['nan', 'nan', '1.5', NULL])::DOUBLE AS temp, unnest([concat('a', chr(0), 'b'), 'a', 'a', 'a']) AS note",
    );
    const temp = await segmented(folder, snapshot, by('temp'));
    expect(temp.table.segments.map(({ rule, rows }) => [rule, rows])).toEqual([
      ['temp IS NULL', 1],
      ['temp = 1.5', 1],
      ['isnan(temp)', 2],
    ]);
    const note = await segmented(folder, snapshot, by('note'));
    expect(note.table.segments.map(({ rows }) => rows)).toEqual([3, 1]);
    await Database.with(Database.openSnapshot(snapshot.path, { threads: 1 }), async (database) => {
      for (const { rule, rows } of note.table.segments) {
        expect(await database.count(`SELECT count(*) FROM data WHERE ${rule}`)).toBe(rows);
      }
    });
  });

  it('are called alike whichever zero DuckDB meets first', async () => {
    const folder = await newFolder();
    for (const zeros of ["['-0.0', '0.0']", "['0.0', '-0.0']"]) {
      const snapshot = await newSnapshot(folder, `SELECT unnest(${zeros})::DOUBLE AS temp`);
      const { table: found } = await segmented(folder, snapshot, by('temp'));
      expect(found.segments).toEqual([{ name: '0.0', rule: 'temp = 0.0', rows: 2 }]);
    }
  });

  it('are the same for one thread and for several', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(
      folder,
      'SELECT (range * 7919) % 13 AS store, (range * 104729) % 7 AS day FROM range(300_000)',
    );
    const one = await segmented(folder, snapshot, by('store', 'day'), { threads: 1 });
    const two = await segmented(folder, snapshot, by('store', 'day'), { threads: 2 });
    expect(two).toEqual(one);
    expect(one.table.segments).toHaveLength(91);
    expect(one.codes.every((code) => code >= 0)).toBe(true);
  });

  it('are refused when the column is a key', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(folder, `SELECT range AS flight_id FROM range(${MAX_SEGMENTS + 1})`);
    await expect(segmented(folder, snapshot, by('flight_id'))).rejects.toMatchObject({
      kind: 'data',
      message:
        `segmentation "flight_id": flight_id has ${MAX_SEGMENTS + 1} different values in ${MAX_SEGMENTS + 1} rows; at most ` +
        `${MAX_SEGMENTS} segments can be judged. Segment by a coarser column, by conditions (where) or by clusters`,
    });
  });
});

describe('a pipeline without segmentations', () => {
  it('has one segment: overall', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(folder, 'SELECT 1 AS x FROM range(3)');
    const { tables, clusters } = await assignSegments({
      snapshot: snapshot.path,
      rows: 3,
      label: null,
      segmentations: [],
      seed: 0,
      threads: 1,
      output: join(folder, 'codes.arrow'),
    });
    expect(tables).toEqual([
      { segmentation: 'overall', kind: 'overall', codes: null, segments: [{ name: 'overall', rule: 'true', rows: 3 }] },
    ]);
    expect(clusters).toEqual([]);
  });
});
