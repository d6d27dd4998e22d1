/** What the file says about rows beside their label: costs, weights, clusters, groups, and how exact shares must be. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../adapters/pipeline-file/digest.js';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';
import { placeOf, problemsIn } from './example.js';

interface Parts {
  readonly data?: string;
  readonly task?: string;
  readonly metrics?: string;
  readonly check?: string;
  readonly after?: string;
}

const textOf = ({
  data = '',
  task = 'binary',
  metrics = 'accuracy',
  check = 'metric: accuracy, min: 0.5',
  after = '',
}: Parts) =>
  `pipeline: p
data: { source: a.parquet, label: y, id: key${data} }
model: { task: ${task}, name: m, candidate: "2", baseline: "1" }
metrics: [${metrics}]
checks: [{ ${check} }]
${after}
`;

const parsed = (parts: Parts) => parsePipeline(textOf(parts), 'p.yaml');

const RANKING: Parts = { task: 'ranking', data: ', group: query', metrics: 'ndcg', check: 'metric: ndcg, min: 0.5' };

describe('what a mistake costs', () => {
  it.each([
    ['cost: { false_positive: 3, false_negative: 40 }', { kind: 'mistakes', falsePositive: 3, falseNegative: 40 }],
    [
      'cost: { false_positive: 0, false_negative: amount }',
      { kind: 'mistakes', falsePositive: 0, falseNegative: 'amount' },
    ],
    ['cost: "amount * 1.2"', { kind: 'row', amount: 'amount * 1.2' }],
  ])('%s', (after, cost) => {
    expect(parsed({ metrics: 'cost', after }).cost).toEqual(cost);
    expect(parsed({ check: 'metric: cost, maxIncrease: 1', after }).metrics).toContain('cost');
  });

  it('is part of the digest', () => {
    const digest = (after: string) => digestOf(parsed({ metrics: 'cost', after }));
    expect(digest('cost: "amount * 2"')).not.toBe(digest('cost: "amount * 3"'));
  });
});

describe('weights, clusters and groups', () => {
  it('are columns', () => {
    expect(parsed({ data: ', weight: w, clusterBy: user' }).data).toMatchObject({ weight: 'w', clusterBy: 'user' });
    expect(parsed(RANKING).data).toMatchObject({ group: 'query' });
  });

  it('change the digest, and a pipeline without them has the one that it always had', () => {
    const plain = digestOf(parsed({}));
    expect(plain).toBe('c29b6a04f9bdaae26df6c3acf4a529a14dda71adc913dcc52d06091ffafa49a3');
    expect(digestOf(parsed({ after: 'proportions: default' }))).toBe(plain);
    const others = [{ data: ', weight: w' }, { data: ', clusterBy: w' }, { after: 'proportions: exact' }];
    expect(new Set([plain, ...others.map((parts) => digestOf(parsed(parts)))]).size).toBe(4);
  });
});

describe('a cut-off after an @', () => {
  it('is another way to write the metric', () => {
    const metrics = 'ndcg@10, map@5, hit_rate@3, precision@2, mrr';
    const pipeline = parsed({ ...RANKING, metrics, check: 'metric: hit_rate@1, min: 0.2' });
    expect(pipeline.metrics).toEqual(['ndcg(10)', 'map(5)', 'hit_rate(3)', 'precision_at(2)', 'mrr', 'hit_rate(1)']);
    expect(pipeline.checks[0]).toMatchObject({ name: 'hit_rate(1) min 0.2', metric: 'hit_rate(1)' });
    expect(digestOf(parsed({ ...RANKING, metrics: 'ndcg@10' }))).toBe(
      digestOf(parsed({ ...RANKING, metrics: 'ndcg(10)' })),
    );
  });

  it('measures a ranking when the file names no metric', () => {
    const text = textOf(RANKING).replace('metrics: [ndcg]\n', '');
    expect(parsePipeline(text, 'p.yaml').metrics).toEqual(['ndcg(10)', 'mrr', 'ndcg']);
  });
});

describe('refused, at its place', () => {
  it.each<[string, Parts, string, RegExp]>([
    [
      'cost that nobody said',
      { metrics: 'accuracy, cost' },
      'cost]',
      /metrics\[1\] is "cost".* add cost: \{ false_positive/,
    ],
    [
      'cost that nobody said, in a check',
      { check: 'metric: cost, max: 3' },
      'cost, max',
      /checks\[0\]\.metric is "cost"/,
    ],
    ['cost that nobody reads', { after: 'cost: amount' }, 'cost: amount', /neither metrics nor a check names/],
    ['a negative price', { metrics: 'cost', after: 'cost: { false_positive: -1, false_negative: 2 }' }, '-1', /-1/],
    [
      'one price only',
      { metrics: 'cost', after: 'cost: { false_positive: 1 }' },
      '{ false_positive',
      /"false_negative" in cost: What a miss costs/,
    ],
    [
      'a misspelt mistake',
      { metrics: 'cost', after: 'cost: { false_positve: 1, false_negative: 2 }' },
      'false_positve',
      /did you mean "false_positive"/,
    ],
    [
      'prices of nothing',
      { metrics: 'cost', after: 'cost: { false_positive: 0, false_negative: 0 }' },
      '{ false_positive',
      /both 0/,
    ],
    ['an empty expression', { metrics: 'cost', after: 'cost: " "' }, '" "', /expected an SQL expression/],
    [
      'cost of a regression',
      { task: 'regression', metrics: 'mae', check: 'metric: mae, max: 3', after: 'cost: amount' },
      'cost: amount',
      /there are none in task regression/,
    ],
    [
      'prices of two mistakes in many classes',
      { task: 'multiclass', metrics: 'cost', after: 'cost: { false_positive: 1, false_negative: 2 }' },
      'cost: {',
      /only for task binary/,
    ],
    ['a ranking without groups', { ...RANKING, data: '' }, '{ source', /missing key "group" in data/],
    ['groups elsewhere', { data: ', group: query' }, 'group: query', /only for task ranking; this is binary/],
    ['the label as weight', { data: ', weight: y' }, 'y }', /data.weight and data.label are the same column/],
    ['the key as cluster', { data: ', clusterBy: key' }, 'key }', /every row would be alone/],
    ['groups as clusters', { ...RANKING, data: ', group: query, clusterBy: query' }, 'query }', /remove clusterBy/],
    ['a threshold of a ranking', { ...RANKING, task: 'ranking, threshold: 0.3' }, 'threshold', /only for task binary/],
    [
      'a metric of another task',
      { ...RANKING, metrics: 'accuracy' },
      'accuracy',
      /allowed: ndcg, map, mrr, ndcg\(10\).*precision_at/,
    ],
    ['a cut-off of a classifier', { metrics: 'precision@5' }, 'precision@5', /does not exist for task binary/],
    ['a cut-off that is none', { ...RANKING, metrics: 'ndcg@0' }, 'ndcg@0', /"0" is not a whole number above 0/],
    ['one metric in two ways', { ...RANKING, metrics: 'ndcg@5, ndcg(5)' }, 'ndcg(5)', /names "ndcg\(5\)" twice/],
    [
      'the median with weights',
      { task: 'regression', data: ', weight: w', metrics: 'median_ae', check: 'metric: mae, max: 3' },
      'median_ae',
      /takes no weights/,
    ],
    [
      'exact shares of weighted rows',
      { data: ', weight: w', after: 'proportions: exact' },
      'exact',
      /with data.weight they are not/,
    ],
    [
      'exact shares of a ranking',
      { ...RANKING, after: 'proportions: exact' },
      'exact',
      /no metric that is a proportion/,
    ],
    ['shares of another kind', { after: 'proportions: exakt' }, 'exakt', /did you mean "exact"/],
  ])('%s', (_what, parts, blamed, says) => {
    const text = textOf(parts);
    const problems = problemsIn(text);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(says)]);
    expect(problems[0]).toMatchObject(placeOf(blamed, text));
  });
});
