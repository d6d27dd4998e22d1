-- Features of a range of the snapshot's rows, in their order.
SELECT CAST({{row}} AS INTEGER), {{features}}
FROM {{table}}
WHERE {{row}} >= {{from}} AND {{row}} < {{to}}
