/** Query results as typed vectors, chunk by chunk. No row objects: at millions of rows they are most of the cost. */
import {
  type DuckDBConnection,
  DuckDBBigIntVector,
  DuckDBDoubleVector,
  DuckDBFloatVector,
  DuckDBIntegerVector,
  DuckDBTinyIntVector,
  DuckDBVarCharVector,
  type DuckDBVector,
} from '@duckdb/node-api';

/** A piece of one column, of up to 2,048 rows. Text comes as strings with NULL as the empty string. */
export type ChunkColumn = Float32Array | Float64Array | Int32Array | Int8Array | BigInt64Array | readonly string[];

/** What a visitor of chunks returns that wants no more of them. */
export const ENOUGH = Symbol('enough');

/**
 * Calls `visit` for every chunk of the query's result, in order. The arrays are views of DuckDB's memory: they are valid
 * only until `visit` returns. NULLs must have been replaced by the query (`coalesce`): typed vectors have no place for them.
 * The rest of the result is left alone once `visit` returns {@link ENOUGH}.
 */
export async function forEachChunk(
  connection: DuckDBConnection,
  sql: string,
  visit: (columns: readonly ChunkColumn[], rows: number) => unknown,
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const columns: ChunkColumn[] = [];
    for (let index = 0; index < chunk.columnCount; index++) columns.push(itemsOf(chunk.getColumnVector(index)));
    const visited = visit(columns, chunk.rowCount);
    if ((visited instanceof Promise ? await visited : visited) === ENOUGH) return;
  }
}

function itemsOf(vector: DuckDBVector): ChunkColumn {
  if (
    vector instanceof DuckDBFloatVector ||
    vector instanceof DuckDBDoubleVector ||
    vector instanceof DuckDBIntegerVector ||
    vector instanceof DuckDBTinyIntVector ||
    vector instanceof DuckDBBigIntVector
  ) {
    // The typed array is private in the declaration only; reading through getItem() would box every value.
    return (vector as unknown as { readonly items: Float32Array }).items;
  }
  if (vector instanceof DuckDBVarCharVector) {
    const texts = new Array<string>(vector.itemCount);
    for (let row = 0; row < texts.length; row++) texts[row] = vector.getItem(row) ?? '';
    return texts;
  }
  throw new Error(`no typed reader for a ${String(vector.type)} column: cast it in the query`);
}

/** The column of a query that gives each row's number (INTEGER) and value, whole and in the order of the numbers, which are 0 to `into.length` - 1. */
export async function readColumn<A extends Float64Array | Float32Array | Int32Array | Int8Array>(
  connection: DuckDBConnection,
  sql: string,
  into: A,
): Promise<A> {
  let at = 0;
  await forEachChunk(connection, sql, ([numbers, column], rows) => {
    place(numbers as Int32Array, column as A, rows, into);
    at += rows;
  });
  if (at !== into.length) throw new Error(`the query returned ${at} rows, ${into.length} were expected: ${sql}`);
  return into;
}

/** A function of its own, so that it is compiled for the kind of array. */
function place<A extends Float64Array | Float32Array | Int32Array | Int8Array>(
  numbers: Int32Array,
  column: A,
  rows: number,
  into: A,
): void {
  for (let index = 0; index < rows; index++) into[numbers[index]!] = column[index]!;
}
