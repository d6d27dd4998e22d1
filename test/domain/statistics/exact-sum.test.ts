import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactSum, exactSum } from '../../../domain/statistics/exact-sum.js';
import { moments } from '../../../domain/statistics/moments.js';

/** Everything summable: from subnormal to 2^970, either sign. */
const numbers = fc.array(fc.double({ min: -(2 ** 970), max: 2 ** 970, noNaN: true, noDefaultInfinity: true }), {
  maxLength: 60,
});

/** The exact sum by whole numbers: every double is a multiple of 2^-1074. */
function bigSum(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + toBig(value), 0n);
}

function toBig(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return value < 0 ? -size : size;
}

describe('exact sum', () => {
  test('is the double nearest to the true sum, ties to even', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sum = exactSum(values);
        const truth = bigSum(values);
        const error = (x: number): bigint => (toBig(x) > truth ? toBig(x) - truth : truth - toBig(x));
        const view = new DataView(new ArrayBuffer(8));
        const neighbour = (step: bigint): number => {
          view.setFloat64(0, sum);
          view.setBigInt64(0, view.getBigInt64(0) + step);
          return view.getFloat64(0);
        };
        if (sum !== 0) {
          expect(error(sum) <= error(neighbour(1n))).toBe(true);
          expect(error(sum) <= error(neighbour(-1n))).toBe(true);
        } else expect(truth).toBe(0n);
      }),
    );
  });

  test('has the same bits in any order and any sharding', () => {
    const shards = fc.array(fc.nat(3), { minLength: 60, maxLength: 60 });
    const order = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(numbers, shards, order, (values, shard, keys) => {
        const whole = exactSum(values);
        const shuffled = values.map((value, i) => ({ value, i })).sort((a, b) => keys[a.i]! - keys[b.i]!);
        const sums = [new ExactSum(), new ExactSum(), new ExactSum(), new ExactSum()];
        for (const { value, i } of shuffled) sums[shard[i]!]!.add(value);
        const merged = sums.reduceRight((into, sum) => into.merge(sum), new ExactSum());
        expect(Object.is(merged.value(), whole)).toBe(true);
      }),
    );
  });

  test('cancellation, halves and zeros', () => {
    expect(exactSum([1e290, 1, -1e290])).toBe(1);
    expect(exactSum([0.1, 0.2, -0.3])).toBe(2.7755575615628914e-17);
    expect(exactSum([1, 2 ** -53, 2 ** -106])).toBe(1 + 2 ** -52);
    expect(exactSum([1, 2 ** -53])).toBe(1);
    expect(Object.is(exactSum([-0, -0]), 0)).toBe(true);
    expect(exactSum([])).toBe(0);
    expect(exactSum([5e-324, 5e-324])).toBe(1e-323);
  });

  test('a number that is added so many times at once', () => {
    const times = fc.array(fc.nat(40), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(numbers, times, (values, counts) => {
        const [once, repeated] = [new ExactSum(), new ExactSum()];
        values.forEach((value, i) => {
          once.addTimes(value, counts[i]!);
          for (let time = 0; time < counts[i]!; time++) repeated.add(value);
        });
        expect(Object.is(once.value(), repeated.value())).toBe(true);
      }),
    );
    const [value, many] = [1 / 3, 2 ** 28 + 5];
    const sum = new ExactSum();
    sum.addTimes(value, many);
    expect(sum.value()).toBe(Number(BigInt(value * 2 ** 54) * BigInt(many)) / 2 ** 54);
    sum.addTimes(1e308, 0);
    expect(sum.value()).not.toBeNaN();
    sum.addTimes(1e308, 1);
    expect(sum.value()).toBeNaN();
  });

  test('what cannot be summed is NaN, wherever it stands', () => {
    for (const value of [NaN, Infinity, -Infinity, 1e308, -1e308]) {
      expect(exactSum([value, 1])).toBeNaN();
      expect(new ExactSum().merge(new ExactSum().addAll([1, value])).value()).toBeNaN();
    }
  });

  test('stays exact beyond the capacity of a bin', () => {
    const sum = new ExactSum();
    const [value, times] = [1 / 3, 2 ** 26 + 5];
    for (let i = 0; i < times; i++) sum.add(value);
    sum.add(-value);
    const expected = Number(BigInt(value * 2 ** 54) * BigInt(times - 1)) / 2 ** 54;
    expect(sum.value()).toBe(expected);
  });
});

test('moments do not cancel far from zero and know rows that are alike', () => {
  const { mean, variance } = moments(Float64Array.from([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]));
  expect(mean).toBe(1e9 + 10);
  expect(variance).toBe(30);
  expect(moments(new Float64Array(7).fill(0.1)).alike).toBe(true);
  expect(moments(Float64Array.of(1, 1 + 1e-13)).alike).toBe(true);
  expect(moments(Float64Array.of(0, 1e-13)).alike).toBe(false);
  expect(moments(new Float64Array(0)).mean).toBeNaN();
  expect(moments(Float64Array.of(3)).variance).toBeNaN();
});
