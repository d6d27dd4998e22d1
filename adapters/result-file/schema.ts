/**
 * The shape of result.json as a zod schema: what `readResult` accepts, and the source of `schemas/result.schema.json`. The
 * compiler proves (at the end of this file) that it says the same as `domain/result.ts`.
 */
import { z } from 'zod';
import { SegmentryError } from '../../domain/errors.js';
import { MANIFEST_FORMAT } from '../../domain/manifest.js';
import { FAMILIES, METRICS } from '../../domain/metrics/table.js';
import { type MetricFamily, type PlainMetricName, TASKS } from '../../domain/pipeline.js';
import { RESULT_FORMAT } from '../../domain/result.js';
import type { MeasuredMetrics, Result } from '../../domain/result.js';

const metric = z
  .union([
    z.enum(Object.keys(METRICS) as [PlainMetricName, ...PlainMetricName[]]),
    z.templateLiteral([z.enum(Object.keys(FAMILIES) as [MetricFamily, ...MetricFamily[]]), '(', z.string(), ')']),
  ])
  .meta({ id: 'metric' });
const severity = z
  .enum(['block', 'warn', 'shadow'])
  .meta({ id: 'severity', description: 'What a failing check does.' });
const optionalNumber = z.exactOptional(z.number());

const foldedNoise = z.object({ bias: z.number(), noise: z.number() });
const shareBasis = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('proportion'), successes: z.number(), n: z.number() }),
  z.object({ kind: z.literal('paired'), a: z.number(), b: z.number(), c: z.number(), d: z.number() }),
]);

const basis = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('proportion'),
      successes: z.number(),
      n: z.number(),
      scale: z.exactOptional(z.enum(['dice', 'signed'])),
      method: z.exactOptional(z.literal('exact')),
    }),
    z.object({ kind: z.literal('normal'), se: z.number(), min: optionalNumber, max: optionalNumber }),
    z.object({ kind: z.literal('logit'), se: z.number(), df: optionalNumber }),
    z.object({
      kind: z.literal('skewed'),
      se: z.number(),
      df: z.number(),
      skew: z.number(),
      scale: z.exactOptional(z.literal('root')),
      min: optionalNumber,
      max: optionalNumber,
    }),
    z.object({
      kind: z.literal('folded'),
      se: z.number(),
      bias: z.number(),
      noise: z.number(),
      min: z.number(),
      max: z.number(),
    }),
    z.object({
      kind: z.literal('foldedDifference'),
      first: foldedNoise,
      second: foldedNoise,
      correlation: z.number(),
      min: z.number(),
      max: z.number(),
    }),
    z.object({
      kind: z.literal('contrast'),
      first: shareBasis,
      second: shareBasis,
      optimism: z.number(),
      min: z.number(),
      max: z.number(),
    }),
    z.object({ kind: z.literal('t'), se: z.number(), df: z.number(), min: optionalNumber, max: optionalNumber }),
    z.object({ kind: z.literal('paired'), a: z.number(), b: z.number(), c: z.number(), d: z.number() }),
    z.object({ kind: z.literal('mannWhitney'), positives: z.number(), negatives: z.number() }),
    z.object({ kind: z.literal('constant'), n: z.number(), min: z.number(), max: z.number() }),
    z.object({ kind: z.literal('exact') }),
  ])
  .meta({ id: 'basis', description: 'What an interval or a p-value at any level is computed from.' });

const estimate = z
  .union([
    z.object({
      value: z.number(),
      low: z.number().describe('Lower end of the interval.'),
      high: z.number().describe('Upper end of the interval.'),
      n: z.number().describe('Rows that entered; for a ratio its denominator.'),
      method: z.string().describe('How the interval was computed.'),
      basis,
    }),
    z.object({ undefined: z.string().describe('Why there is no number.') }),
  ])
  .meta({ id: 'estimate', description: 'A number with its uncertainty, or the reason why there is none.' });

