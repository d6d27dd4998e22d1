/** The order of the rows changes no bit of any estimate. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../domain/metrics/table.js';
import { tasksOf } from '../../../domain/metrics/metric.js';
import { measureRows } from '../../../domain/metrics/measure.js';
import { byScore, measureAll } from './inputs.js';

const row = fc.record({
  label: fc.nat(2),
  value: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  p: fc.double({ min: 0, max: 1, noNaN: true }),
  q: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 1)),
  key: fc.double({ noNaN: true }),
});
/** Rows know which ones they are: the bootstrap hangs on it. */
const rows = fc.array(row, { minLength: 2, maxLength: 60 }).map((all) => all.map((one, id) => ({ ...one, id })));
type Row = (typeof rows extends fc.Arbitrary<infer R> ? R : never)[number];

const tasks = {
  binary: (all: readonly Row[]) =>
    measureAll('binary', {
      labels: Uint8Array.from(all, ({ label }) => Number(label > 0)),
      candidate: byScore(Float64Array.from(all, ({ p }) => p)),
      baseline: byScore(Float64Array.from(all, ({ q }) => q)),
      rowIds: Int32Array.from(all, ({ id }) => id),
    }),
  multiclass: (all: readonly Row[]) => {
    const model = (shift: number) => ({
      kind: 'multiclass' as const,
      k: 3,
      classes: Int32Array.from(all, ({ p, q }) => Math.min(2, Math.floor(3 * (shift ? p : q)))),
      probabilities: Float64Array.from(all.flatMap(({ p, q }) => [p * q, p * (1 - q), 1 - p])),
    });
    return measureAll('multiclass', {
      labels: Int32Array.from(all, ({ label }) => label),
      candidate: model(0),
      baseline: model(1),
    });
  },
  regression: (all: readonly Row[]) =>
    measureAll('regression', {
      labels: Float64Array.from(all, ({ value }) => value),
      candidate: { kind: 'regression', values: Float64Array.from(all, ({ value, p }) => value * p) },
      baseline: { kind: 'regression', values: Float64Array.from(all, ({ value, q }) => value + q) },
    }),
  ranking: (all: readonly Row[]) =>
    measureRows({
      task: 'ranking',
      metrics: ['ndcg', 'ndcg(3)', 'map', 'map(3)', 'mrr', 'hit_rate(2)', 'precision_at(2)'],
      confidence: 0.95,
      seed: 1,
      labels: Float64Array.from(all, ({ label }) => label),
      candidate: { kind: 'regression', values: Float64Array.from(all, ({ p }) => p) },
      baseline: { kind: 'regression', values: Float64Array.from(all, ({ q }) => q) },
      groups: Int32Array.from(all, ({ id }) => id % 7),
    }),
};

describe.each(Object.entries(tasks))('%s', (_, measure) => {
  test('any order, same bits', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const shuffled = all.toSorted((a, b) => a.key - b.key);
        expect(measure(shuffled)).toStrictEqual(measure(all));
      }),
    );
  });
});

test('the table says for every metric what it is', () => {
  for (const [name, metric] of Object.entries(METRICS)) {
    expect(metric.name).toBe(name);
    expect(tasksOf(metric).length).toBeGreaterThan(0);
    expect(metric.range[0]).toBeLessThan(metric.range[1]);
    expect(metric.description).toMatch(/^[a-z][^\n.]{10,}$/);
  }
});

test('ks is resampled by row id and seed: any order gives the same bits, another seed does not', () => {
  const n = 120;
  const order = Int32Array.from({ length: n }, (_, i) => (i * 37) % n);
  const measured = (ids: Int32Array, seed: number) =>
    measureRows({
      task: 'binary',
      metrics: ['ks'],
      confidence: 0.95,
      seed,
      rowIds: ids,
      labels: Uint8Array.from(ids, (id) => Number(id % 3 === 0)),
      candidate: byScore(Float64Array.from(ids, (id) => ((id * 53) % 97) / 97 / (id % 3 === 0 ? 1 : 2))),
      baseline: byScore(Float64Array.from(ids, (id) => ((id * 29) % 89) / 89)),
    }).ks;
  const sorted = Int32Array.from({ length: n }, (_, i) => i);
  expect(measured(order, 1)).toStrictEqual(measured(sorted, 1));
  expect(measured(order, 2)).not.toStrictEqual(measured(sorted, 1));
  expect(measured(order, 1)?.difference).toMatchObject({ method: 'bootstrap-tango' });
});
