/** Features as DuckDB hands them over, so that its typed vectors can be copied as they are. */
import { SegmentryError } from '../../domain/errors.js';
import type { ChunkColumn } from '../duckdb/columns.js';
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

/** A feature on its way to a place of its element type. */
export interface HandedFeature {
  readonly column: string;
  /** What DuckDB hands over: DOUBLE for a float32 too, where it is stored as such. */
  readonly type: string;
  /** Doubles that become float32 where they are put. */
  readonly rounded: boolean;
  readonly expression: SqlFragment;
}

/**
 * Numbers that are stored as DOUBLE, as pandas stores them, are left to be rounded where they are put into a Float32Array, to the same float32:
 * DuckDB's cast takes as long as reading the column.
 *
 * NULL reaches the model as NaN (text: as the empty string); where that is not allowed, validation has refused it.
 */
export function handedFeature({ column, element }: FeatureColumn, stored: string | undefined): HandedFeature {
  const rounded = element === 'float32' && stored === 'DOUBLE';
  const type = rounded ? stored : SQL_TYPE[element];
  const cast = `CAST(${identifier(column).sql} AS ${type})`;
  const expression = (): string => {
    if (type === 'FLOAT' || type === 'DOUBLE') return `coalesce(${cast}, 'nan'::${type})`;
    return type === 'VARCHAR' ? `coalesce(${cast}, '')` : cast;
  };
  return { column, type, rounded, expression: raw(expression()) };
}

/**
 * What the cast would ask of numbers that are rounded later.
 *
 * @param chunk begins with the features' columns
 * @throws SegmentryError (data) that names a finite number too large for its element type
 */
export function requireHeld(handed: readonly HandedFeature[], chunk: readonly ChunkColumn[]): void {
  for (const [index, { column, rounded }] of handed.entries()) {
    const beyond = rounded ? firstBeyond(chunk[index] as Float64Array) : undefined;
    if (beyond !== undefined)
      throw new SegmentryError(`${column} is ${beyond} in some row, which float32 (FLOAT) cannot hold`, 'data');
  }
}

/** Halfway from the largest float32 to where the next one would be: from here on, rounding gives an infinity. */
const ROUNDED_TO_INFINITY = 2 ** 128 - 2 ** 103;

function firstBeyond(numbers: Float64Array): number | undefined {
  for (const number of numbers) {
    if ((number >= ROUNDED_TO_INFINITY || number <= -ROUNDED_TO_INFINITY) && Number.isFinite(number)) return number;
  }
  return undefined;
}
