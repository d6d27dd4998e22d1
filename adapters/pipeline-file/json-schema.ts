/** The JSON Schema of the pipeline file, for editors: completion, descriptions, and red lines while typing. */
import { z } from 'zod';
import { pipelineSchema } from './schema/pipeline.js';

/**
 * Draft 7, because that is what YAML language servers read best. It says what the shape is; the rules between parts (a
 * check that cannot fire, an unknown segmentation) are only in `segmentry check`.
 */
export function pipelineJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(pipelineSchema, {
    target: 'draft-7',
    // What a person writes, not what the parser makes of it: keys with a default may be left out.
    io: 'input',
    override: ({ jsonSchema }) => {
      // The safe integers are JavaScript's limit, not the file's.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return {
    $schema,
    $id: 'urn:segmentry:schema:pipeline:v1',
    title: 'Segmentry pipeline',
    description:
      'What to evaluate and how: data, model, segments, metrics, checks, and what follows. See docs/pipeline.md.',
    ...schema,
  };
}
