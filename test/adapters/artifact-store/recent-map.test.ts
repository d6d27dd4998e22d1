import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../adapters/artifact-store/recent-map.js';

describe('what is remembered of many things', () => {
  it('is of those that were used last, and never of more than there is room for', () => {
    const map = new RecentMap<string, number>(3);
    map.set('snapshot', 1);
    for (let part = 0; part < 100; part++) {
      map.set(`part ${part}`, part);
      // What each task uses is not forgotten for all the parts that tasks leave.
      expect(map.get('snapshot')).toBe(1);
    }
    const kept = Array.from({ length: 100 }, (_part, part) => map.get(`part ${part}`)).filter(
      (one) => one !== undefined,
    );
    expect(kept).toEqual([98, 99]);
  });

  it('is the latest of each, and nothing of what is no longer right', () => {
    const map = new RecentMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4]);
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
  });
});
