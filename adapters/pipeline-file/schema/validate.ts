/** Shape of one entry of `validate`: a rule that the data must keep. */
import { z } from 'zod';
import { blockOrWarn, columnName, nameText } from './words.js';

/** Two kinds in one object, told apart by `column` and `sql`: a union would answer a misspelt key with two half-right errors. */
export const validationRuleSchema = z
  .strictObject({
    name: nameText
      .optional()
      .describe('What reports call the rule. Required with `sql`; otherwise made from the conditions.'),
    column: columnName.optional().describe('The column that the conditions are about.'),
    notNull: z.boolean().default(false).describe('No value may be NULL.'),
    unique: z.boolean().default(false).describe('No value may occur twice.'),
    between: z
      .tuple([z.number(), z.number()])
      .optional()
      .describe('Lowest and highest allowed value, both included. NULLs are left to `notNull`.'),
    oneOf: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .optional()
      .describe('The allowed values. NULLs are left to `notNull`.'),
    sql: z
      .string()
      .regex(/\S/, { error: 'expected a query' })
      .optional()
      .describe('A DuckDB query over the view `data` that returns the bad rows.'),
    severity: blockOrWarn
      .default('block')
      .describe('`block`: the run ends as ERROR when the rule is broken. `warn`: it is only reported.'),
  })
  .meta({ oneOf: [{ required: ['column'] }, { required: ['sql', 'name'] }] });

export type ValidationRuleDraft = z.output<typeof validationRuleSchema>;
