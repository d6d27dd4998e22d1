-- Each row's value, by its number. IS NOT DISTINCT FROM, so that NULL meets NULL.
SELECT CAST(d.segmentry_row AS INTEGER), v.segmentry_code
FROM data AS d JOIN {{dictionary}} AS v ON {{match}}
