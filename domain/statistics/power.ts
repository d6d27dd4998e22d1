/** What a comparison could have shown. */
import { normalQuantile } from './normal.js';

/** The customary power of a detectable difference. */
export const POWER = 0.8;

/**
 * The smallest excess over the bound that a one-sided test at `level` finds with probability {@link POWER}:
 * (z_(1-level) + z_power) * se (Connor 1987, Biometrics 43:207, for pairs; the same for any normal estimate).
 */
export function detectableDifference(se: number, level: number): number {
  return (normalQuantile(POWER) - normalQuantile(level)) * se;
}
