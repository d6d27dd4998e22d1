import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { pipelineJsonSchema } from '../../../adapters/pipeline-file/json-schema.js';
import { METRIC_NAMES } from '../../../adapters/pipeline-file/metrics.js';
import { problemsIn, EXAMPLE, SHORTEST } from './example.js';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Keys {
  readonly properties?: Readonly<Record<string, Keys & { readonly description?: string }>>;
  readonly [key: string]: unknown;
}

/** Every key of the file with its schema, at any depth. */
function keysOf(schema: unknown): readonly (readonly [string, { readonly description?: string }])[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as Keys;
  return [
    ...Object.entries(properties),
    ...Object.values(properties).flatMap(keysOf),
    ...Object.values(rest).flatMap(keysOf),
  ];
}

it('is committed as it is generated (otherwise: npm run build && node scripts/write-schemas.js)', () => {
  expect(JSON.parse(read('schemas/pipeline.schema.json'))).toEqual(JSON.parse(JSON.stringify(pipelineJsonSchema())));
});

it('describes every key', () => {
  const keys = keysOf(pipelineJsonSchema());
  expect(keys.length).toBeGreaterThan(40);
  expect(keys.filter(([, schema]) => schema.description === undefined).map(([key]) => key)).toEqual([]);
});

it('has every key and every metric explained in docs/pipeline.md', () => {
  const reference = read('docs/pipeline.md');
  const missing = [...keysOf(pipelineJsonSchema()).map(([key]) => key), ...METRIC_NAMES].filter(
    (key) => !reference.includes(`\`${key}\``),
  );
  expect(missing).toEqual([]);
});

it('the whole file in docs/pipeline.md is a pipeline', () => {
  const examples = [...read('docs/pipeline.md').matchAll(/```yaml\n(# yaml-language-server[^`]*)```/g)];
  expect(examples.length).toBeGreaterThan(0);
  for (const [, text] of examples) expect(problemsIn(text ?? '')).toEqual([]);
});

it('accepts what the parser accepts, and sees a misspelt key', () => {
  // zod reads a `oneOf` of bare `required` lists as alternatives of any type; a full validator reads them rightly.
  const plain = JSON.stringify(pipelineJsonSchema(), (key, value: unknown) =>
    key === 'oneOf' && JSON.stringify(value).startsWith('[{"required"') ? undefined : value,
  );
  const schema = z.fromJSONSchema(JSON.parse(plain) as Parameters<typeof z.fromJSONSchema>[0]);
  for (const text of [EXAMPLE, SHORTEST]) expect(schema.safeParse(parse(text)).success).toBe(true);
  expect(schema.safeParse(parse(EXAMPLE.replace('label:', 'lable:'))).success).toBe(false);
});
