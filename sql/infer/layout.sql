-- The features in the order of the layout, which is read once: compressing it takes longer than writing what that saves. Positions and snapshot have the same rows in the same order.
COPY (
  SELECT p.{{position}}, d.segmentry_row, {{features}}
  FROM {{snapshot}} AS d POSITIONAL JOIN positions AS p
  ORDER BY p.{{position}}
) TO {{output}} (FORMAT parquet, COMPRESSION uncompressed, WRITE_BLOOM_FILTER false, ROW_GROUP_SIZE {{rows}})
