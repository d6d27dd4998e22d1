-- Row number and the features that clusters are made of.
SELECT CAST(segmentry_row AS INTEGER), {{features}} FROM data
