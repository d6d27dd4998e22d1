import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inPieces, letBeatsOut, whileBeating } from '../../activities/heartbeat.js';
import { createActivities } from '../../activities/index.js';
import type { ArtifactStore } from '../../adapters/artifact-store/index.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MODEL, type StagedRun, Stages } from './stages.js';

/** Longer than between two beats. */
const SLOW_MS = 600;

let compute: ComputePool;
let stages: Stages;
let staged: StagedRun;
beforeAll(async () => {
  compute = newComputePool();
  stages = await Stages.open(compute, 1, afterAll);
  staged = await stages.evaluate();
});
afterAll(() => compute.close());

/** The store, each call of which takes as long as on a slow disk. */
function slow(store: ArtifactStore): ArtifactStore {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        await delay(SLOW_MS);
        return value.apply(target, args) as unknown;
      };
    },
  });
}

async function beatsOf(work: (environment: MockActivityEnvironment) => Promise<unknown>): Promise<number> {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  await work(environment);
  return beats;
}

describe('a stage', () => {
  it.each(['decide', 'report', 'openChunk', 'keepInferred'] as const)(
    'that waits for a slow disk tells that it is alive: %s',
    async (stage) => {
      const { pinned, validated, measures, decided } = staged;
      const tasks = await stages.store.putJson([]);
      const report = { run: pinned, validated, measures, decided, actions: [], timings: {} };
      const activities = createActivities({ ...stages.deps, store: slow(stages.store) });
      const work = {
        decide: () => activities.decide(pinned, measures),
        report: () => activities.report(report),
        openChunk: () => activities.openChunk({ index: 0, tasks, count: 0, rows: 0 }),
        keepInferred: () => activities.keepInferred([]),
      }[stage];
      expect(await beatsOf((environment) => environment.run(work as () => Promise<unknown>))).toBeGreaterThan(0);
    },
  );

  it('that waits for a registry tells that it is alive: recordVerdict', async () => {
    const event = stages.path(`registry/${MODEL}/events/000002.json`);
    const text = await readFile(event, 'utf8');
    // As where an event is written in place, by a process that is slow.
    await writeFile(event, text.slice(0, 20));
    const work = (): Promise<void> => stages.activities.recordVerdict(staged.pinned, 'PASS');
    const beats = beatsOf((environment) => environment.run(work));
    await delay(SLOW_MS);
    await writeFile(event, text);
    expect(await beats).toBeGreaterThan(0);
  });

  it('tells it between two pieces of work that hold the thread', async () => {
    const held = (): void => {
      const end = performance.now() + SLOW_MS;
      while (performance.now() < end);
    };
    const work = (): Promise<void> =>
      whileBeating(async () => {
        held();
        await letBeatsOut();
        held();
      });
    expect(await beatsOf((environment) => environment.run(work))).toBe(1);
  });

  it('tells it in the pauses of long work, which ends when it is cancelled', async () => {
    const environment = new MockActivityEnvironment();
    let [beats, steps] = [0, 0];
    environment.on('heartbeat', () => {
      beats++;
      if (beats === 2) environment.cancel();
    });
    function* endless(): Generator<undefined, never, undefined> {
      for (;;) {
        steps++;
        yield;
      }
    }
    const work = (): Promise<void> => whileBeating((signal) => inPieces<never>(endless(), signal));
    await expect(environment.run(work)).rejects.toThrow('CANCELLED');
    const before = steps;
    await delay(SLOW_MS);
    expect(steps).toBe(before);
  });
});
