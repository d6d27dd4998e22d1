/** What zod found wrong with the shape, in words: the offending value, what is allowed, and what was probably meant. */
import { z } from 'zod';
import { nearest } from '../../domain/nearest.js';
import { formatPath, type Path, type Report, show } from './problems.js';
import { expectation, objectAt, schemaAt } from './schema-walk.js';

/** Marks an issue that the schema has no words of its own for. */
const UNWORDED = '';

/** Parses `value` and reports every issue. Returns whether the whole shape is right. */
export function reportShape(schema: z.ZodType, value: unknown, report: Report): boolean {
  const parsed = schema.safeParse(value, { error: () => UNWORDED });
  if (parsed.success) return true;
  for (const issue of parsed.error.issues) explain(schema, value, issue, [], report);
  return false;
}

function explain(root: z.ZodType, value: unknown, issue: z.core.$ZodIssue, prefix: Path, report: Report): void {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const found = valueAt(value, path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) explainUnknownKey(root, path, key, report);
    return;
  }
  const schema = schemaAt(root, path) ?? root;
  const where = formatPath(path);
  if (!found.exists) {
    const key = path.at(-1);
    const parent = formatPath(path.slice(0, -1));
    const means = schema.description === undefined ? '' : `: ${firstSentence(schema.description)}`;
    report(path, `missing key "${String(key)}"${parent === '' ? '' : ` in ${parent}`}${means}`);
    return;
  }
  if (found.value === null) {
    const advice = path.length === 0 ? 'the file is empty; a pipeline is' : `${where} has no value; give`;
    report(path, `${advice} ${expectation(schema)}${path.length === 0 ? '' : ', or remove the key'}`);
    return;
  }
  const is = `${where === '' ? 'the file' : where} is ${show(found.value)}`;
  if (issue.message !== UNWORDED) {
    report(path, `${is}; ${issue.message}`);
    return;
  }
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const guess = typeof found.value === 'string' ? nearest(found.value, allowed) : null;
      report(path, `${is}${didYouMean(guess)}; allowed: ${allowed.join(', ')}`);
      return;
    }
    case 'invalid_union':
      explainUnion(root, value, issue, path, found.value, report);
      return;
    case 'too_small':
    case 'too_big':
      report(path, `${is}; allowed: ${limits(schema, issue)}`);
      return;
    default:
      report(path, `${is}; expected ${expectation(schema)}`);
  }
}

/** Of a union's alternatives, only the one that is of the value's own type can say something useful about it. */
function explainUnion(
  root: z.ZodType,
  value: unknown,
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  found: unknown,
  report: Report,
): void {
  const isOther = (first: z.core.$ZodIssue | undefined) => first?.code === 'invalid_type' && first.path.length === 0;
  const fitting = issue.errors.filter((branch) => !branch.some(isOther));
  const words = [
    ...new Set(
      fitting
        .flat()
        .filter(({ code }) => code !== 'invalid_value')
        .map((inner) => inner.message),
    ),
  ];
  if (
    fitting.length === 1 &&
    fitting[0] !== undefined &&
    (typeof found === 'object' || words.some((text) => text !== UNWORDED))
  ) {
    for (const inner of fitting[0]) explain(root, value, inner, path, report);
    return;
  }
  const allowed = expectation(schemaAt(root, path) ?? root);
  const options = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
  const guess = typeof found === 'string' ? nearest(found, options) : null;
  const limit = fitting.flat().find((inner) => inner.code === 'too_small' || inner.code === 'too_big');
  const bounds = limit === undefined ? '' : `, ${limits(schemaAt(root, path) ?? root, limit)}`;
  report(path, `${formatPath(path)} is ${show(found)}${didYouMean(guess)}; allowed: ${allowed}${bounds}`);
}

/** Keys that the design has and this version has not. */
const NOT_YET = new Set(['discover']);

function explainUnknownKey(root: z.ZodType, parent: Path, key: string, report: Report): void {
  const path = [...parent, key];
  if (NOT_YET.has(key)) {
    report(path, `${formatPath(path)}: ${key} is not available yet in this version`, 'key');
    return;
  }
  const allowed = Object.keys(objectAt(root, parent)?.shape ?? {});
  const where = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
  report(
    path,
    `unknown key ${show(key)}${where}${didYouMean(nearest(key, allowed), '"')} Allowed here: ${allowed.join(', ')}`,
    'key',
  );
}

function didYouMean(guess: string | null, end = ''): string {
  if (guess !== null) return `; did you mean "${guess}"?`;
  return end === '' ? '' : ';';
}

/** "0.5 to 0.9999", "at least 2 items". */
function limits(schema: z.ZodType, issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' items' : '';
  // The JSON Schema knows both ends, where an issue knows the one that was passed.
  const said = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  if (issue.origin === 'number' || issue.origin === 'int') {
    const { minimum, maximum } = said;
    if (minimum !== undefined && maximum !== undefined && Math.abs(maximum) < Number.MAX_SAFE_INTEGER)
      return `${minimum} to ${maximum}`;
  }
  if (issue.origin === 'array' && said.minItems !== undefined && said.minItems === said.maxItems)
    return `exactly ${said.minItems} items`;
  return issue.code === 'too_small'
    ? `at least ${String(issue.minimum)}${unit}`
    : `at most ${String(issue.maximum)}${unit}`;
}

function firstSentence(description: string): string {
  return /^.*?\.(?= |$)/s.exec(description)?.[0].slice(0, -1) ?? description;
}

/** Looks at own keys only: a key called `constructor` is as unknown as any other. */
export function valueAt(value: unknown, path: Path): { readonly exists: boolean; readonly value: unknown } {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step))
      return { exists: false, value: undefined };
    current = (current as Record<string | number, unknown>)[step];
  }
  return { exists: true, value: current };
}
