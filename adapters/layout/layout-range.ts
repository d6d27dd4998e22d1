/** Where the rows of a task lie in a layout. */
import type { LayoutReader } from './layout-file.js';

/** A layout's files, and where each segment begins in the whole of them, with all rows at the end. */
export interface Layout {
  readonly files: readonly string[];
  readonly starts: Int32Array;
}

/** Rows of one block that follow each other. */
export interface Stretch {
  readonly reader: LayoutReader;
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The rows with `from` <= position < `to`, where positions count segment by segment, in a segment in the order of the rows. They come
 * block by block: of one segment in the order of their positions, of several in another order that is always the same.
 *
 * @throws Error when the layout has other rows than its segments say
 */
export function stretchesOf(
  readers: readonly LayoutReader[],
  starts: Int32Array,
  from: number,
  to: number,
): readonly Stretch[] {
  if (from >= to) return [];
  const [first, last] = [segmentAt(starts, from), segmentAt(starts, to - 1)];
  const [skipped, wanted] = [from - starts[first]!, to - starts[last]!];
  const stretches: Stretch[] = [];
  let [ofFirst, ofLast, found] = [0, 0, 0];
  for (const reader of readers) {
    for (let block = 0; block < reader.blocks.length; block++) {
      const [firstBegin, firstEnd] = reader.segmentIn(block, first);
      const [lastBegin, lastEnd] = reader.segmentIn(block, last);
      const begin = firstBegin + within(skipped - ofFirst, firstEnd - firstBegin);
      const end = lastBegin + within(wanted - ofLast, lastEnd - lastBegin);
      ofFirst += firstEnd - firstBegin;
      ofLast += lastEnd - lastBegin;
      if (begin >= end) continue;
      stretches.push({ reader, block, from: begin, to: end });
      found += end - begin;
    }
  }
  if (found !== to - from) throw new Error(`the layout has ${found} rows in ${from}..${to}`);
  return stretches;
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

/** The segment with this position: the last one that begins at or before it. Empty segments begin where the next one does. */
function segmentAt(starts: Int32Array, position: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= position) low = middle;
    else high = middle;
  }
  return low;
}
