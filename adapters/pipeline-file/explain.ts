/** What zod found wrong with the shape, in words: the offending value, what is allowed, and what was probably meant. */
import type { z } from 'zod';
import { nearest } from '../../domain/nearest.js';
import { advise, formatPath, type Path, type Report, show } from './problems.js';
import { expectation, objectAt, schemaAt } from './schema-walk.js';

/** Marks an issue that the schema has no words of its own for. */
const UNWORDED = '';

/** What is wrong with a value, where that depends on more than its schema; null: what the schema says of it. */
export type Words = (path: Path, value: unknown) => string | null;

/** Parses `value` and reports every issue. */
export function reportShape(schema: z.ZodType, value: unknown, report: Report, words: Words): void {
  const parsed = schema.safeParse(value, { error: () => UNWORDED });
  if (parsed.success) return;
  const { issues } = parsed.error;
  for (const issue of withoutEchoes(schema, issues)) explain({ root: schema, value, report, words }, issue, []);
}

interface Context {
  readonly root: z.ZodType;
  readonly value: unknown;
  readonly report: Report;
  readonly words: Words;
}

function explain(context: Context, issue: z.core.$ZodIssue, prefix: Path): void {
  const { root, value, report, words } = context;
  const path = [...prefix, ...stepsOf(issue)];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) explainUnknownKey(root, path, key, report);
    return;
  }
  const found = valueAt(value, path);
  const schema = schemaAt(root, path) ?? root;
  const where = formatPath(path);
  const is = `${where === '' ? 'the file' : where} is ${show(found.value)}`;
  const own = found.exists ? words(path, found.value) : null;
  if (!found.exists) {
    report(path, missingKey(path, schema));
  } else if (own !== null) {
    report(path, own);
  } else if (found.value === null) {
    report(path, noValue(where, schema));
  } else if (issue.message !== UNWORDED) {
    report(path, `${is}; ${issue.message}`);
  } else if (issue.code === 'invalid_union') {
    explainUnion(context, issue, path, found.value);
  } else if (issue.code === 'invalid_value') {
    report(path, `${is}${advise(found.value, issue.values.map(String))}`);
  } else if (issue.code === 'too_small' && issue.origin === 'string') {
    report(path, `${is}; it must not be empty`);
  } else if (issue.code === 'too_big' && issue.origin === 'string') {
    report(path, `${is}; at most ${String(issue.maximum)} characters are allowed`);
  } else {
    report(path, `${is}; allowed: ${expectation(schema)}`);
  }
}

/** What is wrong with a mapping is said inside it; for any other value, all alternatives together are what is allowed. */
function explainUnion(context: Context, issue: z.core.$ZodIssueInvalidUnion, path: Path, found: unknown): void {
  // An alternative for another type complains about the value itself, one for its own type about what is in it.
  const isMapping = typeof found === 'object' && !Array.isArray(found);
  const other = isMapping ? ['invalid_type', 'invalid_value'] : ['invalid_type'];
  const fitting = issue.errors.filter(
    (branch) => !branch.some(({ code, path: at }) => at.length === 0 && other.includes(code)),
  );
  if (isMapping && fitting.length === 1) {
    for (const inner of withoutEchoes(context.root, fitting[0] ?? [], path)) explain(context, inner, path);
    return;
  }
  const is = `${formatPath(path)} is ${show(found)}`;
  const words = fitting.flat().find((inner) => inner.message !== UNWORDED)?.message;
  const options = issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
  const allowed = expectation(schemaAt(context.root, path) ?? context.root);
  context.report(path, words === undefined ? `${is}${advise(found, options, allowed)}` : `${is}; ${words}`);
}

/** A misspelt key is also a missing one. It is reported as misspelt only. */
function withoutEchoes(
  root: z.ZodType,
  issues: readonly z.core.$ZodIssue[],
  prefix: Path = [],
): readonly z.core.$ZodIssue[] {
  const meant = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = [...prefix, ...stepsOf(issue)];
    for (const key of issue.keys) meant.add(formatPath([...parent, nearest(key, keysAt(root, parent)) ?? '']));
  }
  return issues.filter(
    (issue) => issue.code === 'unrecognized_keys' || !meant.has(formatPath([...prefix, ...stepsOf(issue)])),
  );
}

function missingKey(path: Path, schema: z.ZodType): string {
  const parent = formatPath(path.slice(0, -1));
  const means = schema.description === undefined ? '' : `: ${firstSentence(schema.description)}`;
  return `missing key "${path.at(-1) ?? ''}"${parent === '' ? '' : ` in ${parent}`}${means}`;
}

function noValue(where: string, schema: z.ZodType): string {
  if (where === '') return `the file is empty; a pipeline is ${expectation(schema)}`;
  const optional = schema.safeParse(undefined).success;
  return `${where} has no value; give ${expectation(schema)}${optional ? ', or remove the key' : ''}`;
}

/** Keys that the design has and this version has not. */
const NOT_YET = new Set(['discover']);

function explainUnknownKey(root: z.ZodType, parent: Path, key: string, report: Report): void {
  const path = [...parent, key];
  if (NOT_YET.has(key)) {
    report(path, `${key} in ${formatPath(parent)} is not available yet in this version; remove it`, 'key');
    return;
  }
  const allowed = keysAt(root, parent);
  const where = parent.length === 0 ? '' : ` in ${formatPath(parent)}`;
  const guess = nearest(key, allowed);
  const meant = guess === null ? '.' : `; did you mean "${guess}"?`;
  report(path, `unknown key ${show(key)}${where}${meant} Allowed here: ${allowed.join(', ')}`, 'key');
}

function keysAt(root: z.ZodType, path: Path): readonly string[] {
  return Object.keys(objectAt(root, path)?.shape ?? {});
}

function stepsOf(issue: z.core.$ZodIssue): Path {
  return issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
}

function firstSentence(description: string): string {
  return /^.*?\.(?= |$)/s.exec(description)?.[0].slice(0, -1) ?? description;
}

/** Looks at own keys only: a key called `constructor` is as unknown as any other. */
export function valueAt(value: unknown, path: Path): { readonly exists: boolean; readonly value: unknown } {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) {
      return { exists: false, value: undefined };
    }
    current = (current as Record<string | number, unknown>)[step];
  }
  return { exists: true, value: current };
}
