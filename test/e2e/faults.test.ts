import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALIAS_POINTS, movedAt } from '../../bench/faults/aliases.js';
import { AFTER_DAMAGE, artifactFault, artifacts } from '../../bench/faults/artifacts.js';
import { DAMAGES } from '../../bench/faults/damage.js';
import { CAUSES, disturbedBy } from '../../bench/faults/disks.js';
import { type FaultBench, openBench } from '../../bench/faults/bench.js';
import { FAULT, VICTIMS, kills } from '../../bench/faults/kills.js';
import { SmallDisk } from '../../bench/faults/small-disk.js';
import { randomFrom } from '../../bench/calibration/random.js';
import { Ledger } from '../../bench/faults/ledger.js';
import { Sandbox } from './sandbox.js';

// A part of `npm run bench:faults`, which is run in full by hand.
const SEED = 3;

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('a run that is disturbed', { timeout: 240_000 }, () => {
  let bench: FaultBench;

  beforeAll(async () => {
    const ledger = new Ledger('');
    bench = await openBench({ sandbox, ledger, seed: SEED, stopping: () => false, told: () => undefined });
  }, 180_000);

  it('by kill -9 of the worker, the command or the server comes to the same result, and has its effect once', async () => {
    await kills(bench, 4);
    const trials = VICTIMS.flatMap((victim) => bench.ledger.trials(FAULT[victim]));
    expect(trials).toHaveLength(4);
    for (const trial of trials)
      expect(trial).toEqual({ same: true, effects: 1, hung: false, lost: null, broken: null });
  });

  it('by files that are damaged right after they were stored comes to the same result, and has its effect once', async () => {
    await artifacts(bench, 6);
    const trials = [AFTER_DAMAGE, ...DAMAGES.map(artifactFault)].flatMap((fault) => bench.ledger.trials(fault));
    expect(trials).toHaveLength(12);
    for (const trial of trials)
      expect(trial).toEqual({ same: true, effects: 1, hung: false, lost: null, broken: null });
  });

  // What takes minutes, because a run tries for long before it gives up, is left to the bench.
  const brief = CAUSES.filter((cause) => cause !== 'full for long');

  it.for(brief)('by a disk (%s) says so, and comes to the same result when that is mended', async (cause, { skip }) => {
    skip(cause !== 'no data' && !(await SmallDisk.possible(sandbox)), 'nobody may mount a disk here');
    const { found } = await disturbedBy(bench, cause, randomFrom(SEED, 0));
    expect(found).toEqual({ same: true, effects: 1, hung: false, lost: null, broken: null });
  });

  it.each(ALIAS_POINTS)('by a person who moves the alias %s leaves what the person did', async (point) => {
    const { found } = await movedAt(bench, point);
    expect(found).toMatchObject({ same: true, effects: found.wanted, hung: false, lost: null, broken: null });
  });
});
