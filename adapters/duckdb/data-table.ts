/** The table expression that reads files of data. */
import type { DataFiles, DataFormat } from './source.js';
import { READ_NAN, type SqlFragment, escapedGlob, list, literal, raw } from './sql-file.js';

const OPTIONS: Readonly<Record<DataFormat, readonly string[]>> = {
  parquet: [READ_NAN],
  csv: [],
  // DuckDB looks for columns and types in 32 files, and a column that only a later one has would be an error.
  json: [`maximum_sample_files = ${2 ** 31 - 1}`],
};

/** @param more options of DuckDB's reader, as SQL */
export function tableOf(
  { files, format, partitioned }: Pick<DataFiles, 'files' | 'format' | 'partitioned'>,
  ...more: readonly string[]
): SqlFragment {
  const patterns = list(files.map((file) => literal(escapedGlob(file)))).sql;
  const options = [`hive_partitioning = ${partitioned}`, ...OPTIONS[format], ...more].join(', ');
  return raw(`read_${format}([${patterns}], ${options})`);
}
