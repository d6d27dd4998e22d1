/**
 * Writes the JSON Schemas in schemas/ from the code that they describe. Runs on the built output: `npm run build` first.
 * A schema is added by one line in SCHEMAS. The tests fail when a committed schema is not what this writes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { pipelineJsonSchema } from '../dist/adapters/pipeline-file/json-schema.js';
import { resultJsonSchema } from '../dist/adapters/result-file/json-schema.js';

const SCHEMAS = {
  'pipeline.schema.json': pipelineJsonSchema,
  'result.schema.json': resultJsonSchema,
};

const folder = new URL('../schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, make] of Object.entries(SCHEMAS)) {
  await writeFile(new URL(name, folder), `${JSON.stringify(make(), null, 2)}\n`);
  console.log(`schemas/${name}`);
}
