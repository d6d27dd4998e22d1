/** The parts of a file, each for itself: what is wrong with one does not keep the rules of the others from being checked. */
import type { z } from 'zod';
import { valueAt } from './explain.js';
import type { Path } from './problems.js';
import type { Item } from './rules/items.js';
import { checkSchema } from './schema/checks.js';
import { pipelineSchema } from './schema/pipeline.js';
import { segmentationSchema } from './schema/segments.js';
import { validationRuleSchema } from './schema/validate.js';

const { shape } = pipelineSchema;

/** Every part is null when its shape is wrong; undefined when it is optional, without a default and not given. */
export type Parts = ReturnType<typeof partsOf>;

export function partsOf(raw: unknown) {
  const at = (key: string): unknown => valueAt(raw, [key]).value;
  return {
    name: parse(shape.pipeline, at('pipeline')),
    data: parse(shape.data, at('data')),
    model: parse(shape.model, at('model')),
    segments: parse(shape.segments, at('segments')),
    metrics: parse(shape.metrics, at('metrics')),
    cost: parse(shape.cost, at('cost')),
    proportions: parse(shape.proportions, at('proportions')),
    checks: parse(shape.checks, at('checks')),
    confidence: parse(shape.confidence, at('confidence')),
    correction: parse(shape.correction, at('correction')),
    evidence: parse(shape.evidence, at('evidence')),
    onInconclusive: parse(shape.onInconclusive, at('onInconclusive')),
    onFail: parse(shape.onFail, at('onFail')),
    onPass: parse(shape.onPass, at('onPass')),
    seed: parse(shape.seed, at('seed')),
    items: {
      validate: items(validationRuleSchema, raw, ['validate']),
      by: items(segmentationSchema, raw, ['segments', 'by']),
      checks: items(checkSchema, raw, ['checks']),
    },
  };
}

function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> | null {
  const parsed = schema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}

/** Entry by entry: the ones whose shape is right, with their places. */
function items<S extends z.ZodType>(schema: S, raw: unknown, path: Path): readonly Item<z.output<S>>[] {
  const list = valueAt(raw, path).value;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [{ path: [...path, index], draft: parsed.data }] : [];
  });
}
