import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg, benjaminiYekutieli, holm } from '../../../domain/statistics/multiplicity.js';
import { expectClose, golden } from './golden.js';

test('equal to statsmodels', () => {
  for (const { p, ...expected } of golden.adjustments) {
    holm(p).forEach((q, i) => expectClose(q, expected.holm[i]!, 1e-12));
    benjaminiHochberg(p).forEach((q, i) => expectClose(q, expected.bh[i]!, 1e-12));
    benjaminiYekutieli(p).forEach((q, i) => expectClose(q, expected.by[i]!, 1e-12));
  }
  expect(holm([])).toEqual([]);
});

test('adjusting keeps the order and never makes a p-value smaller', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (p) => {
      for (const adjust of [holm, benjaminiHochberg, benjaminiYekutieli]) {
        const q = adjust(p);
        q.forEach((own, i) => {
          expect(own).toBeGreaterThanOrEqual(p[i]! * (1 - 1e-15));
          expect(own).toBeLessThanOrEqual(1);
          p.forEach((other, j) => {
            if (other > p[i]!) expect(q[j]!).toBeGreaterThanOrEqual(own);
          });
        });
      }
    }),
  );
});
