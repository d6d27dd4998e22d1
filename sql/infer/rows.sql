-- The rows of one inference task, in the order of the layout.
SELECT CAST({{row}} AS INTEGER), {{features}}
FROM read_parquet({{parquet}})
WHERE {{position}} >= {{from}} AND {{position}} < {{to}}