const metricEstimates = z
  .object({
    candidate: estimate,
    baseline: z.exactOptional(estimate),
    difference: z.exactOptional(estimate).describe('Candidate minus baseline, paired on identical rows.'),
    rest: z.exactOptional(estimate).describe('The candidate on all rows that are not in the segment.'),
    total: z
      .exactOptional(z.object({ candidate: optionalNumber, baseline: optionalNumber, difference: optionalNumber }))
      .describe('Of cost: what the means amount to on all labelled rows of the segment.'),
  })
  .meta({ id: 'metricEstimates' });

const segment = z
  .object({
    segmentation: z.string(),
    segment: z.string(),
    rule: z.string().describe('A condition that a person can read.'),
    rows: z.number(),
    share: z.number().describe('Of all rows, 0 to 1.'),
    unlabelled: z.number().describe('Rows that no metric could use because their label is NULL.'),
    unpredicted: z
      .exactOptional(z.object({ candidate: z.number(), baseline: z.number(), reason: z.string() }))
      .describe('Rows, labelled or not, that a model gave no prediction for. Absent: none.'),
    groups: z.exactOptional(z.number()).describe('Of a ranking: groups with a labelled row in the segment.'),
    // A record over ids with arguments may have any of them; zod's type says that each may also be undefined, which none is.
    metrics: z.partialRecord(metric, metricEstimates) as unknown as z.ZodType<MeasuredMetrics>,
  })
  .meta({ id: 'segment' });

const bound = z
  .union([
    z.object({ kind: z.enum(['min', 'max']), value: z.number() }),
    z.object({ kind: z.enum(['minRatio', 'maxRatio']), value: z.number() }),
    z.object({
      kind: z.enum(['maxDrop', 'maxIncrease', 'maxRelativeDrop', 'maxRelativeIncrease']),
      value: z.number(),
    }),
  ])
  .meta({ id: 'bound', description: 'In the unit of the metric; the relative ones as a share of |baseline|.' });

const check = z
  .object({
    check: z.string().describe('Name of the check in the pipeline.'),
    metric,
    versus: z.enum(['baseline', 'rest', 'segment']).nullable(),
    reference: z
      .exactOptional(z.string())
      .describe('The segment that it was compared with, where versus is "segment".'),
    bound,
    segmentation: z.string(),
    segment: z.string(),
    outcome: z.enum(['pass', 'fail', 'inconclusive', 'undefined']),
    severity,
    observed: z
      .object({ value: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .describe("What was compared with the bound: the candidate's value, or the (relative) change."),
    margin: z.number().nullable().describe('Distance to the bound, positive on the right side.'),
    p: z.number().nullable().describe('One-sided, of "the bound is kept".'),
    pAdjusted: z.number().nullable().describe('After the correction over the checks that block.'),
    detectable: z
      .number()
      .nullable()
      .describe('Smallest excess over the bound that this segment would have shown with 80 % power.'),
    rowsNeeded: z
      .exactOptional(z.number().nullable())
      .describe('Inconclusive: labelled rows at which an observation like this one would be settled with 80 % power.'),
    reason: z.string(),
  })
  .meta({ id: 'check', description: 'One check on one segment.' });

const ruleResult = z
  .object({
    rule: z.string(),
    outcome: z.enum(['pass', 'fail', 'warn']),
    badRows: z.number(),
    message: z.string(),
    artifact: z.string().nullable().describe('The first bad rows (Parquet).'),
  })
  .meta({ id: 'ruleResult', description: 'What one validation rule found.' });

const discovered = z
  .object({
    rule: z.string(),
    predicates: z.array(z.object({ column: z.string(), op: z.string(), value: z.union([z.string(), z.number()]) })),
    rows: z.number(),
    errors: z.number(),
    score: z.number(),
    holdout: metricEstimates.describe('Measured on rows that the search did not see.'),
  })
  .meta({ id: 'discovered', description: 'A segment with high error that nobody declared.' });

const action = z
  .object({
    action: z.enum(['rollback', 'promote', 'notify']),
    outcome: z.enum(['done', 'conflict', 'skipped', 'failed']),
    from: z.string().nullable(),
    to: z.string().nullable(),
    key: z.string().describe('Same key, same effect: the second time does nothing.'),
    reason: z.string(),
  })
  .meta({ id: 'action' });

const model = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('registry'),
      name: z.string(),
      version: z.string(),
      ref: z.string().describe('As the pipeline or the command asked for it.'),
      sha256: z.string().describe('Of the ONNX file.'),
    }),
    z.object({ kind: z.literal('column'), column: z.string() }),
  ])
  .meta({ id: 'model' });

