/** Features as DuckDB hands them over, so that its typed vectors can be copied as they are. */
import { type SqlFragment, identifier, raw } from '../duckdb/sql-file.js';
import type { ElementType, FeatureColumn } from './signature.js';

const SQL_TYPE: Readonly<Record<ElementType, string>> = {
  float32: 'FLOAT',
  float64: 'DOUBLE',
  int64: 'BIGINT',
  int32: 'INTEGER',
  bool: 'TINYINT',
  string: 'VARCHAR',
};

/** NULL reaches the model as NaN (text: as the empty string); where that is not allowed, validation has refused it. */
export function featureExpression({ column, element }: FeatureColumn): SqlFragment {
  const type = SQL_TYPE[element];
  const cast = `CAST(${identifier(column).sql} AS ${type})`;
  if (type === 'FLOAT' || type === 'DOUBLE') return raw(`coalesce(${cast}, 'nan'::${type})`);
  if (type === 'VARCHAR') return raw(`coalesce(${cast}, '')`);
  return raw(cast);
}
