/**
 * The id of a metric: a plain name (`auc`), or a name with an argument in brackets (`f_beta(2)`, `ndcg(10)`,
 * `auc(versicolor)`). One metric has one id: arguments are written as JavaScript prints the number. A cut-off may also be
 * written after an `@`, as the literature does: `ndcg@10` is `ndcg(10)`, `precision@5` is `precision_at(5)`.
 */
import { nearest } from '../nearest.js';
import type { MetricFamily, MetricName } from '../pipeline.js';
import { FAMILIES, METRICS } from './table.js';

export interface ParsedMetric {
  readonly id: MetricName;
  readonly name: string;
  /** As written between the brackets; null: there are none. */
  readonly argument: string | null;
}

export interface MetricProblem {
  /** What is wrong and what is allowed, in one sentence without its end. */
  readonly problem: string;
}

/** Families whose cut-off may follow an `@`, by the name that stands before it. */
export const AT_CUT_OFF = {
  ndcg: 'ndcg',
  map: 'map',
  hit_rate: 'hit_rate',
  precision: 'precision_at',
} as const satisfies Readonly<Record<string, MetricFamily>>;

const WITH_ARGUMENT = /^([a-z_0-9]+)\((.*)\)$/s;
const WITH_CUT_OFF = /^([a-z_0-9]+)@(.*)$/s;

/** `ndcg@10` as `ndcg(10)`; any other text as it is. */
export function withBrackets(text: string): string {
  const [, name, cutOff] = WITH_CUT_OFF.exec(text) ?? [];
  return name !== undefined && Object.hasOwn(AT_CUT_OFF, name)
    ? `${AT_CUT_OFF[name as keyof typeof AT_CUT_OFF]}(${cutOff!})`
    : text;
}

export function parseMetric(text: string): ParsedMetric | MetricProblem {
  const written = WITH_ARGUMENT.exec(withBrackets(text));
  if (written === null) return plain(text);
  const [, name, argument] = written as unknown as [string, string, string];
  if (!isFamily(name)) {
    return Object.hasOwn(METRICS, name) ? { problem: `${name} takes no argument` } : unknown(name);
  }
  const problem = FAMILIES[name].argument.problem(argument);
  return problem === null ? { id: `${name}(${argument})`, name, argument } : { problem: `${text}: ${problem}` };
}

/** Whether the text is the id of a metric; other ways to write one are not. */
export function isMetric(text: string): text is MetricName {
  const parsed = parseMetric(text);
  return !('problem' in parsed) && parsed.id === text;
}

function plain(text: string): ParsedMetric | MetricProblem {
  if (Object.hasOwn(METRICS, text)) return { id: text as keyof typeof METRICS, name: text, argument: null };
  if (!isFamily(text)) return unknown(text);
  const { argument } = FAMILIES[text];
  return { problem: `${text} needs an argument, ${argument.what}: ${text}(${argument.example})` };
}

function isFamily(name: string): name is MetricFamily {
  return Object.hasOwn(FAMILIES, name);
}

function unknown(name: string): MetricProblem {
  const names = [
    ...Object.keys(METRICS),
    ...Object.entries(FAMILIES).map(([family, { argument }]) => `${family}(${argument.example})`),
  ];
  const guess = nearest(name, [...Object.keys(METRICS), ...Object.keys(FAMILIES)]);
  return {
    problem: `there is no metric "${name}"${guess === null ? '; there' : `; did you mean "${guess}"? There`} are ${names.join(', ')}`,
  };
}
