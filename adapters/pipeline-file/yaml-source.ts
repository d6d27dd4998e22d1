/** YAML text as plain values that know where in the file they came from. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { type Path, PipelineFileError } from './problems.js';

export interface YamlSource {
  readonly value: unknown;
  /** Line and column (both from 1) of the value at `path`, or of its key; of the nearest thing around it when it is not there. */
  locate(path: Path, part: 'key' | 'value'): { readonly line: number; readonly column: number };
  /** The letters of the scalar at `path`, before YAML made a number of them: "1.0", "010". Null for anything else. */
  written(path: Path): string | null;
}

/** No pipeline comes near these; a file that does is a mistake (a data file, most likely) or an attack. */
const MAX_CHARACTERS = 1_000_000;
const MAX_ALIASES = 100;
const MAX_SYNTAX_PROBLEMS = 10;
const TOO_DEEP = 'the file is nested too deeply';

/** @throws PipelineFileError with every syntax problem: bad indentation, tabs, duplicate keys, unknown tags, too many aliases. */
export function readYaml(text: string, file: string): YamlSource {
  const whole = (message: string) => new PipelineFileError(file, [{ line: 1, column: 1, path: '', message }]);
  if (text.length > MAX_CHARACTERS) {
    throw whole(
      `the file has ${text.length} characters; a pipeline has at most ${MAX_CHARACTERS}. Is this the right file?`,
    );
  }
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' });
  } catch (error) {
    // The parser descends once per level of nesting, and a file of brackets exhausts the stack.
    throw whole(error instanceof RangeError ? TOO_DEEP : `not readable as YAML: ${textOf(error)}`);
  }
  const place = (at: number) => {
    const { line, col } = lines.linePos(at);
    // An empty file has no lines to count.
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = syntaxProblems(document, text).map(({ at, message }) => ({ ...place(at), path: '', message }));
  if (problems.length > 0) throw new PipelineFileError(file, problems);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw whole(error instanceof RangeError ? TOO_DEEP : `the aliases (*name) cannot be resolved: ${textOf(error)}`);
  }
  return {
    value,
    locate: (path, part) => place(offsetAt(document, path, part)),
    written: (path) => {
      const node = document.getIn(path, true);
      const scalar = isAlias(node) ? node.resolve(document) : node;
      return isScalar(scalar) ? (scalar.source ?? null) : null;
    },
  };
}

interface SyntaxProblem {
  readonly at: number;
  readonly message: string;
}

/** Warnings too: an unknown tag (`!!python/object`) is only a warning, but its value is not what its author meant. */
function syntaxProblems(document: Document.Parsed, text: string): readonly SyntaxProblem[] {
  const problems = new Map<number, string>();
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const [at] = pos;
    if (message.includes('Maximum call stack')) return [{ at, message: TOO_DEEP }];
    // One slip makes the parser stumble several times over the same place, and the first time says it best.
    if (!problems.has(at)) problems.set(at, explainSyntax(code, message, text, at));
  }
  if (problems.size === 0) return unknownAliases(document);
  return [...problems].slice(0, MAX_SYNTAX_PROBLEMS).map(([at, message]) => ({ at, message }));
}

/** Before the conversion to values, which would stop at the first one and not say where it is. */
function unknownAliases(document: Document.Parsed): readonly SyntaxProblem[] {
  const names = new Set<string>();
  const problems: SyntaxProblem[] = [];
  visit(document, (_, node) => {
    if (isAlias(node)) {
      if (!names.has(node.source)) {
        problems.push({
          at: startOf(node) ?? 0,
          message: `the alias *${node.source} refers to nothing above it; there is no &${node.source}`,
        });
      }
    } else if ((isScalar(node) || isCollection(node)) && node.anchor) {
      names.add(node.anchor);
    }
  });
  return problems;
}

function explainSyntax(code: string, message: string, text: string, at: number): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(at, at + 200))?.[0] ?? '';
    return `duplicate key ${JSON.stringify(key.replace(/^["']|["']$/g, ''))}: a key may be given once; remove one of the two`;
  }
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML is indented with spaces only';
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here (---); a file holds one pipeline';
  return `not valid YAML: ${message.replaceAll('\n', ' ')}`;
}

function offsetAt(document: Document.Parsed, path: Path, part: 'key' | 'value'): number {
  let node: Node | null = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === step);
      if (pair === undefined) return offset;
      const keyOffset = isNode(pair.key) ? startOf(pair.key) : undefined;
      node = isNode(pair.value) ? pair.value : null;
      // A key without a value has nothing to point at but itself.
      const empty = isScalar(node) && node.value === null && node.source === '';
      offset = (last && part === 'key') || empty ? (keyOffset ?? offset) : (startOf(node) ?? keyOffset ?? offset);
    } else if (isSeq(node) && typeof step === 'number') {
      const item: unknown = node.items[step];
      if (!isNode(item)) return offset;
      node = item;
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: Node | null): number | undefined {
  return node?.range?.[0];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
