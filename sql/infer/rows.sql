-- The rows of one inference task, in the order of the layout.
SELECT CAST({{row}} AS INTEGER), CAST({{position}} AS INTEGER), {{features}}
FROM {{parquet}}
WHERE {{position}} >= {{from}} AND {{position}} < {{to}}
