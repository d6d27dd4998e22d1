/**
 * Types of columns that hold for all rows. DuckDB takes those of CSV and JSON from the first 20,480 rows, and what comes later is made to
 * fit without a word: in a column of whole numbers 1.5 becomes 2 and 01234 becomes 1234, and in one of days the time goes.
 */
import { statSync } from 'node:fs';
import type { Database } from './database.js';
import { tableOf } from './data-table.js';
import { GUESSED_ROWS } from './data-trouble.js';
import { widestTable } from './parquet-types.js';
import type { DataFiles } from './source.js';
import { type SqlFragment, identifier, list, literal, raw } from './sql-file.js';

interface Column {
  readonly name: string;
  /** DuckDB's name. */
  readonly type: string;
}

/**
 * The table of the data in which no value is another than in the files.
 *
 * @param guesses the columns of `data.table`
 * @returns null: that table is it
 */
export async function steadyTable(
  database: Database,
  data: DataFiles,
  guesses: readonly Column[],
): Promise<SqlFragment | null> {
  switch (data.format) {
    case 'parquet':
      return widestTable(database, data);
    case 'csv':
      return steadyCsv(database, data, guesses);
    case 'json':
      return steadyJson(database, data, guesses);
  }
}

async function steadyJson(
  database: Database,
  data: DataFiles,
  guesses: readonly Column[],
): Promise<SqlFragment | null> {
  // Only then: whoever reads the other table looks for its types anew each time, with one thread, which takes longer than reading.
  if (!(await changesJson(database, data, guesses))) return null;
  const whole = tableOf(data, 'sample_size = -1');
  const known = await database.describe(`SELECT * FROM ${whole.sql}`);
  // Texts beside numbers become JSON, quotes and all: as text they are what they were.
  const texts = known
    .filter(
      ({ name, type }) => type === 'JSON' && guesses.some((guess) => guess.name === name && guess.type === 'VARCHAR'),
    )
    .map(({ name }) => name);
  if (texts.length === 0) return whole;
  const asText = texts.map((name) => raw(`${identifier(name).sql} ->> '$' AS ${identifier(name).sql}`));
  return raw(`(SELECT * REPLACE (${list(asText).sql}) FROM ${whole.sql})`);
}

/** Whether a value would be another one as the type of its column; values of other types are refused when they are read. */
async function changesJson(database: Database, data: DataFiles, guesses: readonly Column[]): Promise<boolean> {
  const facts = guesses.flatMap(({ name, type }) => {
    const text = `CAST(${identifier(name).sql} AS VARCHAR)`;
    if (type.endsWith('INT'))
      return [`bool_or(${text} <> 'null' AND CAST(TRY_CAST(${text} AS HUGEINT) AS VARCHAR) IS DISTINCT FROM ${text})`];
    return type === 'BOOLEAN' ? [`bool_or(${text} NOT IN ('true', 'false', 'null'))`] : [];
  });
  const asWritten = guesses.map(({ name }) => raw(`${literal(name).sql}: 'JSON'`));
  const written = tableOf({ ...data, partitioned: false }, `columns = {${list(asWritten).sql}}`);
  return (await factsOf(database, written, facts)).includes(true);
}

/** Not by `sample_size = -1`: DuckDB keeps the whole file in memory for that, and looks at it with one thread. */
async function steadyCsv(database: Database, data: DataFiles, guesses: readonly Column[]): Promise<SqlFragment | null> {
  // What folders are called is no text of the files.
  const files = { ...data, partitioned: false };
  const columns = data.partitioned ? await database.describe(`SELECT * FROM ${tableOf(files).sql}`) : guesses;
  const types = await widerTypes(database, files, columns);
  if (types.length === 0) return null;
  const named = types.map(({ name, type }) => raw(`${literal(name).sql}: ${literal(type).sql}`));
  return tableOf(data, `types = {${list(named).sql}}`);
}

/** Whether the guess was no guess, because no file has more rows: each takes a byte a column at least. */
function isSeenWhole({ files }: DataFiles, columns: number): boolean {
  return files.every((file) => !/\.(gz|zst)$/i.test(file) && statSync(file).size <= GUESSED_ROWS * columns);
}

/** Aggregates of one query: DuckDB takes minutes to plan one with ten thousand of them, whatever the rows are. */
const FACTS_AT_ONCE = 250;

async function factsOf(database: Database, table: SqlFragment, facts: readonly string[]): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let from = 0; from < facts.length; from += FACTS_AT_ONCE) {
    const some = list(facts.slice(from, from + FACTS_AT_ONCE).map(raw));
    const [row = []] = await database.rows(`SELECT ${some.sql} FROM ${table.sql}`);
    found.push(...row);
  }
  return found;
}

/** TRUE where some text reads as the guessed type, and would be another one afterwards. */
const CHANGES: Readonly<Record<string, (text: string) => string>> = {
  BIGINT: (text) => `bool_or(CAST(TRY_CAST(${text} AS BIGINT) AS VARCHAR) <> ${text})`,
  DATE: (text) => `bool_or(TRY_CAST(${text} AS TIMESTAMP) <> TRY_CAST(${text} AS DATE))`,
};

/** The columns whose guessed type changes a value, with one that does not. What cannot be read as its type at all is an error later, which names its line. */
async function widerTypes(database: Database, data: DataFiles, columns: readonly Column[]): Promise<readonly Column[]> {
  const texts = tableOf(data, 'all_varchar = true');
  const guessed = columns.filter(({ type }) => type in CHANGES);
  if (guessed.length === 0 || isSeenWhole(data, columns.length)) return [];
  const facts = guessed.map(({ name, type }) => CHANGES[type]!(identifier(name).sql));
  const found = await factsOf(database, texts, facts);
  const changed = guessed.filter((_column, index) => found[index] === true);
  const numbers = changed.filter(({ type }) => type === 'BIGINT').map(({ name }) => name);
  const days = changed.filter(({ type }) => type === 'DATE').map(({ name }) => ({ name, type: 'TIMESTAMP' }));
  return [...days, ...(await widerNumbers(database, texts, numbers))];
}

/** A zero in front is part of a code (01234 is another place than 1234); so is what only DuckDB takes for a number (1_000, 0x1F). */
const WHOLE = String.raw`\s*-?(0|[1-9][0-9]*)\s*`;
const DECIMAL = String.raw`\s*-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*`;

async function widerNumbers(
  database: Database,
  texts: SqlFragment,
  names: readonly string[],
): Promise<readonly Column[]> {
  const facts = names.map((name) => {
    const { sql } = identifier(name);
    const isNot = (pattern: string): string =>
      `bool_or(NOT regexp_full_match(${sql}, ${literal(pattern).sql})) FILTER (WHERE TRY_CAST(${sql} AS BIGINT) IS NOT NULL)`;
    return `[${isNot(WHOLE)}, ${isNot(DECIMAL)}]`;
  });
  const found = await factsOf(database, texts, facts);
  return names.flatMap((name, index): readonly Column[] => {
    const [isNotWhole, isCode] = found[index] as readonly boolean[];
    return isNotWhole === true ? [{ name, type: isCode === true ? 'VARCHAR' : 'DOUBLE' }] : [];
  });
}
