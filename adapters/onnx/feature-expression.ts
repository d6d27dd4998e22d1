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
  return expressionOf(column, SQL_TYPE[element]);
}

/** A feature on its way to a place of its element type. */
export interface HandedFeature {
  readonly column: string;
  /** What DuckDB hands over: DOUBLE for a float32 too, where it is stored as such. */
  readonly type: string;
  readonly expression: SqlFragment;
}

/**
 * Numbers that are stored as DOUBLE, as pandas stores them, are left to be rounded where they are put into a Float32Array, to the same float32.
 * DuckDB asks of each number whether FLOAT can hold it, which takes as long as reading the column, and validation has asked.
 */
export function handedFeature({ column, element }: FeatureColumn, stored: string | undefined): HandedFeature {
  const type = element === 'float32' && stored === 'DOUBLE' ? stored : SQL_TYPE[element];
  return { column, type, expression: expressionOf(column, type) };
}

function expressionOf(column: string, type: string): SqlFragment {
  const cast = `CAST(${identifier(column).sql} AS ${type})`;
  if (type === 'FLOAT' || type === 'DOUBLE') return raw(`coalesce(${cast}, 'nan'::${type})`);
  if (type === 'VARCHAR') return raw(`coalesce(${cast}, '')`);
  return raw(cast);
}
