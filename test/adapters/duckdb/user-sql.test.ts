import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../adapters/duckdb/database.js';
import { requireCondition, requireQuery } from '../../../adapters/duckdb/user-sql.js';
import { newFolder } from '../../scratch-folder.js';
import { newSnapshot } from '../../snapshot.js';

const COLUMNS = ['x', 'y', 'user'];

async function withSnapshot<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const folder = await newFolder();
  const { path } = await newSnapshot(folder, 'SELECT range AS x, range * 0.5 AS y, \'u\' AS "user" FROM range(10)');
  return Database.with(Database.openSnapshot(path, { threads: 1 }), work);
}

const condition = (sql: string) => withSnapshot((database) => requireCondition(database, sql, COLUMNS, 'data.where'));
const query = (sql: string) => withSnapshot((database) => requireQuery(database, sql, COLUMNS, 'rule "r"'));

/** SQL that is refused as a condition, and what the message says. */
const NO_CONDITIONS: readonly (readonly [string, string])[] = [
  // Out of the brackets around it.
  ['true) union all select * from data where (true', 'syntax error'],
  ['true) or (true', 'syntax error'],
  ['true) limit 1 -- ', 'syntax error'],
  ['x > 1)', 'syntax error'],
  ['(x > 1', 'syntax error'],
  ['x > 1 /*', 'unterminated'],
  ["x > 1 and 'a", 'unterminated'],
  ['true; drop view data', 'one query is wanted, there are 2'],
  ['true; --', 'syntax error'],
  ['true \0 and false', 'NUL'],
  ['', 'without selection list'],
  ['-- nothing', 'without selection list'],
  // More than one expression.
  ['true, false', 'one condition is wanted'],
  ['true from data', 'syntax error'],
  ['true limit 1', 'syntax error'],
  ['true order by x', 'syntax error'],
  ['true where false', 'syntax error'],
  ['true union select false', 'syntax error'],
  ['distinct true', 'syntax error'],
  // Other rows.
  ['x > (select avg(x) from data)', 'no query inside'],
  ['exists (select 1)', 'no query inside'],
  ["exists (from read_text('/etc/hostname'))", 'no query inside'],
  ["x in (from 'x.parquet')", 'no query inside'],
  // Not the same twice.
  ['random() < 0.5', 'random() gives another answer each time'],
  ['uuid()::varchar > chr(56)', 'uuid() gives another answer'],
  ["nextval('s') > 1", 'nextval() gives another answer'],
  ["now() > DATE '2026-01-01'", 'now() depends on when it is asked'],
  ["date '2026-01-01' < current_date", 'current_date depends on when it is asked'],
  ["age(DATE '2026-01-01') > INTERVAL 1 DAY", 'age() depends on when it is asked'],
  ["ago(INTERVAL 1 DAY) > DATE '2026-01-01'", 'ago() depends'],
  ['case when x > 1 then true else list_sum([random()]) > 0.5 end', 'random()'],
  ['len(list_filter([1, 2], lambda e: random() > e)) > 0', 'random()'],
  // Out of the data.
  ["current_setting('memory_limit') = 'x'", 'current_setting() tells about the database'],
  ["getvariable('x') is null", 'getvariable() tells'],
  ["getenv('HOME') = 'x'", 'getenv() tells'],
  ["session_user = 'x'", 'session_user tells'],
  ['sleep_ms(1000) is null', 'sleep_ms() only takes time'],
  ["write_log('x') is null", 'write_log() writes'],
  ['x > ?', 'parameters'],
];

