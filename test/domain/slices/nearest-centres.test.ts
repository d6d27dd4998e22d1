import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterModel, nearestCentre } from '../../../domain/slices/clusters.js';
import { NearestCentres } from '../../../domain/slices/nearest-centres.js';

function modelOf(centres: readonly (readonly number[])[], mean: readonly number[]): ClusterModel {
  const features = mean.map((_value, index) => `f${index}`);
  return { features, mean, scale: mean.map((_value, index) => index + 0.5), centres, sampleRows: 1, silhouettes: {} };
}

const value = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -20, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308, -1e308, 0, -0, 5e-324) },
);
const matrix = (rows: { minLength: number; maxLength: number }, width: number, of: fc.Arbitrary<number>) =>
  fc.array(fc.array(of, { minLength: width, maxLength: width }), rows);

describe('many rows at once', () => {
  it('are put where each of them belongs by itself, in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }).chain((width) =>
          fc.record({
            centres: matrix({ minLength: 1, maxLength: 5 }, width, fc.double({ min: -3, max: 3, noNaN: true })),
            mean: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: width, maxLength: width }),
            rows: matrix({ minLength: 1, maxLength: 600 }, width, value),
          }),
        ),
        fc.boolean(),
        fc.nat(600),
        ({ centres, mean, rows }, singles, cut) => {
          const model = modelOf(centres, mean);
          const column = (index: number) => rows.map((row) => row[index]!);
          const columns = mean.map((_mean, index) =>
            singles ? Float32Array.from(column(index)) : Float64Array.from(column(index)),
          );
          const codes = new Int32Array(rows.length).fill(-7);
          const assigner = new NearestCentres(model);
          const middle = Math.min(cut, rows.length);
          assigner.assign(columns, 0, middle, codes, 0);
          assigner.assign(columns, middle, rows.length, codes, middle);
          const alone = rows.map((_row, place) => {
            const point = columns.map((one) => one[place]!);
            if (!point.every(Number.isFinite)) return centres.length;
            return nearestCentre(
              centres,
              point.map((one, index) => (one - mean[index]!) / model.scale[index]!),
            );
          });
          expect([...codes]).toEqual(alone);
        },
      ),
    );
  });
});
