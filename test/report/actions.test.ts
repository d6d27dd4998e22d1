import { expect, it } from 'vitest';
import { moveText } from '../../report/actions.js';
import type { ActionResult } from '../../domain/result.js';

const action = (facts: Pick<ActionResult, 'outcome' | 'from' | 'to'>): ActionResult => ({
  action: 'promote',
  key: 'late-flight/2/promote',
  reason: '',
  ...facts,
});

it('an arrow leads from one version to another, and from none only where the first version was promoted', () => {
  expect(moveText(action({ outcome: 'done', from: '1', to: '2' }))).toBe('version 1 → 2');
  expect(moveText(action({ outcome: 'done', from: null, to: '1' }))).toBe('version none → 1');
  expect(moveText(action({ outcome: 'failed', from: '2', to: '1' }))).toBe('version 2 → 1');
});

it('where nothing moved and one end is missing there is no arrow', () => {
  expect(moveText(action({ outcome: 'skipped', from: null, to: '1' }))).toBe('');
  expect(moveText(action({ outcome: 'skipped', from: '1', to: null }))).toBe('');
  expect(moveText(action({ outcome: 'conflict', from: '3', to: null }))).toBe('');
  expect(moveText(action({ outcome: 'skipped', from: null, to: null }))).toBe('');
});
