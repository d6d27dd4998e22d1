/** Which segments there are, and how rows are told apart by them. */
import { MISSING } from '../pipeline.js';

export interface SegmentEntry {
  readonly name: string;
  /** Readable; for columns and conditions also valid DuckDB SQL. */
  readonly rule: string;
  readonly rows: number;
}

/**
 * One segmentation, applied. A row's code is the index of its segment in `segments`; a `where` segmentation has one
 * segment and the code {@link OUTSIDE} for the other rows.
 */
export interface SegmentationTable {
  readonly segmentation: string;
  readonly kind: 'overall' | 'columns' | 'where' | 'clusters';
  /** Column of the codes file; null for `overall`, to which every row belongs. */
  readonly codes: string | null;
  readonly segments: readonly SegmentEntry[];
}

export const OUTSIDE = -1;

/** Joins the parts of a segment that several columns make: "EV x EWR". */
const CROSS = ' x ';

/** A value of a segment column, as DuckDB's text. */
export interface SegmentValue {
  readonly column: string;
  readonly text: string | null;
  /** Whether the column holds numbers or booleans. */
  readonly numeric: boolean;
}

export function segmentName(values: readonly SegmentValue[]): string {
  // A text that reads like the mark for NULL, or like a crossing, is quoted so that no two segments share a name.
  return values
    .map(({ text }) => {
      if (text === null) return MISSING;
      const crossing = values.length > 1 && ` ${text} `.includes(CROSS);
      return text === MISSING || text === '' || crossing || text.startsWith('"') ? JSON.stringify(text) : text;
    })
    .join(CROSS);
}

/**
 * `carrier = 'EV' AND visib IS NULL`, as DuckDB SQL.
 *
 * @param keywords words of SQL that name a column only in quotes, in lower case
 */
export function segmentRule(values: readonly SegmentValue[], keywords: ReadonlySet<string> = new Set()): string {
  return values
    .map(({ column, text, numeric }) => {
      const plain = /^[a-z_][a-z0-9_]*$/.test(column) && !keywords.has(column);
      const name = plain ? column : `"${column.replaceAll('"', '""')}"`;
      if (text === null) return `${name} IS NULL`;
      if (numeric && text.toLowerCase() === 'nan') return `isnan(${name})`;
      return `${name} = ${numeric && isBareNumber(text) ? text : textLiteral(text)}`;
    })
    .join(' AND ');
}

/**
 * Numbers that mean the same without quotes in a column of any type. In quotes DuckDB reads a number as the column's type
 * does; bare it is a decimal first, which for many digits or an exponent is another number than the column's.
 */
function isBareNumber(text: string): boolean {
  return /^-?\d{1,18}$/.test(text) || /^-?(?=[\d.]{3,7}$)\d+\.\d+$/.test(text);
}

function textLiteral(text: string): string {
  // A NUL byte would end the statement for the C API that runs it.
  const pieces = text.split('\0').map((piece) => `'${piece.replaceAll("'", "''")}'`);
  return pieces.length === 1 ? pieces[0]! : `concat(${pieces.join(', chr(0), ')})`;
}

/** Code-point order, the same on every machine: a locale's order is not. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  const { length } = a.name;
  let at = 0;
  while (at < length && a.name.charCodeAt(at) === b.name.charCodeAt(at)) at++;
  // The first difference may be the second half of a surrogate pair, whose order is that of the whole code points.
  const [left, right] = [a.name.codePointAt(at) ?? -1, b.name.codePointAt(at) ?? -1];
  return left - right;
}

/**
 * Rows grouped by code, each group in row order: `rows.subarray(starts[c], starts[c + 1])` are the rows with code c.
 * Rows with {@link OUTSIDE} are left out. A counting sort: O(rows + groups).
 */
export function groupRows(
  codes: Int32Array | Float64Array | Float32Array | Uint8Array,
  groups: number,
): { readonly rows: Int32Array; readonly starts: Int32Array } {
  const { length } = codes;
  const starts = new Int32Array(groups + 1);
  for (let row = 0; row < length; row++) {
    const code = codes[row]!;
    if (code >= 0) starts[code + 1]!++;
  }
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice(0, groups);
  const rows = new Int32Array(starts[groups]!);
  for (let row = 0; row < length; row++) {
    const code = codes[row]!;
    if (code >= 0) rows[next[code]!++] = row;
  }
  return { rows, starts };
}
