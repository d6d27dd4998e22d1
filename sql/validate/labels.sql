-- The labels that occur under a condition, the commonest first; a label that few rows have is the likelier mistake, but all have to fit.
SELECT CAST({{label}} AS VARCHAR) AS label, count(*) AS rows
FROM data WHERE {{label}} IS NOT NULL AND {{condition}}
GROUP BY ALL ORDER BY rows DESC, label LIMIT 200
