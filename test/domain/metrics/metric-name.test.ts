import { expect, test } from 'vitest';
import { isMetric, parseMetric } from '../../../domain/metrics/metric-name.js';
import { FAMILIES, METRICS, metricOf } from '../../../domain/metrics/table.js';

test('plain names are themselves', () => {
  for (const name of Object.keys(METRICS)) expect(parseMetric(name)).toEqual({ id: name, name, argument: null });
});

test.each(['f_beta(2)', 'f_beta(0.5)', 'top_k_accuracy(3)', 'ndcg(10)', 'pinball(0.9)', 'auc(Iris versicolor (blue))'])(
  '%s has an argument',
  (text) => {
    const parsed = parseMetric(text);
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(parsed.id).toBe(text);
    expect(metricOf(parsed.id).name).toBe(text);
  },
);

test.each([
  ['ndcg@10', 'ndcg(10)'],
  ['map@3', 'map(3)'],
  ['hit_rate@1', 'hit_rate(1)'],
  ['precision@5', 'precision_at(5)'],
])('%s is another way to write %s, and no id of its own', (text, id) => {
  expect(parseMetric(text)).toMatchObject({ id });
  expect(isMetric(text)).toBe(false);
  expect(isMetric(id)).toBe(true);
});

test.each([
  ['ndcg@ten', '"ten" is not a whole number above 0'],
  ['recall@5', 'there is no metric "recall@5"'],
  ['f_beta', 'f_beta needs an argument, how many times as much recall weighs as precision: f_beta(2)'],
  ['f_beta(0)', '"0" is not a number above 0'],
  ['f_beta(2.0)', 'write 2 instead of 2.0'],
  ['ndcg(0)', '"0" is not a whole number above 0'],
  ['pinball(1)', '"1" is not a number between 0 and 1'],
  ['auc()', 'the name of a class is missing'],
  ['recall(3)', 'recall takes no argument'],
  ['acuracy', 'did you mean "accuracy"?'],
  ['ndgc(3)', 'did you mean "ndcg"?'],
  ['toString', 'there is no metric "toString"'],
])('%s is refused', (text, reason) => {
  const parsed = parseMetric(text);
  expect('problem' in parsed ? parsed.problem : null).toContain(reason);
  expect(isMetric(text)).toBe(false);
});

test('every family explains its argument by an example that it accepts', () => {
  for (const [name, { argument, metric }] of Object.entries(FAMILIES)) {
    expect(isMetric(`${name}(${argument.example})`)).toBe(true);
    expect(metric(argument.example).name).toBe(`${name}(${argument.example})`);
  }
});
