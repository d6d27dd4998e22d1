/** The column that says in which segment of a segmentation each row is. */
import type { SegmentationTable } from '../../domain/slices/segment-table.js';
import { ColumnReader } from '../column-file.js';

export interface Codes {
  readonly file: ColumnReader;
  readonly column: string;
}

interface CodeSource {
  /** Column file with the segment codes. */
  readonly codes: string;
  readonly table: SegmentationTable;
  readonly rows: number;
}

/** @param use is given null where all rows are in the one segment */
export function withCodes<T>({ codes, table, rows }: CodeSource, use: (codes: Codes | null) => T): T {
  const { codes: column, segmentation } = table;
  if (column === null) return use(null);
  return ColumnReader.with(codes, (file) => {
    if (!file.columns.has(column) || file.rows !== rows)
      throw new Error(`${codes} has no codes of "${segmentation}" for ${rows} rows`);
    return use({ file, column });
  });
}
