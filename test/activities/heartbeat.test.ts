import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inPieces, letBeatsOut, whileBeating } from '../../activities/heartbeat.js';
import { createActivities } from '../../activities/index.js';
import { layOut } from '../../activities/layout.js';
import type { ArtifactStore } from '../../adapters/artifact-store/index.js';
import { JobStopped } from '../../adapters/compute-errors.js';
import type { LayoutJob } from '../../adapters/layout/write-layout.js';
import { SegmentryError } from '../../domain/errors.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { MODEL, QUIET, type StagedRun, Stages } from './stages.js';

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

  it('that failed in one part computes no further in the others: validate', async () => {
    const forEver =
      'select flower_id from data where (select count(*) from range(1000000000000000) where hash(range) = 0) < 0';
    const pinned = await stages.pin({ validate: `[{ name: for ever, sql: "${forEver}" }]` });
    let begun: () => void;
    const looking = new Promise<void>((resolve) => (begun = resolve));
    const activities = createActivities({
      ...stages.deps,
      compute: {
        ...compute,
        validateData: (...job) => {
          begun();
          return compute.validateData(...job);
        },
      },
      audit: {
        ...stages.deps.audit,
        record: async () => {
          await looking;
          await delay(SLOW_MS);
          throw new SegmentryError('the disk of the audit log is full', 'infrastructure');
        },
      },
    });
    const failed = new MockActivityEnvironment({}, { logger: QUIET }).run(() => activities.validate(pinned));
    await expect(failed).rejects.toThrow('the disk of the audit log is full');
    // The only process there is takes a job that nobody is in a hurry for.
    const next = compute.collectPredictions({
      parts: [stages.path('none')],
      rows: 1,
      output: stages.path('collected'),
    });
    await expect(next).rejects.toThrow(/ENOENT/);
  });

  it('that failed in one share of the rows computes no further in the others: the layout', async () => {
    const ends: string[] = [];
    const writeLayout = async ({ from }: LayoutJob, signal?: AbortSignal): Promise<never> => {
      if (from > 0) throw new SegmentryError('the compute process died', 'infrastructure');
      await once(signal!, 'abort');
      ends.push('the first share was ended');
      throw new JobStopped();
    };
    const deps = { store: stages.store, compute: { ...compute, writeLayout }, threads: 2 };
    const job = { snapshot: '', codes: '', by: { column: 's0' }, segments: 1, features: [], title: 'iris' };
    const work = (): Promise<unknown> => whileBeating((signal) => layOut(deps, { ...job, rows: 1_000_000 }, signal));
    await expect(new MockActivityEnvironment({}, { logger: QUIET }).run(work)).rejects.toThrow(
      'the compute process died',
    );
    expect(ends).toEqual(['the first share was ended']);
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
