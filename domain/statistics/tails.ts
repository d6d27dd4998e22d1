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
