import { rm } from 'node:fs/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JoinedRun, RunOutcome } from '../../activities/contract.js';
import { join } from '../../activities/join.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { Stages } from './stages.js';

let compute: ComputePool;
let stages: Stages;
let outcome: RunOutcome;
beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  ({ outcome } = await stages.report(await stages.evaluate()));
});
afterAll(() => compute.close());

function joined(): Promise<JoinedRun> {
  const deps = { ...stages.deps, awaitRun: () => Promise.resolve(outcome) };
  return new MockActivityEnvironment().run(() => join(deps, outcome.run));
}

describe('a run that is joined', () => {
  it('is what the run came to', async () => {
    expect(await joined()).toEqual(outcome);
  });

  it('says which of its files are gone, without which nobody can show or replay it', async () => {
    const folder = stages.path(`artifacts/runs/${outcome.run}`);
    await rm(`${folder}/artifacts.json`);
    expect(await joined()).toEqual({ ...outcome, lost: ['artifacts.json'] });
    await rm(folder, { recursive: true });
    expect(await joined()).toEqual({ ...outcome, lost: ['result.json', 'artifacts.json'] });
  });
});
