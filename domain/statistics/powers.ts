/**
 * Powers that have the same bits in every version of Node. V8's `**` and `Math.pow` changed between Node 22 and 24 (a cube came out one
 * bit apart), and a digest must not depend on that; products and square roots are exact by IEEE 754 and never change.
 */

export const square = (x: number): number => x * x;

export const cube = (x: number): number => x * x * x;

/** x to the power 3/2, for x >= 0. */
export const threeHalves = (x: number): number => x * Math.sqrt(x);

/** x to the power of any exponent, for x >= 0. */
export const power = (x: number, exponent: number): number => (x === 0 ? 0 : Math.exp(exponent * Math.log(x)));
