import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelSize, largestFirst, planTasks, taskSizeFor } from '../../domain/plan.js';

const size = { maxRows: 25, ownRows: 10, packedRows: 10 };
const segments = (...rows: readonly number[]) => rows.map((count, index) => ({ name: `s${index}`, rows: count }));
const names = (title: string, ...rows: readonly number[]): string[] =>
  planTasks(title, segments(...rows), size).map(({ name }) => name);

describe('inference tasks', () => {
  it('cover every row exactly once and in order, at even sizes, whatever the segments', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 400 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat({ max: 40 }),
        fc.nat({ max: 60 }),
        (rows, ownRows, more, extra) => {
          const limits = { maxRows: 2 * ownRows + more + extra, ownRows, packedRows: ownRows + more };
          const tasks = planTasks('origin', segments(...rows), limits);
          let next = 0;
          for (const [index, task] of tasks.entries()) {
            expect(task.index).toBe(index);
            expect(task.from).toBe(next);
            expect(task.to).toBeGreaterThan(task.from);
            expect(task.to - task.from).toBeLessThanOrEqual(limits.maxRows);
            expect(task.name).toMatch(/^origin: s\d+/);
            next = task.to;
          }
          expect(next).toBe(rows.reduce((sum, count) => sum + count, 0));
        },
      ),
    );
  });

  it('are as many as the work needs, not as the segments', () => {
    const thousands = (rows: number) =>
      Array.from({ length: 10_000 }, (_value, index) => ({ name: String(index), rows }));
    const tasks = (rows: number) => planTasks('store', thousands(rows), taskSizeFor(10_000 * rows));
    expect(tasks(10)).toHaveLength(100_000 / 10_000);
    expect(tasks(100)).toHaveLength(12);
    expect(tasks(1_000)).toHaveLength(10_000_000 / 400_000);
    const sizes = [0, 1_000_000, 100_000_000].map((rows) => taskSizeFor(rows));
    expect(sizes.map(({ packedRows }) => packedRows)).toEqual([10_000, 83_334, 400_000]);
    expect(sizes.map(({ ownRows }) => ownRows)).toEqual([10_000, 62_500, 200_000]);
  });

  it('have fewer rows the heavier the model is, down to where asking for them would cost more than they do', () => {
    const sizesOf = (isTreeEnsemble: boolean, ...all: readonly number[]) =>
      all.map((bytes) => taskSizeFor(100_000_000, [{ bytes, isTreeEnsemble }]));
    const trees = sizesOf(true, 0, 4_000_000, 16_000_000, 1_000_000_000);
    expect(trees.map(({ maxRows }) => maxRows)).toEqual([400_000, 400_000, 100_000, 4_000]);
    expect(trees.map(({ ownRows }) => ownRows)).toEqual([200_000, 200_000, 50_000, 2_000]);
    expect(trees.map(({ packedRows }) => packedRows)).toEqual([400_000, 400_000, 100_000, 4_000]);
    // Each row goes through all of a network.
    const networks = sizesOf(false, 40_000, 400_000, 4_000_000, 16_000_000, 1_000_000_000);
    expect(networks.map(({ maxRows }) => maxRows)).toEqual([400_000, 400_000, 40_000, 10_000, 4_000]);
  });

  it('have fewer rows where two models go through them', () => {
    const trees = { bytes: 4_000_000, isTreeEnsemble: true };
    const network = { bytes: 1_600_000, isTreeEnsemble: false };
    const largest = (...models: readonly ModelSize[]) => taskSizeFor(100_000_000, models).maxRows;
    expect([largest(trees), largest(network), largest(trees, trees), largest(trees, network)]).toEqual([
      400_000, 100_000, 200_000, 80_000,
    ]);
    const light = { bytes: 1_000_000, isTreeEnsemble: true };
    expect(largest(light, light)).toBe(400_000);
  });

  it('are several, however light the model is', () => {
    expect([100_000, 1_200_000, 2_400_000, 100_000_000].map((rows) => taskSizeFor(rows).maxRows)).toEqual([
      50_000, 150_000, 300_000, 400_000,
    ]);
  });

  it('are called by their segments', () => {
    expect(names('origin', 12)).toEqual(['origin: s0']);
    expect(names('origin', 60)).toEqual(['origin: s0 (1 of 3)', 'origin: s0 (2 of 3)', 'origin: s0 (3 of 3)']);
    expect(names('origin', 4, 4)).toEqual(['origin: s0, s1']);
    expect(names('origin', 2, 2, 2, 2)).toEqual(['origin: s0, s1 and 2 more']);
    expect(names('', 12)).toEqual(['s0']);
  });

  it('are begun with the largest, and of equal ones with the first', () => {
    const tasks = planTasks('', segments(12, 25, 10, 25), size);
    expect(largestFirst(tasks).map(({ name }) => name)).toEqual(['s1', 's3', 's0', 's2']);
  });

  it('leave a large segment to itself', () => {
    expect(names('origin', 3, 20, 3, 3)).toEqual(['origin: s0', 'origin: s1', 'origin: s2, s3']);
  });

  it('stay within the largest size where the next small segment would not fit', () => {
    const uneven = { maxRows: 25, ownRows: 12, packedRows: 25 };
    const tasks = planTasks('origin', segments(9, 9, 9, 3, 9, 9, 9), uneven);
    expect(tasks.map(({ from, to }) => to - from)).toEqual([18, 21, 18]);
  });

  it('are none for no rows', () => {
    expect(planTasks('origin', [], size)).toEqual([]);
    expect(planTasks('origin', segments(0, 0), size)).toEqual([]);
  });
});
