/** Shared words of the interval methods. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * On which side of a bound a value is right: `atLeast` (value >= bound, as for `min` and `maxDrop`) or `atMost`
 * (value <= bound, as for `max` and `maxIncrease`).
 */
export type Side = 'atLeast' | 'atMost';

/** Halvings after which two doubles in any range used here are neighbours. */
const MAX_HALVINGS = 200;

/**
 * The point in [low, high] where `wrong` turns from false to true (from low to high), to the last bit.
 * @param wrong monotone: false up to the point, true beyond it
 */
export function turningPoint(low: number, high: number, wrong: (x: number) => boolean): number {
  let inside = low;
  let outside = high;
  for (let i = 0; i < MAX_HALVINGS; i++) {
    const middle = inside + (outside - inside) / 2;
    if (middle === inside || middle === outside) break;
    if (wrong(middle)) outside = middle;
    else inside = middle;
  }
  return inside;
}

/** Smaller tail probabilities than this are not told apart: 1 - 2 * tail is 1 then. */
const SMALLEST_TAIL = 1e-15;
const HALVINGS = 60;

/** The smallest tail probability whose interval leaves the bound out: intervals shrink to the value as the tail grows to 1/2. */
export function tailAt(excluded: (tail: number) => boolean): number {
  let inside = Math.log(SMALLEST_TAIL);
  let outside = Math.log(0.5);
  if (excluded(SMALLEST_TAIL)) return SMALLEST_TAIL;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (inside + outside) / 2;
    if (excluded(Math.exp(middle))) outside = middle;
    else inside = middle;
  }
  return Math.exp(outside);
}
