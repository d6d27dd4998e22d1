/** What can be wrong in a pipeline file, and the error that carries all of it. */
import { withoutCredentials } from '../../domain/credentials.js';
import { SegmentryError } from '../../domain/errors.js';
import { nearest } from '../../domain/nearest.js';

/** Way to a value in the file: keys and list positions. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** "checks[1].metric"; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, with the offending value and what is allowed; without file, line and column. */
  readonly message: string;
}

/** Takes one problem; `part` says whether the key or the value at `path` is shown as its place. */
export type Report = (path: Path, message: string, part?: 'key' | 'value') => void;

/** The pipeline file is wrong. The message names every problem, one per line: `pipeline.yaml:12:5 unknown key ...`. */
export class PipelineFileError extends SegmentryError {
  override readonly name = 'PipelineFileError';
  readonly problems: readonly Problem[];

  constructor(
    readonly file: string,
    problems: readonly Problem[],
  ) {
    const inOrder = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    super(inOrder.map((problem) => `${file}:${problem.line}:${problem.column} ${problem.message}`).join('\n'), 'usage');
    this.problems = inOrder;
  }
}

/** "checks[1].metric"; keys that are no plain words are quoted: `model["a b"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_]\w*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A value as a message shows it: on one line and short. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string': {
      const text = JSON.stringify(withoutCredentials(value));
      return text.length > 80 ? `${text.slice(0, 76)}..."` : text;
    }
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'empty' : value instanceof Date ? 'a date' : 'a mapping';
    default:
      return typeof value;
  }
}

/** `; did you mean "binary"? Allowed: binary, multiclass, regression` */
export function advise(found: unknown, options: readonly string[], allowed = options.join(', ')): string {
  const guess = typeof found === 'string' ? nearest(found, options) : null;
  return guess === null ? `; allowed: ${allowed}` : `; did you mean "${guess}"? Allowed: ${allowed}`;
}
