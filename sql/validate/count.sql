-- How many rows break a rule.
SELECT count(*) FROM ({{rule}}
)
