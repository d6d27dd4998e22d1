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

/** A value of a segment column, as DuckDB's text, and whether the column's literals are written without quotes. */
export interface SegmentValue {
  readonly column: string;
  readonly text: string | null;
  readonly numeric: boolean;
}

export function segmentName(values: readonly SegmentValue[]): string {
  // A text that reads like the mark for NULL, or like a crossing, is quoted so that no two segments share a name.
  return values
    .map(({ text }) => {
      if (text === null) return MISSING;
      return text === MISSING || text === '' || text.includes(CROSS) || text.startsWith('"')
        ? JSON.stringify(text)
        : text;
    })
    .join(CROSS);
}

/** `carrier = 'EV' AND visib IS NULL`. */
export function segmentRule(values: readonly SegmentValue[]): string {
  return values
    .map(({ column, text, numeric }) => {
      const name = /^[a-z_][a-z0-9_]*$/.test(column) ? column : `"${column.replaceAll('"', '""')}"`;
      if (text === null) return `${name} IS NULL`;
      if (numeric && text.toLowerCase() === 'nan') return `isnan(${name})`;
      return `${name} = ${numeric && /^-?[\d.]+(e[+-]?\d+)?$/i.test(text) ? text : `'${text.replaceAll("'", "''")}'`}`;
    })
    .join(' AND ');
}

/** Code-point order, the same on every machine: a locale's order is not. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/**
 * Rows grouped by code, each group in row order: `rows.subarray(starts[c], starts[c + 1])` are the rows with code c.
 * Rows with {@link OUTSIDE} are left out. A counting sort: O(rows + groups).
 */
export function groupRows(
  codes: ArrayLike<number>,
  groups: number,
): { readonly rows: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(groups + 1);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code >= 0) starts[code + 1]!++;
  }
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice(0, groups);
  const rows = new Int32Array(starts[groups]!);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code >= 0) rows[next[code]!++] = row;
  }
  return { rows, starts };
}
