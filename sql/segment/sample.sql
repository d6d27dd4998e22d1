-- Their features, in the order of the rows: the fit depends on it.
SELECT {{features}} FROM data SEMI JOIN segmentry_sample ON segmentry_row = segmentry_taken ORDER BY segmentry_row
