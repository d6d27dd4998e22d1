/** Shape of `segments`: how rows are put into segments. */
import { z } from 'zod';
import { columnName, condition, nameText } from './words.js';

const MAX_CLUSTERS = 50;

/** Each is measured by a task of its own: 200 are far more than anybody reads. */
const MAX_SEGMENTATIONS = 200;

/** Told apart by the one of `columns`, `where` and `clusters` that is there; see validate.ts for why this is no union. */
export const segmentationSchema = z
  .strictObject({
    name: nameText
      .optional()
      .describe(
        'What reports and checks call it. Required for `where` and `clusters`; for `columns` it is the columns joined with " x ".',
      ),
    columns: z
      .array(columnName)
      .min(1)
      .optional()
      .describe(
        'One segment per value of the column, or per combination of values when there are several. NULL is a segment of its own.',
      ),
    where: condition.optional().describe('One segment of the rows where this DuckDB SQL condition is true.'),
    clusters: z
      .strictObject({
        features: z.array(columnName).min(1).describe('Numeric columns to cluster by. They are standardised first.'),
        k: z
          .union([z.literal('auto'), z.int().min(2).max(MAX_CLUSTERS)])
          .default('auto')
          .describe('Number of clusters (2 to 50), or `auto`: the best of 2 to 8 by silhouette.'),
      })
      .optional()
      .describe('Segments found by k-means (k-means++ start, fitted on a sample, frozen).'),
  })
  .meta({ oneOf: [{ required: ['columns'] }, { required: ['where', 'name'] }, { required: ['clusters', 'name'] }] });

export const segmentsSchema = z.strictObject({
  minRows: z
    .int()
    .min(1)
    .default(100)
    .describe('A segment with fewer labelled rows (ranking: groups) is inconclusive instead of judged.'),
  by: z
    .array(segmentationSchema)
    .max(MAX_SEGMENTATIONS, {
      error: `at most ${MAX_SEGMENTATIONS} segmentations are allowed; cut the pipeline into several`,
    })
    .default([])
    .describe(
      'The segmentations. The segment `overall` (all rows) is always there. One has at most 50,000 segments, and all together as many as a result of 450 MB holds.',
    ),
});

export type SegmentationDraft = z.output<typeof segmentationSchema>;
