import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENOUGH, forEachChunk, readColumn } from '../../../adapters/duckdb/columns.js';
import { Database } from '../../../adapters/duckdb/database.js';
import { condition, identifier, literal, raw, statement } from '../../../adapters/duckdb/sql-file.js';
import { newFolder } from '../../scratch-folder.js';
import { newFile, newSnapshot } from '../../snapshot.js';

const open = <T>(work: (database: Database) => Promise<T>): Promise<T> =>
  Database.with(Database.open({ threads: 1 }), work);

describe('a literal', () => {
  it('is read back by DuckDB as what it was', async () => {
    const value = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.boolean(), fc.string({ unit: 'binary' }));
    await open((database) =>
      fc.assert(
        fc.asyncProperty(value, async (given) => {
          const [row] = await database.rows(`SELECT ${literal(given).sql}`);
          const found = typeof given === 'number' ? Number(row?.[0]) : row?.[0];
          // SQL does not tell the two zeros apart where they are integers, and has no NUL byte in a text.
          const expected = typeof given === 'string' ? given.replaceAll('\0', '') : given === 0 ? 0 : given;
          expect(found).toEqual(expected);
        }),
      ),
    );
  });

  it('may name a column or a condition with anything in it', async () => {
    await open(async (database) => {
      const name = identifier('a "b" -- c').sql;
      expect(
        await database.rows(`SELECT ${name} FROM (SELECT 1 AS ${name}) WHERE ${condition('true -- c').sql}`),
      ).toEqual([[1]]);
    });
  });
});

describe('a statement', () => {
  it('takes a value for each of its placeholders and no other', () => {
    expect(() => statement('segment/where')).toThrow('sql/segment/where.sql: no value for {{condition}}');
    expect(() => statement('segment/where', { condition: raw('true'), more: raw('1') })).toThrow('{{more}}');
    // What a user writes is never looked at for placeholders or for patterns of a replacement.
    expect(statement('segment/where', { condition: raw("x = '{{row}} $& $1'") })).toContain("x = '{{row}} $& $1'");
  });
});

describe('typed chunks', () => {
  it('hold every row in order, over many chunks', async () => {
    const rows = 100_001;
    const values = await open((database) =>
      // Backwards: the numbers, not the query's order, say where a value belongs.
      readColumn(
        database.connection,
        `SELECT range::INTEGER, range::DOUBLE FROM range(${rows - 1}, -1, -1)`,
        new Float64Array(rows),
      ),
    );
    expect(values).toEqual(Float64Array.from({ length: rows }, (_value, row) => row));
  });

  it('hold texts of any length', async () => {
    const texts: string[] = [];
    await open((database) =>
      forEachChunk(
        database.connection,
        { sql: "SELECT unnest(['', 'é', repeat('long', 10), NULL])", rows: 4 },
        ([column], rows) => {
          for (let row = 0; row < rows; row++) texts.push(String(column![row]));
        },
      ),
    );
    expect(texts).toEqual(['', 'é', 'long'.repeat(10), '']);
  });

  it('are over when a visitor has had enough or fails, and the connection takes the next query', async () => {
    await open(async (database) => {
      const query = { sql: 'SELECT range FROM range(9000)', rows: 9000 };
      await expect(forEachChunk(database.connection, query, () => ENOUGH)).resolves.toBeUndefined();
      const failed = forEachChunk(database.connection, query, () => {
        throw new Error('no more');
      });
      await expect(failed).rejects.toThrow('no more');
      expect(await database.count('SELECT 7')).toBe(7);
    });
  });

  it('are not taken for whole where a query fails behind its first rows, which DuckDB does not tell', async () => {
    await open(async (database) => {
      const value = "CAST(if(range = 1900000, 'none', range::VARCHAR) AS INTEGER)";
      let visited = 0;
      const read = forEachChunk(
        database.connection,
        { sql: `SELECT ${value} FROM range(2000000)`, rows: 2_000_000 },
        (_columns, rows) => (visited += rows),
      );
      await expect(read).rejects.toThrow(/returned \d+ rows, 2000000 were expected/);
      expect(visited).toBeGreaterThan(0);
    });
  });

  it('refuse another number of rows than were expected, and types without a reader', async () => {
    await open(async (database) => {
      const read = (sql: string) => readColumn(database.connection, sql, new Float64Array(3));
      await expect(read('SELECT 0, 1.0::DOUBLE')).rejects.toThrow('the query returned 1 rows, 3 were expected');
      await expect(read("SELECT range::INTEGER, DATE '2026-01-01' FROM range(3)")).rejects.toThrow(
        'no typed reader for a DATE column',
      );
    });
  });
});

describe('a database that is locked to a snapshot', () => {
  it('reads and writes what it was opened for, and nothing else', async () => {
    const folder = await newFolder();
    const snapshot = await newSnapshot(folder, 'SELECT 1 AS x');
    const other = await newFile(folder, 'SELECT 2 AS x');
    const writable = join(folder, 'written.parquet');
    await Database.with(
      Database.openSnapshot(snapshot.path, { threads: 1, writable: [writable] }),
      async (database) => {
        expect(await database.rows('SELECT x FROM data')).toEqual([[1]]);
        await database.run(`COPY data TO ${literal(writable).sql}`);
        for (const sql of [
          `SELECT * FROM ${literal(other).sql}`,
          `COPY data TO ${literal(`${writable}.other`).sql}`,
          `ATTACH ${literal(join(folder, 'a.db')).sql}`,
          'SET enable_external_access = true',
          "SET allowed_directories = ['/']",
          'RESET enable_external_access',
          'LOAD httpfs',
        ]) {
          await expect(database.run(sql), sql).rejects.toThrow();
        }
      },
    );
  });

  it('has days and times in UTC', async () => {
    await open(async (database) => {
      const [row] = await database.rows("SELECT CAST(TIMESTAMPTZ '2026-01-01 01:00:00+02' AS VARCHAR)");
      expect(row).toEqual(['2025-12-31 23:00:00+00']);
    });
  });
});
