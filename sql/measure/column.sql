-- One value a row, each with the row's number: putting them into their places costs less than sorting them.
SELECT CAST(segmentry_row AS INTEGER), {{value}} FROM data
