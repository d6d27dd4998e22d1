-- The distinct values of the segment columns, NULL included, numbered, with the rows of each.
CREATE TEMP TABLE {{dictionary}} AS
SELECT *, CAST(row_number() OVER () - 1 AS INTEGER) AS segmentry_code
FROM (SELECT {{columns}}, count(*) AS segmentry_rows FROM data GROUP BY ALL)
