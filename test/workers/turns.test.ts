import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Place, Turns } from '../../workers/turns.js';

const PATIENCE_MS = 50;

/** Work that begins when it is its turn and ends when it is told. */
function started(turns: Turns, urgent = false, signal?: AbortSignal) {
  let end = (): void => undefined;
  const work = { place: null as Place | null, end: () => end(), done: Promise.resolve() };
  work.done = turns.run(
    (place) => {
      work.place = place;
      return new Promise<void>((resolve) => (end = resolve));
    },
    signal,
    urgent,
  );
  return work;
}

async function over(work: ReturnType<typeof started>): Promise<void> {
  work.end();
  await work.done;
  // What is next has begun.
  await delay(0);
}

describe('turns', () => {
  it('are taken in the order of coming, urgent ones first', async () => {
    const turns = new Turns(1);
    const first = started(turns);
    await delay(0);
    const [second, third] = [started(turns), started(turns)];
    const [urgent, later] = [started(turns, true), started(turns, true)];
    for (const next of [urgent, later, second, third]) expect(next.place).toBeNull();
    for (const [ends, begins] of [
      [first, urgent],
      [urgent, later],
      [later, second],
      [second, third],
    ] as const) {
      await over(ends);
      expect(begins.place).toBe('ordinary');
    }
  });

  it('are had beside the others by what is urgent and has waited, one at a time', async () => {
    const turns = new Turns(1, { afterMs: PATIENCE_MS });
    const [busy, waits] = [started(turns), started(turns)];
    await delay(0);
    const [urgent, next] = [started(turns, true), started(turns, true)];
    expect(urgent.place).toBeNull();
    await delay(2 * PATIENCE_MS);
    expect([urgent.place, next.place, waits.place]).toEqual(['spare', null, null]);
    await over(urgent);
    expect(next.place).toBe('spare');
    await over(next);
    expect(waits.place).toBeNull();
    await over(busy);
    expect(waits.place).toBe('ordinary');
    // The place beside the others is free again.
    const again = started(turns, true);
    await delay(2 * PATIENCE_MS);
    expect(again.place).toBe('spare');
  });

  it('are not taken beside the others where an ordinary one is free soon', async () => {
    const turns = new Turns(1, { afterMs: PATIENCE_MS });
    const busy = started(turns);
    await delay(0);
    const urgent = started(turns, true);
    await over(busy);
    await delay(2 * PATIENCE_MS);
    expect(urgent.place).toBe('ordinary');
  });

  it('are given up by what waits and is no longer wanted', async () => {
    const turns = new Turns(1, { afterMs: PATIENCE_MS });
    const controller = new AbortController();
    const busy = started(turns);
    const unwanted = started(turns, true, controller.signal);
    const waits = started(turns);
    await delay(0);
    controller.abort();
    await expect(unwanted.done).rejects.toMatchObject({ name: 'AbortError' });
    await delay(2 * PATIENCE_MS);
    await over(busy);
    expect([unwanted.place, waits.place]).toEqual([null, 'ordinary']);
  });
});
