-- The rows that clusters are fitted on, which are put into it next. Made anew for each segmentation.
CREATE OR REPLACE TEMP TABLE segmentry_sample (segmentry_taken INTEGER)
