/** The SQL of the stages lives in `sql/<stage>/<name>.sql`, one statement a file, with `{{name}}` where a value goes. */
import { readFileSync } from 'node:fs';

/** A piece of SQL that is safe to put into a statement as it is. Only the functions below make one. */
export interface SqlFragment {
  readonly sql: string;
}

/** A table, view or column name. */
export function identifier(name: string): SqlFragment {
  return { sql: `"${name.replaceAll('"', '""')}"` };
}

/** A constant. Numbers are written so that DuckDB reads the same double back. */
export function literal(value: string | number | boolean | null): SqlFragment {
  if (value === null) return { sql: 'NULL' };
  if (typeof value === 'boolean') return { sql: value ? 'true' : 'false' };
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return { sql: String(value) };
    return { sql: `'${String(value)}'::DOUBLE` };
  }
  // A NUL byte would end the statement for the C API that runs it.
  return { sql: `'${value.replaceAll("'", "''").replaceAll('\0', '')}'` };
}

/**
 * A condition that a user wrote. The line break before the closing bracket keeps a trailing `-- comment` from
 * swallowing it.
 */
export function condition(sql: string): SqlFragment {
  return { sql: `(${sql}\n)` };
}

/** A file's path as a pattern that matches this file alone: DuckDB reads `*`, `?` and `[` in every path as such. */
export function escapedGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}

/**
 * The table in one Parquet file of the program's own. Without the columns that DuckDB would read out of the path: in a folder
 * `env=prod`, every snapshot would have one more, and another place another result.
 *
 * @param options more of them, as SQL
 */
export function parquetFile(path: string, options?: string): SqlFragment {
  const more = options === undefined ? '' : `, ${options}`;
  return raw(`read_parquet(${literal(escapedGlob(path)).sql}, ${READ_NAN}, hive_partitioning = false${more})`);
}

/**
 * Most programs leave NaN out of the largest value that they note for a piece of a Parquet file. By default DuckDB believes them and skips
 * the pieces in which only NaN is larger than what is asked for: `x > 5` would lose rows that it holds for.
 */
export const READ_NAN = 'can_have_nan = true';

/** SQL that the program itself put together. */
export function raw(sql: string): SqlFragment {
  return { sql };
}

export function list(fragments: readonly SqlFragment[], separator = ', '): SqlFragment {
  return { sql: fragments.map((fragment) => fragment.sql).join(separator) };
}

const loaded = new Map<string, string>();

/**
 * The statement in `sql/<path>.sql` with its placeholders filled in.
 *
 * @example statement('pin/snapshot', { source: raw("'a.parquet'"), target: literal('out.parquet') })
 * @throws Error when the file has a placeholder without a value, or a value without a placeholder: both are mistakes here.
 */
export function statement(path: string, values: Readonly<Record<string, SqlFragment>> = {}): string {
  let text = loaded.get(path);
  if (text === undefined) {
    text = readFileSync(new URL(`../../sql/${path}.sql`, import.meta.url), 'utf8');
    loaded.set(path, text);
  }
  const used = new Set<string>();
  const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`sql/${path}.sql: no value for {{${name}}}`);
    used.add(name);
    return value.sql;
  });
  for (const name of Object.keys(values)) {
    if (!used.has(name)) throw new Error(`sql/${path}.sql has no placeholder {{${name}}}`);
  }
  return filled;
}
