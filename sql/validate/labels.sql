-- The labels that occur, the commonest first; a label that few rows have is the likelier mistake, but all have to fit.
SELECT CAST({{label}} AS VARCHAR) AS label, count(*) AS rows
FROM data WHERE {{label}} IS NOT NULL
GROUP BY ALL ORDER BY rows DESC, label LIMIT 200
