/** Shape of `model`: what is judged, and against what. */
import { z } from 'zod';
import { TASKS } from '../../../domain/pipeline.js';
import { columnName } from './words.js';

/** Names and versions become folder names of a registry: none may lead out of its folder. */
const registryName = z
  .string()
  .max(200)
  .regex(/^[^\s./\\@][^/\\\r\n\t]*$/, {
    error: 'a model name holds no slash and does not begin with a dot, "@" or a space',
  });

const reference = z
  .string()
  .max(200)
  .regex(/^@?[^\s./\\@][^\s/\\@]*$/, { error: 'expected a version ("3"), an alias ("@serving") or { column: name }' });

/** A whole number is a version; 1.10 arrives here as the number 1.1, which is another one, so fractions must be quoted. */
const modelSource = z.union(
  [
    reference,
    z.int().min(0),
    z.strictObject({
      column: columnName.describe('Column of the data that holds the predictions (scores, labels or values).'),
    }),
  ],
  {
    error: ({ input }) =>
      typeof input === 'number' ? 'a version that is no whole number must be quoted, such as "1.10"' : undefined,
  },
);

export const modelSchema = z.strictObject({
  task: z.enum(TASKS).describe('What the model predicts; it decides which metrics exist.'),
  candidate: modelSource.describe(
    'The model version under judgement: an alias ("@serving"), a version (3, "3"), or { column: name } for predictions that are already in the data.',
  ),
  baseline: modelSource
    .optional()
    .describe(
      'The model version to compare with, written like `candidate`. Without it only `min` and `max` checks are possible.',
    ),
  registry: z
    .string()
    .min(1)
    .default('./registry')
    .describe('Where the model versions are: a folder (relative to the pipeline file).'),
  name: registryName
    .optional()
    .describe(
      "The model's name in the registry. Required when candidate or baseline come from the registry; otherwise the pipeline's name.",
    ),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Binary only: a row is predicted positive when its score is at least this. Default: 0.5.'),
  positive: z
    .union([z.string().min(1), z.number(), z.boolean()])
    .optional()
    .describe("Binary only: the label's value that counts as positive. Default: labels are 0/1 or booleans."),
  features: z
    .array(columnName)
    .min(1)
    .optional()
    .describe(
      "Columns that feed the model, in its order. Default: the registry's metadata, or the names of the ONNX inputs.",
    ),
  missing: z
    .enum(['refuse', 'nan'])
    .default('refuse')
    .describe(
      'What NULL or NaN in a feature means: `refuse` the data, or give the model `nan` (text: the empty string).',
    ),
});

export type ModelDraft = z.output<typeof modelSchema>;
