import { copyFile, truncate } from 'node:fs/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferredTask } from '../../activities/contract.js';
import { createActivities } from '../../activities/index.js';
import { ROW_ORDER, type TaskProgress } from '../../activities/infer-task.js';
import { BATCH_ROWS } from '../../adapters/onnx/infer-rows.js';
import { ProcessDied } from '../../adapters/compute-errors.js';
import { readColumnFile } from '../../adapters/column-file.js';
import type { ArtifactRef } from '../../domain/artifact.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { parcels, poisonModel } from '../poisoned.js';
import { newFile } from '../snapshot.js';
import { Stages } from './stages.js';

const QUIET = new DefaultLogger('ERROR');
const ROWS = 2 * BATCH_ROWS + 5;

/** How long batches took is another time every time. */
const withoutTimes = ({ latency, ...result }: InferredTask): InferredTask => {
  expect(Object.keys(latency!)).not.toEqual([]);
  return result;
};

let compute: ComputePool;

beforeAll(() => {
  compute = newComputePool();
});
afterAll(() => compute.close());

describe('a task that takes longer than a part may', { timeout: 60_000 }, () => {
  it('leaves how far it has come, and the next attempt infers the rest alone, to the same bytes', async () => {
    const stages = await Stages.open(compute);
    const query = parcels({ east: ROWS });
    await copyFile(await newFile(stages.folder, query), stages.path('parcels.parquet'));
    const metadata = { task: 'binary' } as const;
    await stages.registry.addVersion('parcel', poisonModel('sound'), { version: '1', actor: 'test', metadata });
    const run = await stages.pin({
      data: '{ source: parcels.parquet, id: id, label: late }',
      model: '{ task: binary, name: parcel, candidate: "1" }',
      segments: '{ minRows: 1, by: [{ columns: [region] }] }',
      checks: '[{ metric: accuracy, min: 0.1 }]',
    });
    const plan = await stages.run('planInference', run, await stages.run('segment', run));
    const [task] = plan.tasks;
    expect(plan.tasks).toHaveLength(1);

    const inferred: number[] = [];
    const telemetry = { ...stages.deps.telemetry, inferred: (rows: number) => void inferred.push(rows) };
    // Every part is over as soon as it may be: at the first boundary of batches.
    const deps = { ...stages.deps, telemetry, partMs: 0 };
    const attempt = async (details: unknown, diesAfter: number) => {
      inferred.length = 0;
      const left: TaskProgress[] = [];
      let jobs = 0;
      const mortal: ComputePool = {
        ...compute,
        inferRows: (job, signal) =>
          jobs++ < diesAfter ? compute.inferRows(job, signal) : Promise.reject(new ProcessDied('inferRows', 'SIGKILL')),
      };
      const environment = new MockActivityEnvironment({ heartbeatDetails: details }, { logger: QUIET });
      environment.on('heartbeat', (latest: TaskProgress) => left.push(latest));
      const { infer } = createActivities({ ...deps, compute: mortal });
      const result = await environment
        .run(infer, run, plan, task!)
        .then((inferred) => withoutTimes(inferred as InferredTask))
        .catch((error: unknown) => error);
      return { result, left, inferred: [...inferred] };
    };

    const whole = withoutTimes(await stages.run('infer', run, plan, task!));
    const undisturbed = await attempt(undefined, Infinity);
    expect(undisturbed.inferred).toEqual([BATCH_ROWS, BATCH_ROWS, 5]);
    expect(undisturbed.result).toEqual(whole);

    const killed = await attempt(undefined, 2);
    expect(killed.result).toMatchObject({ type: 'InfrastructureError' });
    expect(killed.left.map(({ to }) => to)).toEqual([BATCH_ROWS, 2 * BATCH_ROWS]);
    const next = await attempt(killed.left.at(-1), Infinity);
    expect(next.inferred).toEqual([5]);
    expect(next.result).toEqual(whole);
    expect(readColumnFile(await stages.store.localPath(whole.candidate!))['row']).toHaveLength(ROWS);

    // What an earlier attempt left may be damaged, gone, or no progress at all.
    const damaged = killed.left.at(-1)!;
    const [part] = await stages.store.readJson<readonly { readonly candidate: ArtifactRef }[]>(damaged.parts);
    await truncate(await stages.store.localPath(part!.candidate), 1);
    const gone = { to: BATCH_ROWS, parts: { sha256: '0'.repeat(64), bytes: 2 }, order: ROW_ORDER };
    for (const details of [damaged, gone, 'an older format', null]) {
      const anew = await attempt(details, Infinity);
      expect(anew.inferred).toEqual([BATCH_ROWS, BATCH_ROWS, 5]);
      expect(anew.result).toEqual(whole);
    }
  });
});
