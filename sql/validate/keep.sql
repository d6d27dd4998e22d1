-- The first rows that break a rule, for whoever mends the data.
COPY (SELECT * FROM ({{rule}}
) LIMIT {{rows}}) TO {{output}} (FORMAT parquet)
