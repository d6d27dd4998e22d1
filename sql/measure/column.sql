-- One value a row, in the snapshot's order.
SELECT {{value}} FROM data ORDER BY segmentry_row
