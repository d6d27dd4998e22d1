-- Which rows lie in a range of the layout.
SELECT CAST({{row}} AS INTEGER)
FROM {{parquet}}
WHERE {{position}} >= {{from}} AND {{position}} < {{to}}