const manifest = z
  .object({
    format: z.literal(MANIFEST_FORMAT),
    pipeline: z.object({ name: z.string(), digest: z.string() }),
    task: z.enum(TASKS),
    data: z.object({
      source: z.string(),
      sourceDigest: z.string(),
      snapshot: z.string().describe('SHA-256 of the snapshot, which is also its address in the artifact store.'),
      rows: z.number(),
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      window: z
        .object({ from: z.string().nullable(), until: z.string() })
        .nullable()
        .describe('[from, until) in UTC, where the run has one.'),
    }),
    models: z.object({ candidate: model, baseline: model.nullable() }),
    serving: z.string().nullable().describe('What @serving pointed at when the run was pinned.'),
    act: z.boolean(),
    seed: z.number(),
    estimation: z
      .exactOptional(
        z.object({
          confidence: z.number().describe('Of the two-sided intervals, 0 to 1.'),
          weight: z.exactOptional(z.string()).describe('Column with how often each row counts.'),
          clusterBy: z.exactOptional(z.string()).describe('Column that says which rows belong together.'),
          group: z.exactOptional(z.string()).describe('Column with the groups of a ranking.'),
          proportions: z.exactOptional(z.literal('exact')).describe('Clopper-Pearson; absent: score intervals.'),
        }),
      )
      .describe('How values and intervals were estimated; what is absent is not used.'),
    versions: z.object({ segmentry: z.string(), duckdb: z.string(), onnxruntime: z.string() }),
  })
  .meta({ id: 'manifest', description: 'Everything that the run depends on.' });

export const resultSchema = z.object({
  format: z.literal(RESULT_FORMAT),
  run: z.string(),
  pipeline: z.string(),
  verdict: z.enum(['PASS', 'FAIL', 'INCONCLUSIVE', 'ERROR']),
  reasons: z.array(z.string()).describe('Worst first.'),
  manifest,
  digest: z.string().describe('SHA-256 of everything but digest, run, actions, timings and validation[].artifact.'),
  validation: z.array(ruleResult),
  segments: z.array(segment).describe('overall, then as the pipeline lists segmentations, then by name.'),
  checks: z.array(check),
  discovered: z.array(discovered),
  actions: z.array(action),
  timings: z
    .record(z.string(), z.number())
    .describe('Seconds by stage; rows per second and segments per second; batch P50, P90 and P95 in seconds.'),
});

/**
 * A result out of the text of a result.json.
 *
 * @throws SegmentryError of kind `usage` that says what is wrong with it, and where.
 */
export function readResult(text: string): Result {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new SegmentryError(`not a Segmentry result: not JSON (${(error as Error).message})`, 'usage');
  }
  const named = z.object({ format: z.unknown() }).safeParse(parsed);
  if (!named.success || named.data.format !== RESULT_FORMAT) {
    const format = named.success && named.data.format !== undefined ? JSON.stringify(named.data.format) : 'missing';
    throw new SegmentryError(`not a Segmentry result: its "format" is ${format}, not "${RESULT_FORMAT}"`, 'usage');
  }
  const result = resultSchema.safeParse(parsed, {
    error: ({ input }) => (input === undefined ? 'missing' : undefined),
  });
  if (result.success) return result.data;
  const all = z.prettifyError(result.error).split('\n✖ ');
  const more = all.length > MOST_PROBLEMS ? `\nand ${all.length - MOST_PROBLEMS} more` : '';
  throw new SegmentryError(`a damaged Segmentry result:\n${all.slice(0, MOST_PROBLEMS).join('\n✖ ')}${more}`, 'usage');
}

const MOST_PROBLEMS = 10;

type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
// Two conditional types are the same only when what they test is: stricter than assignability, which forgives optional keys.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile when the schema and `domain/result.ts` disagree, in either direction. */
true satisfies Same<Frozen<z.output<typeof resultSchema>>, Frozen<Result>>;
