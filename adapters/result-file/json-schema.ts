/** The JSON Schema of result.json, for whoever reads it with another language. */
import { z } from 'zod';
import { resultSchema } from './schema.js';

/** Later versions add fields, so a reader must allow more than it knows: `io: 'input'` forbids no unknown keys. */
export function resultJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(resultSchema, { target: 'draft-2020-12', io: 'input' });
  return {
    $schema,
    $id: 'urn:segmentry:schema:result:v1',
    title: 'Segmentry result',
    description: 'What a run found, decided and did. A field is added in later versions, never renamed.',
    ...schema,
  };
}
