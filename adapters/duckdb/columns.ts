/** Query results as typed vectors, chunk by chunk. No row objects: at millions of rows they are most of the cost. */
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBResult,
  DuckDBTypeId,
  DuckDBVarCharVector,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { chunkMemory } from './chunk-memory.js';

/** A piece of one column, of up to 2,048 rows. Text comes as strings with NULL as the empty string. */
export type ChunkColumn = Float32Array | Float64Array | Int32Array | Int8Array | BigInt64Array | readonly string[];

/** What a visitor of chunks returns that wants no more of them. */
export const ENOUGH = Symbol('enough');

/**
 * A query and how many rows it returns. One that fails behind its first rows, or is interrupted, ends like one that is done, because DuckDB's
 * bindings do not pass on why a chunk is empty: only the number tells.
 */
export interface CountedQuery {
  readonly sql: string;
  readonly rows: number;
}

/**
 * Calls `visit` for every chunk of the query's result, in order. The arrays are views of DuckDB's memory: they are valid
 * only until `visit` returns. NULLs must have been replaced by the query (`coalesce`): typed vectors have no place for them.
 * The rest of the result is left alone once `visit` returns {@link ENOUGH}.
 *
 * @throws Error where it comes to another number of rows
 */
export async function forEachChunk(connection: DuckDBConnection, query: CountedQuery, visit: Visit): Promise<void> {
  const result = await connection.stream(query.sql);
  const visitChunk = chunkVisitor(result, visit);
  const fetch = (): Promise<DuckDBDataChunk | null> => {
    const chunk = result.fetchChunk();
    // It is told where the chunk is taken, which may be after a visit that is waited for.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = fetch();
  let found = 0;
  try {
    for (;;) {
      const chunk = await next;
      if (chunk === null || chunk.rowCount === 0) break;
      // DuckDB computes it while this one is visited.
      next = fetch();
      found += chunk.rowCount;
      const visited = visitChunk(chunk);
      if ((visited instanceof Promise ? await visited : visited) === ENOUGH) return;
    }
  } finally {
    // Whoever closes the database next must not do so under a chunk that is being made.
    await next.catch(() => undefined);
  }
  requireRows(found, query);
}

type Visit = (columns: readonly ChunkColumn[], rows: number) => unknown;

/** The same of a result that is in memory as a whole. */
async function forEachChunkOfWhole(connection: DuckDBConnection, query: CountedQuery, visit: Visit): Promise<void> {
  const result = await connection.run(query.sql);
  requireRows(result.rowCount, query);
  const visitChunk = chunkVisitor(result, visit);
  for (let place = 0; place < result.chunkCount; place++) visitChunk(result.getChunk(place));
}

function requireRows(found: number, { sql, rows }: CountedQuery): void {
  if (found !== rows) throw new Error(`the query returned ${found} rows, ${rows} were expected: ${sql}`);
}

function chunkVisitor(result: DuckDBResult, visit: Visit): (chunk: DuckDBDataChunk) => unknown {
  const readers = Array.from({ length: result.columnCount }, (_reader, index) => readerOf(result.columnTypeId(index)));
  const free = chunkMemory();
  return (chunk) => {
    free();
    const rows = chunk.rowCount;
    return visit(
      readers.map((read, index) => read(chunk, index, rows)),
      rows,
    );
  };
}

type ColumnReader = (chunk: DuckDBDataChunk, index: number, rows: number) => ChunkColumn;

function readerOf(type: DuckDBTypeId): ColumnReader {
  switch (type) {
    case DuckDBTypeId.FLOAT:
      return numbers(Float32Array);
    case DuckDBTypeId.DOUBLE:
      return numbers(Float64Array);
    case DuckDBTypeId.INTEGER:
      return numbers(Int32Array);
    case DuckDBTypeId.TINYINT:
      return numbers(Int8Array);
    case DuckDBTypeId.BIGINT:
      return numbers(BigInt64Array);
    case DuckDBTypeId.VARCHAR:
      return (chunk, index, rows) => {
        const vector = chunk.getColumnVector(index);
        if (!(vector instanceof DuckDBVarCharVector)) throw new Error(`column ${index} is no text`);
        return Array.from({ length: rows }, (_text, row) => vector.getItem(row) ?? '');
      };
    default:
      throw new Error(`no typed reader for a ${DuckDBTypeId[type]} column: cast it in the query`);
  }
}

interface NumberArray<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): A;
}

/** Past the vectors' classes, which look up every vector's NULLs: that is a fifth of what a scan costs, and there are none. */
function numbers<A extends ChunkColumn>(Numbers: NumberArray<A>): ColumnReader {
  return ({ chunk }, index, rows) => {
    const bytes = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, index), rows * Numbers.BYTES_PER_ELEMENT);
    return new Numbers(bytes.buffer, bytes.byteOffset, rows);
  };
}

/**
 * Bytes of a result that DuckDB makes whole before the first chunk is taken. Handing a chunk over from a query that goes on costs as much as
 * computing a column of it; of more than this the memory would be seen.
 */
const WHOLE_BYTES = 64 * 1024 * 1024;

/** The column of a query that gives each row's number (INTEGER) and value, whole and in the order of the numbers, which are 0 to `into.length` - 1. */
export async function readColumn<A extends Float64Array | Float32Array | Int32Array | Int8Array>(
  connection: DuckDBConnection,
  sql: string,
  into: A,
): Promise<A> {
  const take = ([numbers, column]: readonly ChunkColumn[], rows: number): void =>
    place(numbers as Int32Array, column as A, rows, into);
  const bytes = into.length * (Int32Array.BYTES_PER_ELEMENT + into.BYTES_PER_ELEMENT);
  await (bytes > WHOLE_BYTES ? forEachChunk : forEachChunkOfWhole)(connection, { sql, rows: into.length }, take);
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
