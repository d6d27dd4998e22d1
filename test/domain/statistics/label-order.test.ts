import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placements } from '../../../domain/statistics/delong.js';
import { LabelOrder, scoredWord } from '../../../domain/statistics/label-order.js';
import { sortedWords } from '../../../domain/statistics/radix-order.js';

/** Many ties, both zeros, and the smallest and largest singles. */
const score = fc.oneof(
  fc.constantFrom(0, -0, 0.5, 1, 2 ** -149, 3.4028234663852886e38),
  fc.nat(9).map((tenths) => tenths / 10),
  fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }),
);

const rows = fc
  .array(fc.record({ score, label: fc.nat(1) }), { minLength: 4, maxLength: 300 })
  .filter((all) => [0, 1].every((label) => all.filter((row) => row.label === label).length >= 2));

interface Row {
  readonly score: number;
  readonly label: number;
}

/** @param cuts where the words are handed over in pieces */
function expectPlacementsOf(all: readonly Row[], cuts: number[]): void {
  const scores = Float32Array.from(all, (row) => row.score);
  const labels = Uint8Array.from(all, ({ label }) => label);
  const bits = new Uint32Array(scores.slice().buffer);
  const words = Uint32Array.from(bits, (word, row) => scoredWord(word, labels[row]!));
  const sorted = sortedWords(words, new Uint32Array(words.length));
  const order = new LabelOrder(all.length);
  let from = 0;
  for (const cut of [...cuts.sort((a, b) => a - b), sorted.length]) {
    order.add(sorted.subarray(from, cut));
    from = Math.max(from, Math.min(cut, sorted.length));
  }
  const placed = placements(scores, labels);
  const area = order.area();
  expect(area).toEqual({ auc: placed.auc, positives: placed.positives, negatives: placed.negatives });
  expect(order.variance(area)).toEqual(placed.variance);
}

test('an order of labels gives the AUC and the variance of the placements, to the last bit, in one piece and in several', () => {
  fc.assert(fc.property(rows, fc.array(fc.nat(300), { maxLength: 4 }), expectPlacementsOf));
});

test.each([
  ['scores that all differ', 1e7],
  ['scores that thousands of rows share', 9],
])('so it does of many rows: %s', (_, scores) => {
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const all = Array.from({ length: 150_000 }, () => {
    const score = Math.round(uniform() * scores) / scores;
    return { score, label: Number(uniform() < score) };
  });
  expectPlacementsOf(all, [70_000]);
});

test.each([0, 1, 50, 5000])('%i words are sorted as numbers, whichever digits they differ in', (length) => {
  const word = fc.oneof(fc.nat(255), fc.nat(2 ** 31 - 1), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 31));
  fc.assert(
    fc.property(fc.array(word, { minLength: length, maxLength: length }), (all) => {
      const sorted = sortedWords(Uint32Array.from(all), new Uint32Array(length + 1));
      expect(sorted).toEqual(Uint32Array.from(all).sort());
    }),
    { numRuns: 20 },
  );
});
