/** Finding the pieces of some work that break it, by halves, when all that can be asked is whether a run of pieces works. */

/** Pieces `from` <= index < `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface BrokenSpan extends Span {
  /** What the caller said when the piece failed alone; null: it was never tried, because too much had failed before. */
  readonly reason: string | null;
}

/**
 * Yields spans to try, one after the other, and takes back why a span failed, or null where it worked. A span that worked is
 * settled; a piece that fails alone is broken; the rest of the pieces ends up in spans that worked. Of n pieces with one
 * broken one at most log2(n) + 2 trials fail.
 *
 * @param pieces how many there are
 * @param maxFailures failed trials after which everything that is not settled counts as broken, >= 1
 * @returns the broken spans in order
 */
export function* isolate(pieces: number, maxFailures: number): Generator<Span, readonly BrokenSpan[], string | null> {
  const broken: BrokenSpan[] = [];
  // What is left, first on top; `failing`: it holds a broken piece, as the trials so far have it.
  const left: (Span & { readonly failing: boolean })[] = [];
  if (pieces > 0) left.push({ from: 0, to: pieces, failing: false });
  let failures = 0;
  for (let span = left.pop(); span !== undefined; span = left.pop()) {
    const { from, to, failing } = span;
    if (failures >= maxFailures) {
      broken.push({ from, to, reason: null });
      continue;
    }
    const alone = to - from === 1;
    if (!failing || alone) {
      // A lone piece is always tried itself, whatever its neighbours did: a process may also end for reasons of its own.
      const reason = yield { from, to };
      if (reason === null) continue;
      failures++;
      if (alone) broken.push({ from, to, reason });
      else left.push({ from, to, failing: true });
      continue;
    }
    const middle = from + Math.ceil((to - from) / 2);
    const reason = yield { from, to: middle };
    if (reason === null) {
      // The other half has it, then: trying it whole would fail once more and tell nothing.
      left.push({ from: middle, to, failing: true });
      continue;
    }
    failures++;
    left.push({ from: middle, to, failing: false });
    if (middle - from === 1) broken.push({ from, to: middle, reason });
    else left.push({ from, to: middle, failing: true });
  }
  return broken;
}
