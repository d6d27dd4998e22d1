import { describe, expect, it } from 'vitest';
import { GUARD_LIMITS } from '../../adapters/guarded.js';
import { EFFECT, QUICK } from '../../workflows/retry-profiles.js';

const UNITS: Readonly<Record<string, number>> = { second: 1_000, minute: 60_000, hour: 3_600_000 };

function millisecondsOf(duration: unknown): number {
  const [, count, unit] = /^(\d+) (second|minute|hour)s?$/.exec(String(duration))!;
  return Number(count) * UNITS[unit!]!;
}

describe.each([
  ['QUICK', QUICK],
  ['EFFECT', EFFECT],
])('a light activity (%s)', (_name, profile) => {
  it('has the time that several calls to a slow disk may take', () => {
    expect(millisecondsOf(profile.startToCloseTimeout)).toBeGreaterThanOrEqual(4 * GUARD_LIMITS.bytesMs);
  });
});

it('deciding and reporting may be silent while another run of their worker does the same with very many segments', () => {
  // The longest piece of synchronous work (reading, putting together, the page) takes about 7 s where nothing else
  // computes, on a busy machine 20 s.
  expect(millisecondsOf(QUICK.heartbeatTimeout)).toBeGreaterThanOrEqual(4 * 20_000);
});
