/** Metrics that take an argument: what it must be, and the metric that it makes. */
import type { MetricFamily } from '../pipeline.js';
import { aucOfClass } from './auc.js';
import { fBeta } from './confusion.js';
import type { MeasureTask } from './predictions.js';
import type { Metric } from './metric.js';
import { topKAccuracy } from './multiclass.js';
import { hitRate, meanAveragePrecision, ndcg, precisionAt } from './ranking.js';
import { pinball } from './regression.js';

export interface Argument {
  /** What it is, for messages: "a whole number above 0". */
  readonly what: string;
  readonly example: string;
  /** Why `text` is none, or null. */
  readonly problem: (text: string) => string | null;
}

export interface Family {
  readonly argument: Argument;
  readonly task: MeasureTask;
  /** @param text an argument without a problem */
  readonly metric: (text: string) => Metric;
}

const cutOff: Argument = {
  what: 'a whole number above 0',
  example: '10',
  problem: (text) => (/^[1-9]\d{0,8}$/.test(text) ? null : `"${text}" is not a whole number above 0`),
};

export const FAMILIES: Readonly<Record<MetricFamily, Family>> = {
  f_beta: {
    task: 'binary',
    argument: {
      what: 'how many times as much recall weighs as precision',
      example: '2',
      problem: (text) => notWithin(text, 0, Infinity, 'above 0'),
    },
    metric: (text) => fBeta(Number(text)),
  },
  top_k_accuracy: {
    task: 'multiclass',
    argument: { ...cutOff, example: '3' },
    metric: (text) => topKAccuracy(Number(text)),
  },
  auc: {
    task: 'multiclass',
    argument: {
      what: 'a class as the labels spell it',
      example: 'versicolor',
      problem: (text) => (text === '' ? 'the name of a class is missing' : null),
    },
    metric: aucOfClass,
  },
  pinball: {
    task: 'regression',
    argument: {
      what: 'a quantile between 0 and 1',
      example: '0.9',
      problem: (text) => notWithin(text, 0, 1, 'between 0 and 1'),
    },
    metric: (text) => pinball(Number(text)),
  },
  ndcg: { task: 'ranking', argument: cutOff, metric: (text) => ndcg(Number(text)) },
  map: { task: 'ranking', argument: cutOff, metric: (text) => meanAveragePrecision(Number(text)) },
  hit_rate: { task: 'ranking', argument: cutOff, metric: (text) => hitRate(Number(text)) },
  precision_at: { task: 'ranking', argument: cutOff, metric: (text) => precisionAt(Number(text)) },
};

/** One way to write each number, so that one metric has one id. */
function notWithin(text: string, low: number, high: number, where: string): string | null {
  const number = Number(text);
  if (text.trim() === '' || !(number > low && number < high)) return `"${text}" is not a number ${where}`;
  return String(number) === text ? null : `write ${String(number)} instead of ${text}`;
}
