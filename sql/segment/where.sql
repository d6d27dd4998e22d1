-- The rows for which a condition holds; where it is NULL it does not hold.
SELECT CAST(segmentry_row AS INTEGER) FROM data WHERE {{condition}}
