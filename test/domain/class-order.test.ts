import { describe, expect, it } from 'vitest';
import { isContradiction, orderClasses, unknownLabels } from '../../domain/class-order.js';

describe('names of classes beside those that the model says itself', () => {
  it.each<[string, string[], string[], boolean]>([
    ['the same', ['a', 'b'], ['a', 'b'], false],
    ['the same numbers', ['0.0', '1.0'], ['0', '1'], false],
    ['another order', ['c', 'b', 'a'], ['a', 'b', 'c'], true],
    ['another order of codes', ['2', '0', '1'], ['0', '1', '2'], true],
    ['another number of them', ['a', 'b'], ['a', 'b', 'c'], true],
    ['names of codes', ['low', 'mid', 'high'], ['0', '1', '2'], false],
    ['names of codes that are numbers too', ['1', '2', '3'], ['0', '1', '2'], false],
    ['new names of words', ['0', '2', '1'], ['high', 'low', 'mid'], false],
    ['words of which only some are the same', ['b', 'c', 'd'], ['a', 'b', 'c'], true],
  ])('%s', (_what, named, said, contradicts) => {
    expect(isContradiction(named, said)).toBe(contradicts);
  });
});

describe('the classes of a run', () => {
  it("are the candidate's, then what others know, as the data write them", () => {
    const order = orderClasses(
      ['2.0', '9.0', '10.0'],
      [
        ['10', '2', '9'],
        ['2', '9', '10', '11'],
      ],
    );
    expect(order).toEqual({
      classes: ['10.0', '2.0', '9.0', '11'],
      places: [
        [0, 1, 2],
        [1, 2, 0, 3],
      ],
    });
  });

  it('leave out a label that no model knows', () => {
    expect(orderClasses(['a', 'd'], [['a', 'b']]).classes).toEqual(['a', 'b']);
  });

  it('are the labels where nothing says what a model knows, then what ready-made predictions name', () => {
    expect(orderClasses(['a', 'b'], [null], ['b', 'z'])).toEqual({ classes: ['a', 'b', 'z'], places: [[0, 1]] });
  });

  it('tell numbers from text that only looks like one', () => {
    expect(unknownLabels(['01', '1', '2.0'], ['1', '2'])).toEqual(['01']);
  });
});
