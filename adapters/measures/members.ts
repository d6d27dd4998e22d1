/** Rows of a segment, and what a column holds for them. */

/** Row numbers in ascending order; null: all rows. */
export type Members = Int32Array | null;

type Column = Float64Array | Float32Array | Int32Array | Int8Array | Uint8Array;

/** The column's values of these rows, in its own kind of numbers; of all rows the column itself. */
export function picked<Values extends Column>(column: Values, rows: Members): Values {
  if (rows === null) return column;
  const own = emptyLike(column, rows.length);
  for (let index = 0; index < rows.length; index++) own[index] = column[rows[index]!]!;
  return own;
}

function emptyLike<Values extends Column>(column: Values, length: number): Values {
  const Kind = column.constructor as new (length: number) => Values;
  return new Kind(length);
}
