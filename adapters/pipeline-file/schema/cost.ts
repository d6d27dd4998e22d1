/** Shape of `cost`: what a wrong prediction costs. */
import { z } from 'zod';
import { expression } from './words.js';

const amount = z.union([z.number().min(0), expression]);

export const costSchema = z.union([
  expression,
  z.strictObject({
    false_positive: amount.describe('What a false alarm costs: a number from 0, or a DuckDB SQL expression per row.'),
    false_negative: amount.describe('What a miss costs: a number from 0, or a DuckDB SQL expression per row.'),
  }),
]);

export type CostDraft = z.output<typeof costSchema>;
