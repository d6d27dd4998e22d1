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
    const apart = slips(wanted, plain(candidate));
    if (apart < bestDistance && apart <= farthest(wanted, plain(candidate))) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/** Letters to add, drop or replace; two neighbours swapped (`acu`), the commonest slip of all, are one and not two. */
function slips(a: string, b: string): number {
  const apart = distance(a, b);
  if (apart !== 2 || a.length !== b.length) return apart;
  let i = 0;
  while (a.charAt(i) === b.charAt(i)) i++;
  return a.charAt(i) === b.charAt(i + 1) && a.charAt(i + 1) === b.charAt(i) ? 1 : apart;
}

/** How many slips still leave a word recognisable: one in a short word, where two lead anywhere. */
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
