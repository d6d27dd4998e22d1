/** Days of a CSV that can be read in two ways. DuckDB takes the order that fits the first rows of a file and, where both do, the day first. */
import { basename } from 'node:path';
import type { Database } from './database.js';
import { tableOf } from './data-table.js';
import type { DataFiles } from './source.js';
import { identifier, literal } from './sql-file.js';

/** Two numbers that both may be a month, before a year. */
const BOTH = String.raw`^\s*(0?[1-9]|1[0-2])[-/. ](0?[1-9]|1[0-2])[-/. ][0-9]{2}`;

export interface AmbiguousDays {
  /** One of them, as it is written. */
  readonly value: string;
  readonly file: string;
}

/**
 * @param column of days or times
 * @returns null where the data are no CSV, or each file has a value that can be read in one way only
 */
export async function ambiguousDays(
  database: Database,
  data: DataFiles,
  column: string,
): Promise<AmbiguousDays | null> {
  if (data.format !== 'csv') return null;
  const { sql } = identifier(column);
  // The files' own text, whatever folders are called.
  const texts = tableOf({ ...data, partitioned: false }, 'all_varchar = true', "filename = 'segmentry_file'");
  const part = (group: number): string => `CAST(regexp_extract(${sql}, ${literal(BOTH).sql}, ${group}) AS INTEGER)`;
  const isBoth = `regexp_matches(${sql}, ${literal(BOTH).sql})`;
  const [first] = await database.rows(`SELECT ${isBoth} FROM ${texts.sql} WHERE ${sql} IS NOT NULL LIMIT 1`);
  // Most data begin with a year or name the month, and are not looked through.
  if (first?.[0] !== true) return null;
  const [found] = await database.rows(
    `SELECT first(${sql}) FILTER (WHERE CASE WHEN ${isBoth} THEN ${part(1)} <> ${part(2)} END) AS value, segmentry_file FROM ${texts.sql} ` +
      `WHERE ${sql} IS NOT NULL GROUP BY segmentry_file HAVING bool_and(${isBoth}) AND value IS NOT NULL ORDER BY segmentry_file LIMIT 1`,
  );
  return found === undefined ? null : { value: String(found[0]), file: basename(String(found[1])) };
}
