/** Shape of one entry of `checks`, and of what checks inherit from the pipeline. */
import { z } from 'zod';
import { METRIC_NAMES } from '../metrics.js';
import { nameText } from './words.js';

export const metricName = z.enum(METRIC_NAMES);

export const evidence = z.enum(['default', 'strict', 'point']);

const policy = z.enum(['pass', 'inconclusive', 'fail']);

/** One word for both, or a policy each. */
export const onInconclusive = z.union([
  policy,
  z.strictObject({
    overall: policy.optional().describe('For the segment `overall`. Default: inconclusive.'),
    segments: policy.optional().describe('For every other segment. Default: pass.'),
  }),
]);

export const BOUND_KINDS = ['min', 'max', 'maxDrop', 'maxIncrease', 'maxRelativeDrop', 'maxRelativeIncrease'] as const;

export const checkSchema = z
  .strictObject({
    metric: metricName.describe('What is bounded. A metric that `metrics` does not list is added to it.'),
    versus: z
      .enum(['baseline'])
      .optional()
      .describe('What a change is measured from. Only with a bound on the change, where it is the default.'),
    min: z.number().optional().describe("Smallest allowed value of the candidate's metric."),
    max: z
      .number()
      .optional()
      .describe("Largest allowed value of the candidate's metric. `min` and `max` together are two checks."),
    maxDrop: z
      .number()
      .min(0)
      .optional()
      .describe('How far the metric may drop from baseline to candidate, in its own unit.'),
    maxIncrease: z
      .number()
      .min(0)
      .optional()
      .describe('How far the metric may rise from baseline to candidate, in its own unit.'),
    maxRelativeDrop: z
      .number()
      .min(0)
      .optional()
      .describe("How far the metric may drop, as a share of the baseline's value: 0.1 is 10 %."),
    maxRelativeIncrease: z
      .number()
      .min(0)
      .optional()
      .describe("How far the metric may rise, as a share of the baseline's value: 0.1 is 10 %."),
    segments: z
      .array(nameText)
      .min(1)
      .optional()
      .describe('Names of the segmentations to look at; `overall` is one. Default: all of them, `overall` included.'),
    severity: z
      .enum(['block', 'warn', 'shadow'])
      .default('block')
      .describe(
        '`block`: a failure makes the verdict FAIL. `warn`: it is only reported. `shadow`: it is only recorded.',
      ),
    evidence: evidence.optional().describe("How sure the check must be. Default: the pipeline's `evidence`."),
    onInconclusive: onInconclusive
      .optional()
      .describe("What an inconclusive outcome does to the verdict. Default: the pipeline's `onInconclusive`."),
  })
  .meta({ anyOf: BOUND_KINDS.map((bound) => ({ required: [bound] })) });

export type CheckDraft = z.output<typeof checkSchema>;
export type OnInconclusiveDraft = z.output<typeof onInconclusive>;
