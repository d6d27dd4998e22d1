-- The rows that clusters are fitted on. Made anew for each segmentation.
CREATE OR REPLACE TEMP TABLE segmentry_sample AS SELECT unnest([{{rows}}]::INTEGER[]) AS segmentry_taken
