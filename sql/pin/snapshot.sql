-- The data as they are now, with the row's number in front. DuckDB keeps the source's order of rows.
COPY (
  SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS {{row}}, *
  FROM (SELECT * FROM {{source}} WHERE {{where}} AND {{window}})
) TO {{target}} (FORMAT parquet)
