/** Shape of `data`: what is evaluated. */
import { z } from 'zod';
import { columnName, condition } from './words.js';

export const dataSchema = z.strictObject({
  source: z
    .string()
    .min(1)
    .describe(
      'Parquet, CSV or JSON: a path or a glob. Relative paths count from the folder of the pipeline file. s3:// is not in this version.',
    ),
  label: columnName.describe('Column with the truth. Rows where it is NULL count as unlabelled and enter no metric.'),
  id: columnName
    .optional()
    .describe('Column with a unique key per row. It is only validated: no row without it, no two with the same.'),
  time: columnName
    .optional()
    .describe('Column with the time of a row: for data windows, and later for temporal splits and drift.'),
  window: z
    .string()
    .regex(/^[1-9]\d{0,5} (minute|hour|day|week|month|year)s?$/, {
      error: 'expected a number and a unit, such as "1 day"; units: minute, hour, day, week, month, year',
    })
    .optional()
    .describe(
      'Length of the data window that ends at the time the run looks at: "1 day". A run by hand says that time with `--as-of`, and is refused without; ' +
        'a schedule brings its own. Needs `time`. Without it: everything before that time, or all rows where no time is said.',
    ),
  where: condition
    .optional()
    .describe('Row filter: a DuckDB SQL condition. Rows where it is not true are not evaluated.'),
  reference: z
    .strictObject({ where: condition.describe('Which rows of the source are the reference: a DuckDB SQL condition.') })
    .optional()
    .describe('What training saw, for skew and drift. Checked, but not used yet in this version.'),
  weight: columnName
    .optional()
    .describe('Column with how often each row counts, from 0. Default: every row counts once.'),
  clusterBy: columnName
    .optional()
    .describe(
      'Column that says which rows belong together (one user, one patient): intervals then respect that they do not vary on their own.',
    ),
  group: columnName
    .optional()
    .describe('Ranking only, and required there: column with the query or user whose items are ranked together.'),
});

export type DataDraft = z.output<typeof dataSchema>;
