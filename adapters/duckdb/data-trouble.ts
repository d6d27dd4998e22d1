/** What is wrong with files of data that DuckDB reads as something else, or refuses with advice that no pipeline can follow. */
import { createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { SegmentryError } from '../../domain/errors.js';
import type { Database } from './database.js';
import { otherLook } from './file-look.js';
import type { DataFiles, DescribedData } from './source.js';
import { identifier, list, raw } from './sql-file.js';

/** @throws SegmentryError (data) when the files hold nothing, or are of another format than their names say */
export async function requireContent({ files, format, source }: DataFiles): Promise<void> {
  const isEmpty = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.size === 0;
  // An empty part beside others is nothing wrong with CSV and JSON: it has no rows.
  const empty = format === 'parquet' ? files.find(isEmpty) : files.every(isEmpty) ? files[0] : undefined;
  if (empty !== undefined)
    throw new SegmentryError(`data.source: ${source}: the file ${empty} is empty (0 bytes): write it again`, 'data');
  for (const file of files) {
    const look = await otherLook(file, format);
    if (look !== null) throw new SegmentryError(`data.source: ${source}: the file ${file} ${look}`, 'data');
  }
}

async function beginningOf(file: string, bytes: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What may be between the fields of a line; DuckDB tries the same. */
const DELIMITERS = [',', ';', '\t', '|'];

/**
 * DuckDB takes the delimiter that cuts all lines into the same number of fields. Where one line has more or fewer, that is none, and
 * the whole file is a table of one column whose name is the header; or it begins to read behind that line, without names.
 *
 * @throws SegmentryError (data) when that is what happened
 */
export async function requireEvenLines(data: DataFiles, columns: readonly { readonly name: string }[]): Promise<void> {
  if (data.format !== 'csv') return;
  if (columns.length !== 1 && !columns.every(({ name }) => /^column\d+$/.test(name))) return;
  for (const file of data.files.filter((name) => !/\.(gz|zst)$/i.test(name))) {
    const [header = ''] = (await beginningOf(file, HEADER_BYTES)).split(/\r?\n/);
    const fields = (delimiter: string): number => header.split(delimiter).length;
    const [delimiter = ','] = DELIMITERS.toSorted((a, b) => fields(b) - fields(a));
    const uneven = fields(delimiter) === 1 ? null : await unevenLine(file, delimiter);
    if (uneven === null) continue;
    throw new SegmentryError(
      `data.source: ${data.source} looks like a CSV with ${uneven.first} fields a line, between them ${JSON.stringify(delimiter)}, but its lines ` +
        `differ: line ${uneven.line} of ${file} has ${uneven.fields}; mend the line, or put quotes around what has the delimiter in it`,
      'data',
    );
  }
}

/** Bytes of a file in which its header is looked for: ten thousand columns with names of six characters. */
const HEADER_BYTES = 65_536;

/** Characters that are read in search of a line: DuckDB guesses by the first 20,480 lines, and no lines of theirs are longer than this together. */
const SEARCHED_CHARACTERS = 64 * 1024 * 1024;

/** The first line with another number of fields than the first one has. Line breaks and delimiters in quotes belong to a field. */
async function unevenLine(
  file: string,
  delimiter: string,
): Promise<{ readonly line: number; readonly fields: number; readonly first: number } | null> {
  let [line, begun, fields, first, quoted, length] = [1, 1, 1, 0, false, 0];
  const stream = createReadStream(file, { encoding: 'latin1', end: SEARCHED_CHARACTERS - 1 });
  for await (const chunk of stream) {
    for (const character of chunk as string) {
      if (character === '"') quoted = !quoted;
      if (character === '\n') line++;
      if (character !== '\n' || quoted) {
        if (character === delimiter && !quoted) fields++;
        if (character !== '\r' && character !== '\n') length++;
        continue;
      }
      // Empty lines are skipped when a CSV is read.
      if (length > 0) {
        if (first === 0) first = fields;
        else if (fields !== first) return { line: begun, fields, first };
      }
      [fields, length, begun] = [1, 0, line];
    }
  }
  const isCut = statSync(file).size > SEARCHED_CHARACTERS;
  return !isCut && length > 0 && first !== 0 && fields !== first ? { line: begun, fields, first } : null;
}

/** A column that would be one of numbers, were it not for a few of its cells. */
export interface StrayText {
  readonly column: string;
  /** Cells that are not empty, among the rows that were looked at. */
  readonly cells: number;
  readonly strays: number;
  /** The first of them, and its row below the header, from 1. */
  readonly value: string;
  readonly row: number;
}

/** DuckDB guesses the type of a CSV's column by so many rows (its `sample_size`): a stray cell behind them is an error when rows are read. */
export const GUESSED_ROWS = 20_480;

/** Columns of text that are looked at: a file of ten thousand would make this the longest part of looking at it. */
const SEARCHED_COLUMNS = 500;

/** The columns of a CSV that DuckDB takes for text because of a few cells, such as NA. */
export async function strayTexts(
  database: Database,
  { format }: DataFiles,
  { columns, table }: DescribedData,
): Promise<readonly StrayText[]> {
  const texts = columns.filter(({ type }) => type === 'VARCHAR').slice(0, SEARCHED_COLUMNS);
  if (format !== 'csv' || texts.length === 0) return [];
  const facts = texts.map(({ name }) => {
    const { sql } = identifier(name);
    const stray = `FILTER (WHERE ${sql} IS NOT NULL AND TRY_CAST(${sql} AS DOUBLE) IS NULL)`;
    return raw(`[CAST(count(${sql}) AS VARCHAR), CAST(count(*) ${stray} AS VARCHAR),
      first(${sql} ORDER BY place) ${stray}, CAST(min(place) ${stray} AS VARCHAR)]`);
  });
  const named = list(texts.map(({ name }) => identifier(name)));
  const numbered = `SELECT row_number() OVER () AS place, * FROM (SELECT ${named.sql} FROM ${table.sql} LIMIT ${GUESSED_ROWS})`;
  const row = await database.rows(`SELECT ${list(facts).sql} FROM (${numbered})`).then(
    ([only]) => only ?? [],
    (error: unknown) => {
      // A row that cannot be read: whoever reads all of them tells.
      if (error instanceof SegmentryError) throw error;
      return [];
    },
  );
  return texts.flatMap(({ name: column }, index): readonly StrayText[] => {
    const [cells, strays, value, place] = (row[index] ?? []) as readonly (string | null)[];
    const found = { column, cells: Number(cells), strays: Number(strays), value: value ?? '', row: Number(place) };
    return found.strays > 0 && found.strays * 2 < found.cells ? [found] : [];
  });
}

/** Whether a line of DuckDB's message is about options of its readers, which a pipeline does not have. */
export function isAdvice(line: string): boolean {
  return /^\s*(\* |Possible |Potential |This can happen when reading multiple|If you are trying to read files with different|This type was auto-detected)/.test(
    line,
  );
}

/**
 * DuckDB's message about a CSV file without its advice, which is to set options that a pipeline does not have, and without the list of
 * those that it took. Null: the message is about something else.
 */
export function explainCsv(message: string): string | null {
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined && !message.includes('Error when sniffing file')) return null;
  const at = line === undefined ? '' : ` at line ${line}`;
  if (/not utf-8|Invalid unicode/i.test(message))
    return `the text is not UTF-8${at}: convert it, with iconv -f latin1 -t utf-8 for one`;
  if (line === undefined)
    return 'it is no CSV that can be told from other text: write it as UTF-8, with a header and the same number of fields in each line';
  const what = message
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '' && !/^(Invalid Input Error: )?CSV Error on Line|^Original Line|^Possible/.test(text))
    .filter((text) => !/^\w+ = |^file *=|^LINE |^\^/.test(text) && !isAdvice(text));
  return `the CSV cannot be read${at}: ${what.join(' ')}`;
}
