-- The features in the order of the layout. Positions and snapshot have the same rows in the same order.
COPY (
  SELECT p.{{position}}, d.segmentry_row, {{features}}
  FROM read_parquet({{snapshot}}) AS d POSITIONAL JOIN positions AS p
  ORDER BY p.{{position}}
) TO {{output}} (FORMAT parquet, ROW_GROUP_SIZE {{rows}})
