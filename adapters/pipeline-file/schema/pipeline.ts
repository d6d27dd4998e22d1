/** Shape of the whole file. What no shape can say (a check that cannot fire, an unknown segmentation) is in ../rules. */
import { z } from 'zod';
import { checkSchema, correction, evidence, metricName, onInconclusive } from './checks.js';
import { costSchema } from './cost.js';
import { dataSchema } from './data.js';
import { modelSchema } from './model.js';
import { segmentsSchema } from './segments.js';
import { validationRuleSchema } from './validate.js';

/** An action that belongs elsewhere is refused with the reason, instead of "not allowed". */
const elsewhere = (action: string, why: string) => (issue: { readonly input?: unknown }) =>
  issue.input === action ? why : undefined;

export const pipelineSchema = z.strictObject({
  pipeline: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9_-]*$/, {
      error: 'a pipeline name is made of lower-case letters, digits, "-" and "_", and begins with a letter or digit',
    })
    .describe("The pipeline's name: lower-case letters, digits, `-` and `_`. Every run's id begins with it."),
  data: dataSchema.describe('What the models are evaluated on.'),
  model: modelSchema.describe('What is judged, and against what.'),
  validate: z
    .array(validationRuleSchema)
    .default([])
    .describe('Rules that the data must keep, beside the built-in ones.'),
  segments: segmentsSchema.prefault({}).describe('How rows are put into segments.'),
  metrics: z
    .array(metricName)
    .min(1)
    .optional()
    .describe(
      'What is measured on every segment. Default: binary [auc, log_loss, precision, recall, fpr], multiclass [accuracy, macro_f1, log_loss], regression [mae, rmse, bias], ranking [ndcg(10), mrr].',
    ),
  cost: costSchema
    .optional()
    .describe(
      'What a wrong prediction costs, for the metric `cost`: a DuckDB SQL expression per row, or (binary) { false_positive, false_negative }.',
    ),
  proportions: z
    .enum(['default', 'exact'])
    .default('default')
    .describe(
      'Intervals of proportions. `default`: score intervals, which cover what they say on average. `exact`: Clopper-Pearson, which never covers less.',
    ),
  checks: z
    .array(checkSchema)
    .min(1, { error: 'a pipeline without a check decides nothing' })
    .describe('What must hold on every segment. A check on several segments is one check per segment.'),
  confidence: z.number().min(0.5).max(0.9999).default(0.95).describe('Of the two-sided confidence intervals.'),
  evidence: evidence
    .default('default')
    .describe(
      'How sure a check must be. `default`: fail only when the interval is wholly on the wrong side. `strict`: judged as `default`, but what is inconclusive fails unless `onInconclusive` says otherwise. `point`: compare the bare value.',
    ),
  correction: correction
    .default('holm')
    .describe(
      'What keeps chance from blocking when many segments are looked at. `holm`: any false block is rare. `bh`, `by`: the share of false blocks among the blocks is small (`by` under any dependence). `none`: no correction.',
    ),
  onInconclusive: onInconclusive
    .prefault({})
    .describe(
      'What an inconclusive blocking check does to the verdict: one word for all segments, or { overall, segments }. Default: { overall: inconclusive, segments: pass }; with `evidence: strict` both fail.',
    ),
  onFail: z
    .array(
      z.enum(['rollback', 'notify'], {
        error: elsewhere('promote', 'a model that failed is never promoted; promote belongs in onPass'),
      }),
    )
    .default([])
    .describe(
      'What follows the verdict FAIL, in this order: `rollback` moves the alias `serving` back, `notify` tells the receiver that the worker knows.',
    ),
  onPass: z
    .array(
      z.enum(['promote', 'notify'], {
        error: elsewhere('rollback', 'a model that passed is never rolled back; rollback belongs in onFail'),
      }),
    )
    .default([])
    .describe(
      'What follows the verdict PASS, in this order: `promote` moves the alias `serving` to the candidate, `notify` tells the receiver that the worker knows.',
    ),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(1)
    .describe('Of everything random: the k-means start, samples, the bootstrap.'),
});
