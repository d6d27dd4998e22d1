/** "Did you mean ...": the name that somebody who misspelt one most likely meant. */
import { distance } from 'fastest-levenshtein';

/**
 * The candidate nearest to `name`, or null when none is near enough to be worth a guess: a wrong guess costs a reader more
 * than none. Case and separators do not count (`maxdrop`, `max_drop` and `maxDrop` are one word to a person). Of equally
 * near ones the first is taken, so the order of `candidates` decides and the answer is stable.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const wanted = plain(name);
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const apart = distance(wanted, plain(candidate));
    if (apart < bestDistance && apart <= farthest(wanted, plain(candidate))) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/**
 * How many edits a slip may cost. Two from four letters on, because two swapped letters (`nmae`) cost two; one in short
 * words, where two edits lead anywhere.
 */
function farthest(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  if (length <= 1) return 0;
  if (length <= 3) return 1;
  return Math.max(2, Math.floor(length / 3));
}

function plain(name: string): string {
  // Bounded, because the distance takes time in the product of the lengths and a name may be a pasted page.
  const short = name.slice(0, 200).toLowerCase();
  const bare = short.replace(/[\s_-]/g, '');
  return bare === '' ? short : bare;
}
