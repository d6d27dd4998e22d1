/** Which schema stands at a path of the file: for the keys that are allowed there, and what a missing key means. */
import { z } from 'zod';
import type { Path } from './problems.js';

/** The object schema at `path`, or null where there is none. */
export function objectAt(root: z.ZodType, path: Path): z.ZodObject | null {
  const schema = schemaAt(root, path);
  return schema === null ? null : asObject(schema);
}

/** The schema at `path`, with its defaults and descriptions still around it. */
export function schemaAt(root: z.ZodType, path: Path): z.ZodType | null {
  let schema: z.ZodType = root;
  for (const step of path) {
    const inner = unwrap(schema);
    let next: unknown;
    if (typeof step === 'number') {
      if (inner instanceof z.ZodArray) next = inner.element;
      else if (inner instanceof z.ZodTuple) next = inner.def.items[step];
    } else if (inner instanceof z.ZodRecord) {
      next = inner.valueType;
    } else {
      const shape = asObject(inner)?.shape;
      next = shape !== undefined && Object.hasOwn(shape, step) ? shape[step] : undefined;
    }
    if (!(next instanceof z.ZodType)) return null;
    schema = next;
  }
  return schema;
}

/** Of a union, the one alternative that has keys. */
function asObject(schema: z.ZodType): z.ZodObject | null {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner;
  if (inner instanceof z.ZodUnion) {
    return (
      inner.options.map((option) => (option instanceof z.ZodType ? asObject(option) : null)).find((o) => o !== null) ??
      null
    );
  }
  return null;
}

export function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner as z.ZodType;
}

/** What may stand there, in words: "text", "a number", "auto or a whole number". */
export function expectation(schema: z.ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodString) return 'text';
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodNumber) return numberIn(inner);
  if (inner instanceof z.ZodLiteral) return [...inner.values].map(String).join(', ');
  if (inner instanceof z.ZodEnum) return inner.options.map(String).join(', ');
  if (inner instanceof z.ZodArray) {
    const { element } = inner;
    const words = element instanceof z.ZodEnum ? ` of ${element.options.map(String).join(', ')}, in brackets` : '';
    return inner.safeParse([]).success ? `a list${words}` : `a list that is not empty${words}`;
  }
  if (inner instanceof z.ZodTuple) return `a list of ${inner.def.items.length}`;
  if (inner instanceof z.ZodObject) return `a mapping with the keys ${Object.keys(inner.shape).join(', ')}`;
  if (inner instanceof z.ZodTemplateLiteral)
    return inner.def.parts.includes('@')
      ? 'one with a cut-off, such as ndcg@10'
      : 'one with an argument, such as f_beta(2)';
  if (inner instanceof z.ZodRecord) return 'a mapping from names';
  if (inner instanceof z.ZodUnion) {
    const words = inner.options.map((option) => (option instanceof z.ZodType ? expectation(option) : ''));
    return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
  }
  return 'something else';
}

function numberIn(schema: z.ZodNumber): string {
  const kind = schema.format === null ? 'a number' : 'a whole number';
  const { minValue, maxValue } = schema;
  // A whole number is always within the safe integers; that is no bound of its own.
  const from = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? minValue : null;
  const to = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER ? maxValue : null;
  if (from === null) return to === null ? kind : `${kind} up to ${to}`;
  return to === null ? `${kind} from ${from} up` : `${kind} from ${from} to ${to}`;
}
