-- The data as they are now, with the row's number in front. DuckDB keeps the source's order of rows.
-- No Bloom filters: theirs tell -0.0 from 0.0, so that DuckDB 1.5 skips rows for which `x = 0` is true.
COPY (
  SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS {{row}}, *
  FROM (SELECT * FROM {{source}} WHERE {{where}} AND {{window}})
) TO {{target}} (FORMAT parquet, WRITE_BLOOM_FILTER false)
