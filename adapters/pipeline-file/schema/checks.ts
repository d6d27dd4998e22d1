/** Shape of one entry of `checks`, and of what checks inherit from the pipeline. */
import { z } from 'zod';
import { METRICS } from '../../../domain/metrics/table.js';
import { CUT_OFF_NAMES, METRIC_FAMILIES, METRIC_NAMES } from '../metrics.js';
import { nameText } from './words.js';

/** Editors show the descriptions beside the names that they propose. */
const plainMetric = z
  .enum(METRIC_NAMES)
  .meta({ enumDescriptions: METRIC_NAMES.map((name) => METRICS[name].description) });

/** Whether the argument of the second and third kind is a right one, only `rules/checks.ts` knows. */
export const metricName = z.union([
  plainMetric,
  z.templateLiteral([z.enum(METRIC_FAMILIES), '(', z.string(), ')']),
  z.templateLiteral([z.enum(CUT_OFF_NAMES), '@', z.string()]),
]);

export const evidence = z.enum(['default', 'strict', 'point']);

const policy = z.enum(['pass', 'inconclusive', 'fail']);

/** One word for both, or a policy each. */
export const onInconclusive = z.union([
  policy,
  z.strictObject({
    overall: policy
      .optional()
      .describe('For the segment `overall`. Default: inconclusive; with `evidence: strict` fail.'),
    segments: policy.optional().describe('For every other segment. Default: pass; with `evidence: strict` fail.'),
  }),
]);

/** For many comparisons at once; see docs/statistics.md. */
export const correction = z.enum(['holm', 'bh', 'by', 'none']);

export const BOUND_KINDS = [
  'min',
  'max',
  'maxDrop',
  'maxIncrease',
  'maxRelativeDrop',
  'maxRelativeIncrease',
  'minRatio',
  'maxRatio',
] as const;

/** `maxGap` is short for two checks: `maxDrop` and `maxIncrease`. */
export const WRITTEN_BOUNDS = [...BOUND_KINDS, 'maxGap'] as const;

const ownBound = z.number().optional().describe("The segment's own value of the check's bound of this kind.");

/** A segment's own bound: the check's kind of bound with another value. */
const segmentBound = z
  .strictObject(
    Object.fromEntries(WRITTEN_BOUNDS.map((kind) => [kind, ownBound])) as Record<
      (typeof WRITTEN_BOUNDS)[number],
      typeof ownBound
    >,
  )
  .describe("The segment's own bound, of the same kind as the check's.");

export const checkSchema = z
  .strictObject({
    metric: metricName.describe('What is bounded. A metric that `metrics` does not list is added to it.'),
    versus: z
      .union([
        z.enum(['baseline', 'rest']),
        z.strictObject({ segment: nameText.describe('Name of the segment that the others are compared with.') }),
      ])
      .optional()
      .describe(
        'What is compared with: `baseline` (the default for a change), `rest` (the candidate on all rows that are not in the segment), or { segment: name } (the candidate on another segment of the segmentation).',
      ),
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
    minRatio: z
      .number()
      .min(0)
      .optional()
      .describe(
        "Only versus the rest or a segment: smallest allowed share of the other's value; 0.8 is the four-fifths rule.",
      ),
    maxRatio: z
      .number()
      .min(0)
      .optional()
      .describe("Only versus the rest or a segment: largest allowed multiple of the other's value."),
    maxGap: z
      .number()
      .min(0)
      .optional()
      .describe(
        'Only versus the rest or a segment: how far the metric may be from the other, either way. Two checks in one.',
      ),
    perSegment: z
      .record(nameText, segmentBound)
      .optional()
      .describe("Bounds of single segments, in place of the check's: { EWR: { maxDrop: 0.05 } }."),
    required: z
      .array(nameText)
      .min(1)
      .optional()
      .describe(
        'Names of segments that must be there with enough rows: where one cannot be judged, the run does not pass.',
      ),
    minEffect: z
      .number()
      .min(0)
      .default(0)
      .describe('A breach by less than this does not fail, however sure it is. In the unit of the bound.'),
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
      .describe(
        "What an inconclusive outcome does to the verdict. What is not given is the pipeline's `onInconclusive`.",
      ),
  })
  .meta({ anyOf: WRITTEN_BOUNDS.map((bound) => ({ required: [bound] })) });

/** With the metric as it is written. */
export type CheckDraft = z.output<typeof checkSchema>;
export type OnInconclusiveDraft = z.output<typeof onInconclusive>;
