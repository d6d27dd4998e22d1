import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Placements, aucDifferenceVariance, placements } from '../../../domain/statistics/delong.js';
import { PlacementKernel } from '../../../domain/statistics/placement-kernel.js';
import { Placer } from '../../../domain/statistics/placer.js';

/** Many ties, both zeros, and the smallest and largest singles. */
const score = fc.oneof(
  fc.constantFrom(0, -0, 0.5, 1, 2 ** -149, -(2 ** -149), 3.4028234663852886e38, -3.4028234663852886e38),
  fc.integer({ min: -9, max: 9 }).map((tenths) => tenths / 10),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

const rows = fc
  .array(fc.record({ first: score, second: score, label: fc.nat(1) }), { minLength: 4, maxLength: 300 })
  .filter((all) => [0, 1].every((label) => all.some((row) => row.label === label)));

interface Scored {
  readonly first: number;
  readonly second: number;
  readonly label: number;
}

function expectSameBits(all: readonly Scored[], placer: PlacementKernel | Placer): void {
  const labels = Uint8Array.from(all, ({ label }) => label);
  const [first, second] = [Float32Array.from(all, (row) => row.first), Float32Array.from(all, (row) => row.second)];
  const byRow = [placements(first, labels), placements(second, labels)] as const;
  const placed = [placer.placements(first), placer.placements(second)] as const;
  expect(placed.map(legible)).toEqual(byRow.map(legible));
  expect(placer.differenceVariance(...placed)).toEqual(aucDifferenceVariance(...byRow));
}

/** Thousands of numbers as text are compared in no time. */
const legible = ({ twice, labels, ...area }: Placements) => ({ ...area, twice: twice.join(), labels: labels.length });

const labelsOf = (all: readonly Scored[]): Uint8Array => Uint8Array.from(all, ({ label }) => label);

/** So many rows, the same at each run. */
function manyRows(n: number, scoreOf: (uniform: number) => number): Scored[] {
  let state = 1;
  const uniform = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Array.from({ length: n }, () => {
    const first = uniform();
    return { first: scoreOf(first), second: scoreOf((first + uniform()) / 2), label: Number(uniform() < first) };
  });
}

describe('the kernel of placements', () => {
  test('gives the bits that are computed row by row: AUC, placements, variance, and that of the difference', () => {
    fc.assert(fc.property(rows, (all) => expectSameBits(all, new PlacementKernel(labelsOf(all)))));
  });

  test.each([
    ['all scores differ', (uniform: number) => uniform],
    ['scores that thousands of rows share, over the ends of pieces', (uniform: number) => Math.round(uniform * 9) / 9],
    ['one score', () => 0.25],
    ['scores of every size', (uniform: number) => (uniform - 0.5) * 1e30 ** (uniform - 0.3)],
  ])('of more rows than one piece has: %s', (_, scoreOf) => {
    const all = manyRows(200_000, scoreOf);
    expectSameBits(all, new PlacementKernel(labelsOf(all)));
  });

  test.each([100, 5000])('is asked or not for %i rows, with the same answer', (n) => {
    const all = manyRows(n, (uniform) => uniform);
    expectSameBits(all, new Placer(labelsOf(all)));
  });

  test('places scores of double precision by all of their bits', () => {
    const labels = Uint8Array.from({ length: 5000 }, (_, row) => row & 1);
    const scores = Float64Array.from(labels, (label) => 0.5 + label * 2 ** -50);
    expect(new Placer(labels).placements(scores).auc).toBe(1);
  });
});
