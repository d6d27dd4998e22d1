import { describe, expect, it } from 'vitest';
import { type BrokenSpan, type Span, isolate } from '../../domain/isolate.js';

interface Isolated {
  readonly broken: readonly BrokenSpan[];
  readonly worked: readonly Span[];
  readonly failures: number;
}

/** Work that fails where `breaks` says so for one of its pieces. */
function isolated(pieces: number, breaks: (piece: number) => boolean, maxFailures = 1_000): Isolated {
  const search = isolate(pieces, maxFailures);
  const worked: Span[] = [];
  let failures = 0;
  for (let next = search.next(); ;) {
    if (next.done === true) return { broken: next.value, worked, failures };
    const span = next.value;
    const fails = Array.from({ length: span.to - span.from }, (_, index) => span.from + index).some(breaks);
    if (fails) failures++;
    else worked.push(span);
    next = search.next(fails ? 'it failed' : null);
  }
}

/** How often each piece is settled: worked or broken. */
function settled({ broken, worked }: Isolated, pieces: number): readonly number[] {
  const counts = new Array<number>(pieces).fill(0);
  for (const { from, to } of [...broken, ...worked]) for (let piece = from; piece < to; piece++) counts[piece]!++;
  return counts;
}

describe('isolating', () => {
  it('tries everything at once, and nothing more where that works', () => {
    expect(isolated(1_000, () => false)).toEqual({ broken: [], worked: [{ from: 0, to: 1_000 }], failures: 0 });
    expect(isolated(0, () => true)).toEqual({ broken: [], worked: [], failures: 0 });
  });

  it.each([1, 2, 3, 7, 64, 1_000])('finds one broken piece of %d wherever it is, with few failures', (pieces) => {
    for (let bad = 0; bad < pieces; bad += Math.max(1, Math.floor(pieces / 17))) {
      const found = isolated(pieces, (piece) => piece === bad);
      expect(found.broken).toEqual([{ from: bad, to: bad + 1, reason: 'it failed' }]);
      expect(found.failures).toBeLessThanOrEqual(Math.ceil(Math.log2(pieces)) + 2);
      expect(settled(found, pieces)).toEqual(new Array<number>(pieces).fill(1));
    }
  });

  it('finds several, and settles every piece exactly once', () => {
    for (let seed = 1; seed < 60; seed++) {
      const bad = (piece: number): boolean => (piece * 7_919 * seed) % 23 === 1;
      const found = isolated(97, bad);
      const expected = Array.from({ length: 97 }, (_, piece) => piece).filter(bad);
      expect(found.broken.map(({ from }) => from)).toEqual(expected);
      expect(found.broken.every(({ from, to }) => to === from + 1)).toBe(true);
      expect(settled(found, 97)).toEqual(new Array<number>(97).fill(1));
    }
  });

  it('gives up after so many failures, and calls what is left broken without a reason', () => {
    const found = isolated(1_000, () => true, 32);
    expect(found.failures).toBe(32);
    expect(settled(found, 1_000)).toEqual(new Array<number>(1_000).fill(1));
    expect(found.broken.at(-1)).toMatchObject({ to: 1_000, reason: null });
  });

  it('blames no piece for a failure that does not come again', () => {
    const search = isolate(8, 32);
    let span = search.next();
    let first = true;
    while (span.done !== true) {
      span = search.next(first ? 'an operator ended it' : null);
      first = false;
    }
    expect(span.value).toEqual([]);
  });
});
