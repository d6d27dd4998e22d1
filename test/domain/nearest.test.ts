import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from '../../domain/nearest.js';

it.each([
  ['maxdrop', ['maxDrop', 'max'], 'maxDrop'],
  ['max_drop', ['maxDrop', 'max'], 'maxDrop'],
  ['nmae', ['name', 'where'], 'name'],
  ['acu', ['fpr', 'auc', 'accuracy'], 'auc'],
  ['au', ['auc', 'accuracy'], 'auc'],
  ['carier', ['origin', 'carrier'], 'carrier'],
  ['kk', ['k'], null],
  ['completely different', ['auc', 'fpr'], null],
  ['', ['auc'], null],
  ['x', [], null],
])('%s of %j is %s', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

it('takes the first of equally near ones', () => {
  expect(nearest('fnrr', ['fpr', 'fnr', 'fnx'])).toBe('fnr');
  expect(nearest('temp3', ['temp1', 'temp2'])).toBe('temp1');
});

it('finds a name that is there', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{2,12}$/), { minLength: 1 }), fc.nat(), (names, n) => {
      const name = names[n % names.length] ?? '';
      expect(nearest(name, names)).toBe(name);
    }),
  );
});

it('is quick on a pasted page', () => {
  expect(nearest('a'.repeat(1_000_000), ['auc'])).toBeNull();
});
