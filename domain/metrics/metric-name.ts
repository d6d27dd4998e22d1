/**
 * The id of a metric: a plain name (`auc`), or a name with an argument in brackets (`f_beta(2)`, `ndcg(10)`,
 * `auc(versicolor)`). One metric has one id: arguments are written as JavaScript prints the number.
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

const WITH_ARGUMENT = /^([a-z_0-9]+)\((.*)\)$/s;

export function parseMetric(text: string): ParsedMetric | MetricProblem {
  const written = WITH_ARGUMENT.exec(text);
  if (written === null) return plain(text);
  const [, name, argument] = written as unknown as [string, string, string];
  if (!isFamily(name)) {
    return Object.hasOwn(METRICS, name) ? { problem: `${name} takes no argument` } : unknown(name);
  }
  const problem = FAMILIES[name].argument.problem(argument);
  return problem === null ? { id: `${name}(${argument})`, name, argument } : { problem: `${text}: ${problem}` };
}

export function isMetric(text: string): text is MetricName {
  return !('problem' in parseMetric(text));
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
    problem: `there is no metric "${name}"${guess === null ? '' : `; did you mean "${guess}"?`}; there are ${names.join(', ')}`,
  };
}
