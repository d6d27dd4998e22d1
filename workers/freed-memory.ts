/**
 * Variables by which a compute process gives memory back that it has freed: a job wants a hundred megabytes for a second, and the next one others.
 * They are read when the libraries are loaded, so they cannot be set any later. Other systems and other C libraries do not know them.
 */

/**
 * Bytes from which glibc takes memory from the system by itself and gives it back at once. By its own choice it raises this to 32 MB with the
 * first such block that is freed; then columns are cut out of one heap, which ends where the last of them lies.
 */
const OWN_BLOCK_BYTES = 256 * 1024;

/** Bytes that may be free at the end of that heap. */
const FREE_AT_END_BYTES = 1024 * 1024;

export const GIVES_MEMORY_BACK = {
  MALLOC_MMAP_THRESHOLD_: String(OWN_BLOCK_BYTES),
  MALLOC_TRIM_THRESHOLD_: String(FREE_AT_END_BYTES),
  // DuckDB's allocator has several times as many arenas as there are cores, and each keeps freed pages for itself, in case they are wanted again.
  // A scan goes on in whichever thread is free, and leaves them in one arena after the other. (To keep none makes scans a third slower.)
  DUCKDB_JE_MALLOC_CONF: 'narenas:1',
} as const;
