/** Columns that a file has twice. DuckDB gives all but the first another name (y_1), and nobody would see which of them was evaluated. */
import { SegmentryError } from '../../domain/errors.js';
import type { Database } from './database.js';
import { tableOf } from './data-table.js';
import type { DataFiles } from './source.js';
import { escapedGlob, literal } from './sql-file.js';

/**
 * @param columns as DuckDB calls them
 * @throws SegmentryError (data) when a file's own header has a name twice
 */
export async function requireDistinct(
  database: Database,
  data: DataFiles,
  columns: readonly { readonly name: string }[],
): Promise<void> {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  // A renamed column is the only trace of it; without one there is nothing to look for.
  const isRenamed = ({ name }: { readonly name: string }): boolean =>
    names.has(name.toLowerCase().replace(/_\d+$/, '')) && /_\d+$/.test(name);
  if (data.format === 'json' || !columns.some(isRenamed)) return;
  for (const file of data.files) {
    const header = (await headerOf(database, data, file)).map((name) => name.trim());
    const at = header.findIndex(
      (name, place) => name !== '' && header.slice(0, place).some((other) => isSame(other, name)),
    );
    if (at < 0) continue;
    const name = header[at]!;
    const places = header.flatMap((other, place) => (isSame(other, name) ? [place + 1] : []));
    throw new SegmentryError(
      `data.source: ${data.source}: ${file} has the column "${name}" ${places.length} times, as columns ${places.join(' and ')}: rename or remove all but one`,
      'data',
    );
  }
}

/** SQL does not tell upper from lower case. */
const isSame = (some: string, other: string): boolean => some.toLowerCase() === other.toLowerCase();

/** The names as they are written in the file. */
async function headerOf(database: Database, data: DataFiles, file: string): Promise<readonly string[]> {
  if (data.format === 'csv') {
    const asRow = tableOf({ ...data, files: [file], partitioned: false }, 'header = false', 'all_varchar = true');
    const [row = []] = await database.rows(`SELECT * FROM ${asRow.sql} LIMIT 1`);
    return (row as readonly (string | null)[]).map((name) => name ?? '');
  }
  // Those of the root: it comes first, and what is inside of a column is deeper.
  const rows = await database.rows(
    `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${literal(escapedGlob(file)).sql})`,
  );
  const names: string[] = [];
  for (let at = 1; at < rows.length;) {
    names.push(String(rows[at]?.[0]));
    for (let open = 1; open > 0 && at < rows.length; at++) open += Number(rows[at]?.[1]) - 1;
  }
  return names;
}
