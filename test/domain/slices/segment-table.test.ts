import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type SegmentValue,
  byName,
  groupRows,
  segmentName,
  segmentRule,
} from '../../../domain/slices/segment-table.js';

const values = (...texts: readonly (string | null)[]): SegmentValue[] =>
  texts.map((text, index) => ({ column: `c${index}`, text, numeric: false }));

describe('a segment', () => {
  it('is called by its values, and by (missing) where there is none', () => {
    expect(segmentName(values('EV', 'EWR'))).toBe('EV x EWR');
    expect(segmentName(values(null, 'EWR'))).toBe('(missing) x EWR');
  });

  it('has a rule that a person can read', () => {
    expect(segmentRule(values('EV', null))).toBe("c0 = 'EV' AND c1 IS NULL");
    expect(segmentRule([{ column: 'month', text: '7', numeric: true }])).toBe('month = 7');
  });

  it('shares its name with no other, whatever the values', () => {
    const text = fc.option(
      fc.oneof(
        fc.constantFrom('(missing)', '', '"', 'a', 'x', ' ', ' x', 'x ', ' x ', 'a x', 'x b', '"a"', '""'),
        fc.string({ unit: fc.constantFrom('x', ' ', '"', 'a', '\\') }),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 3 }),
        fc.array(text, { minLength: 1, maxLength: 3 }),
        (a, b) => {
          fc.pre(a.length === b.length);
          const same = a.every((value, index) => value === b[index]);
          expect(segmentName(values(...a)) === segmentName(values(...b))).toBe(same);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [
      ['a x', 'b'],
      ['a', 'x b'],
    ],
    [
      ['a', 'x', 'b'],
      ['a x', 'b', 'x'],
    ],
    [
      [null, 'b'],
      ['(missing)', 'b'],
    ],
    [['"a"'], ['a']],
  ])('%j is not called like %j', (a, b) => {
    expect(segmentName(values(...a))).not.toBe(segmentName(values(...b)));
  });

  it('comes after another by code point, not by locale and not by UTF-16 unit', () => {
    const names = ['\u{1F6EB}', '\uFF21', 'é', 'a', 'Z', '10', '2', ''];
    const sorted = names.map((name) => ({ name })).sort(byName);
    expect(sorted.map(({ name }) => name)).toEqual(['', '10', '2', 'Z', 'a', 'é', '\uFF21', '\u{1F6EB}']);
  });
});

describe('grouped rows', () => {
  it('are every row inside a segment, once, in row order within its segment', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 5 })), (values) => {
        const codes = Int32Array.from(values);
        const { rows, starts } = groupRows(codes, 6);
        expect(starts[6]).toBe(rows.length);
        for (let group = 0; group < 6; group++) {
          const expected = values.flatMap((code, row) => (code === group ? [row] : []));
          expect([...rows.subarray(starts[group], starts[group + 1])]).toEqual(expected);
        }
      }),
    );
  });
});