/** SQL that is refused as a rule. */
const NO_QUERIES: readonly (readonly [string, string])[] = [
  ['drop view data', 'a SELECT is wanted, this is DROP'],
  ['delete from data', 'a SELECT is wanted, this is DELETE'],
  ['create macro f() as 1', 'a SELECT is wanted, this is CREATE'],
  ["create secret s (type s3, key_id 'x', secret 'y')", 'rule "r"'],
  ["copy data to 'out.csv'", 'rule "r"'],
  ["copy (select 1) to 'out.parquet'", 'rule "r"'],
  ["export database 'folder'", 'rule "r"'],
  ["import database 'folder'", 'rule "r"'],
  ["attach 'a.db'", 'rule "r"'],
  ['detach memory', 'rule "r"'],
  ['install httpfs', 'rule "r"'],
  ['load httpfs', 'rule "r"'],
  ['set threads = 64', 'rule "r"'],
  ['reset threads', 'rule "r"'],
  ['pragma database_list', 'rule "r"'],
  ["pragma enable_profiling = 'json'", 'rule "r"'],
  ['call pragma_version()', 'rule "r"'],
  ['checkpoint', 'rule "r"'],
  ['vacuum', 'rule "r"'],
  ['explain analyze select 1', 'rule "r"'],
  ['prepare p as select 1', 'rule "r"'],
  ['insert into data values (1)', 'rule "r"'],
  ['with t as (delete from data returning *) select * from t', 'rule "r"'],
  ['select 1; select 2', 'one query is wanted, there are 2'],
  ['select 1) union all (select 2', 'syntax error'],
  ['select * from data) select * from (select 1', 'syntax error'],
  ["select * from read_text('/etc/hostname')", 'read_text() cannot be read from'],
  ["select * from read_blob('/etc/hostname')", 'read_blob()'],
  ["select * from read_csv('/etc/passwd')", 'read_csv()'],
  ["select * from read_json('x.json')", 'read_json()'],
  ["select * from read_parquet('x.parquet')", 'read_parquet()'],
  ["select * from parquet_metadata('x.parquet')", 'parquet_metadata()'],
  ["select * from glob('/*')", 'glob()'],
  ["select * from sniff_csv('/etc/passwd')", 'sniff_csv()'],
  ["select * from query('select 1')", 'query()'],
  ["select * from query_table('data')", 'query_table()'],
  ["select * from json_execute_serialized_sql('{}')", 'json_execute_serialized_sql()'],
  ["from sql_auto_complete('sel')", 'sql_auto_complete()'],
  ['select * from duckdb_settings()', 'duckdb_settings()'],
  ['select * from duckdb_secrets()', 'duckdb_secrets()'],
  ['select * from duckdb_views()', 'duckdb_views()'],
  ['select * from pragma_version()', 'pragma_version()'],
  ["select * from 'x.parquet'", 'there is no table "x.parquet"'],
  ["select * from 'https://example.com/x.parquet'", 'there is no table "https://example.com/x.parquet"'],
  ["select * from 's3://bucket/x.csv'", 'there is no table "s3://bucket/x.csv"'],
  ['select * from information_schema.tables', 'there is no table "information_schema.tables"'],
  ['select * from duckdb_tables', 'there is no table "duckdb_tables"'],
  ['select * from sqlite_master', 'there is no table "sqlite_master"'],
  ['select * from pg_catalog.pg_class', 'there is no table "pg_catalog.pg_class"'],
  ['with duckdb_views as (select * from duckdb_views) select * from duckdb_views', 'there is no table "duckdb_views"'],
  ['select * from (with t as (select 1) select * from t), t', 'there is no table "t"'],
  ['describe data', 'DESCRIBE'],
  ['show tables', 'SHOW'],
  ['select * from (summarize data)', 'SUMMARIZE'],
  ['select * from data using sample 3', 'a sample is another one'],
  ['select * from data tablesample 10%', 'a sample is another one'],
  ['select * from data order by random()', 'random()'],
  ['select count(*) over (order by random()) from data', 'random()'],
  ['select approx_quantile(x, 0.5) from data', 'approx_quantile()'],
  ['select * from data where x = $1', 'parameters'],
];

describe('a condition', () => {
  it.each(NO_CONDITIONS)('%j is refused, with the reason', async (sql, says) => {
    const refused = condition(sql);
    await expect(refused).rejects.toMatchObject({ kind: 'usage' });
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(/^data\.where: /);
  });

  it.each([
    'x > 3',
    'x > 3 -- most of them',
    '1=1 --',
    'x > 3 /* most */',
    '(x > 3) and (y < 2 or y is null)',
    'x in (1, 2, 3) and y between 0 and 1 and "user" like \'u%\'',
    "user = 'u'",
    "date_diff('day', date '2026-01-01', date '2026-02-01') > x",
    'regexp_matches("user", \'^u;\') or "user" = \'a) union (--\'',
    'case when x > 1 then true else false end',
    'list_contains([1, 2], x)',
    "age(date '2026-01-01', date '2025-01-01') > interval 1 day",
    '$$a)$$ = "user"',
  ])('%j is taken', async (sql) => {
    await expect(condition(sql)).resolves.toBeUndefined();
  });
});

