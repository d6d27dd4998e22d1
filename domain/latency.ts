/**
 * How long something took, by how often: counts of times in steps that each are 9 % longer than the one before. They are small enough to
 * travel with a task's result, add up whatever the order, and a percentile that is read from them is off by 5 % at most.
 */

import { power } from './statistics/powers.js';

/** How many times were in each step; a step n holds those from 2^(n/8) milliseconds up to the next one. */
export type LatencyCounts = Readonly<Record<string, number>>;

/** Steps to twice the time. */
const STEPS = 8;

/** Shorter than that is measured as that: a clock does not tell it apart, and 0 has no logarithm. In milliseconds. */
const SHORTEST = 0.001;

export function countLatencies(milliseconds: readonly number[]): LatencyCounts {
  const counts: Record<string, number> = {};
  for (const time of milliseconds) {
    const step = Math.floor(STEPS * Math.log2(Math.max(SHORTEST, time)));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}

export function addLatencies(all: readonly LatencyCounts[]): LatencyCounts {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [step, count] of Object.entries(counts)) sum[step] = (sum[step] ?? 0) + count;
  return sum;
}

/**
 * The time that this share of them took at most (nearest rank), in milliseconds: the middle of its step.
 * @param share above 0, up to 1
 * @returns null for no times
 */
export function latencyPercentile(counts: LatencyCounts, share: number): number | null {
  const steps = Object.entries(counts)
    .map(([step, count]) => ({ step: Number(step), count }))
    .sort((a, b) => a.step - b.step);
  const rank = Math.ceil(share * steps.reduce((sum, { count }) => sum + count, 0));
  let seen = 0;
  for (const { step, count } of steps) {
    seen += count;
    if (seen >= rank) return power(2, (step + 0.5) / STEPS);
  }
  return null;
}
