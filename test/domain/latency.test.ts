import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addLatencies, countLatencies, latencyPercentile } from '../../domain/latency.js';

/** Half a step. */
const ERROR = 2 ** (1 / 16);

const times = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
const shares = fc.constantFrom(0.5, 0.9, 0.95, 1);

it('tells every percentile within half a step', () => {
  fc.assert(
    fc.property(times, shares, (all, share) => {
      const exact = [...all].sort((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;
      const told = latencyPercentile(countLatencies(all), share)!;
      expect(told / exact).toBeGreaterThan(1 / ERROR - 1e-9);
      expect(told / exact).toBeLessThan(ERROR + 1e-9);
    }),
  );
});

it('adds up to the same, however the times are shared out', () => {
  fc.assert(
    fc.property(times, fc.nat(), (all, place) => {
      const [first, second] = [all.slice(0, place % all.length), all.slice(place % all.length)].map(countLatencies);
      expect(addLatencies([second!, first!])).toEqual(countLatencies(all));
    }),
  );
});

it('says nothing of no times, and takes one of 0 for a very short one', () => {
  expect(latencyPercentile({}, 0.5)).toBeNull();
  expect(latencyPercentile(countLatencies([0]), 0.5)).toBeCloseTo(0.001, 4);
});