describe('a rule', () => {
  it.each(NO_QUERIES)('%j is refused, with the reason', async (sql, says) => {
    const refused = query(sql);
    await expect(refused).rejects.toMatchObject({ kind: 'usage' });
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(/^rule "r": /);
  });

  it.each([
    'select * from data where x > 3',
    'from data',
    'select x from DATA group by 1 having count(*) > 1 -- twice',
    'with t as (select x from data) select * from t where x > (select avg(x) from t)',
    'with data as (select * from data where x > 1) select * from data',
    'select a.x from data a join data b on a.x = b.x + 1',
    'with recursive t as (select 1 as i union all select i + 1 from t where i < 9) select * from t',
    'select * from range(3), unnest([1, 2]) as u(v)',
    'select x from data union all select x from data',
    'values (1)',
    'select row_number() over (order by x) as n from data qualify n > 3',
  ])('%j is taken', async (sql) => {
    await expect(query(sql)).resolves.toBeUndefined();
  });
});

describe('functions that do not give the same answer twice', () => {
  it('are refused, all that DuckDB says are not', async () => {
    const changing = await withSnapshot((database) =>
      database.rows(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' ORDER BY function_name",
      ),
    );
    expect(changing.length).toBeGreaterThan(20);
    // error() ends the query, always.
    for (const name of changing.map(([found]) => String(found)).filter((found) => found !== 'error')) {
      await expect(condition(`${name}() is null`), name).rejects.toThrow(`${name}() `);
    }
  });
});

describe('SQL that does not end', () => {
  const endless = [
    'with recursive t as (select 1 as i union all select i + 1 from t) select count(*) from t where i < 0',
    'select count(*) from range(10000000) a, range(10000000) b where (a.range * 7 + b.range) % 11 = 12',
  ];

  it.each(endless)('%j is ended at its time limit, and the database goes on', async (sql) => {
    await withSnapshot(async (database) => {
      await expect(database.rows(sql, 100)).rejects.toMatchObject({
        kind: 'data',
        message: expect.stringContaining('still running after 0.1 seconds') as unknown,
      });
      expect(await database.count('SELECT count(*) FROM data')).toBe(10);
    });
  });

  it('is ended when nobody wants it any more', async () => {
    const folder = await newFolder();
    const { path } = await newSnapshot(folder, 'SELECT 1 AS x');
    const stop = new AbortController();
    const options = { threads: 1, signal: stop.signal };
    await Database.with(Database.openSnapshot(path, options), async (database) => {
      const running = database.rows(endless[1]!);
      stop.abort(new Error('cancelled'));
      await expect(running).rejects.toThrow('cancelled');
      await expect(database.rows('SELECT 1')).rejects.toThrow('cancelled');
    });
  });

  it('writes nothing outside its temporary folder, and not more than its share of memory', async () => {
    await withSnapshot(async (database) => {
      const settings = await database.rows(
        "SELECT name, value FROM duckdb_settings() WHERE name IN ('temp_directory', 'memory_limit') ORDER BY name",
      );
      expect(settings[1]).toEqual(['temp_directory', '']);
      await expect(database.run("SET memory_limit = '1TB'")).rejects.toThrow('locked');
    });
    const folder = await newFolder();
    const { path } = await newSnapshot(folder, 'SELECT 1 AS x');
    const temporaryFolder = join(folder, 'spill');
    await Database.with(Database.openSnapshot(path, { threads: 1, temporaryFolder }), async (database) => {
      const [row] = await database.rows("SELECT current_setting('temp_directory')");
      expect(row).toEqual([temporaryFolder]);
    });
  });
});
