import { copyFile, readdir } from 'node:fs/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferredTask, PinnedRun, SegmentedData, TaskPlan } from '../../activities/contract.js';
import { MAX_FAILURES } from '../../activities/infer-task.js';
import { readColumnFile, readColumnNotes } from '../../adapters/column-file.js';
import type { ArtifactRef } from '../../domain/artifact.js';
import type { InferTask } from '../../domain/plan.js';
import type { SegmentResult } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { CRASHES, DEADLY, REFUSED, parcels, poisonModel } from '../poisoned.js';
import { newFile } from '../snapshot.js';
import { Stages } from './stages.js';

// Real models that end or refuse real processes.
const QUIET = new DefaultLogger('ERROR');
const DIED = 'parcel version 2 ended its process on them (SIGFPE)';

let compute: ComputePool;

beforeAll(() => {
  compute = newComputePool();
});
afterAll(() => compute.close());

interface Prepared {
  readonly stages: Stages;
  readonly run: PinnedRun;
  readonly segmented: SegmentedData;
  readonly plan: TaskPlan & { readonly tasks: readonly InferTask[] };
}

async function prepare(
  query: string,
  candidate: 'crash' | 'sound' = 'crash',
  segments = '{ minRows: 1, by: [{ columns: [region] }] }',
): Promise<Prepared> {
  const stages = await Stages.open(compute);
  await copyFile(await newFile(stages.folder, query), stages.path('parcels.parquet'));
  for (const [version, model] of [
    ['1', 'sound'],
    ['2', candidate],
  ] as const) {
    const metadata = { task: 'binary' } as const;
    await stages.registry.addVersion('parcel', poisonModel(model), { version, actor: 'test', metadata });
  }
  const run = await stages.pin({
    data: '{ source: parcels.parquet, id: id, label: late }',
    model: '{ task: binary, name: parcel, candidate: "2", baseline: "1" }',
    segments,
    metrics: '[accuracy, auc]',
    checks: '[{ metric: auc, maxDrop: 0.02, onInconclusive: { overall: pass, segments: pass } }]',
  });
  const segmented = await stages.run('segment', run);
  const plan = await stages.run('planInference', run, segmented);
  return { stages, run, segmented, plan: { ...plan, tables: segmented.tables } };
}

function attempt(number: number, { stages, run, plan }: Prepared, task = plan.tasks[0]!): Promise<InferredTask> {
  const environment = new MockActivityEnvironment({ attempt: number }, { logger: QUIET });
  const { known, layout, tables } = plan;
  return environment.run(stages.activities.infer, run, { known, layout, ...(tables && { tables }) }, task);
}

async function measured({ stages, run, segmented, plan }: Prepared, tasks: readonly InferredTask[]) {
  const predictions = await stages.run('collectPredictions', run, plan, tasks);
  const measures = [];
  for (const index of run.segmentations.keys())
    measures.push(await stages.run('measure', run, segmented, predictions, index));
  const segments: SegmentResult[] = [];
  for (const { segments: ref } of measures) segments.push(...(await stages.store.readJson<SegmentResult[]>(ref)));
  return { predictions, measures, segments };
}

const columnsOf = async ({ stages }: Prepared, ref: ArtifactRef | null) =>
  readColumnFile(await stages.store.localPath(ref!));

/** Tiny segments that one task packs: "s000" to "s299", 20 rows each. */
function tiny(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, place) => [`s${String(place).padStart(3, '0')}`, 20]));
}

describe.runIf(CRASHES)('rows that end the process of their model', { timeout: 300_000 }, () => {
  it('are tried again before anything is concluded from it', async () => {
    const prepared = await prepare(parcels({ east: 300, west: 300 }, { west: DEADLY }));
    for (const number of [1, 2]) {
      await expect(attempt(number, prepared)).rejects.toMatchObject({
        type: 'InfrastructureError',
        nonRetryable: false,
        message: expect.stringContaining('SIGFPE') as string,
      });
    }
  });

  it('are left out by segment and by model at the third attempt, and the others get what they always get', async () => {
    const prepared = await prepare(parcels({ east: 300, north: 250, south: 400, west: 200 }, { south: DEADLY }));
    expect(prepared.plan.tasks).toHaveLength(1);
    const inferred = await attempt(3, prepared);
    const reason = DIED;
    expect(inferred.broken).toEqual([{ segment: 'south', rows: 400, role: 'candidate', reason }]);

    const sound = await columnsOf(prepared, inferred.baseline);
    const broken = await columnsOf(prepared, inferred.candidate);
    const scores = new Map(Array.from(sound['row']!, (row, index) => [row, sound['score']![index]!]));
    Array.from(broken['row']!).forEach((row, index) => {
      if (broken['unpredicted']![index] === 0) expect(broken['score']![index]).toBe(scores.get(row));
      else expect(broken['score']![index]).toBeNaN();
    });
    expect(Array.from(broken['unpredicted']!).filter((number) => number === 1)).toHaveLength(400);
    expect(readColumnNotes(await prepared.stages.store.localPath(inferred.candidate!))).toEqual([reason]);
    expect(sound['unpredicted']).toBeUndefined();
    // The pieces that were inferred one by one are in the task's files by now.
    expect(await readdir(prepared.stages.path('artifacts/tmp'))).toEqual([]);
  });

  it('leave their segment and all rows together undefined, the other segments judged, and nothing passes', async () => {
    const prepared = await prepare(parcels({ east: 300, north: 250, south: 400, west: 200 }, { south: DEADLY }));
    const { stages, run } = prepared;
    const { measures, segments, predictions } = await measured(prepared, [await attempt(3, prepared)]);
    const reason = `have no prediction: ${DIED}`;
    expect(predictions.unpredicted).toMatchObject([{ role: 'candidate', rows: 400 }]);
    const auc = Object.fromEntries(segments.map(({ segment, metrics }) => [segment, metrics.auc]));
    expect(auc['south']).toMatchObject({
      candidate: { undefined: `400 of 400 rows ${reason}` },
      baseline: { n: 400 },
      difference: { undefined: `400 of 400 rows ${reason}` },
    });
    expect(auc['overall']).toMatchObject({ candidate: { undefined: `400 of 1,150 rows ${reason}` } });
    for (const healthy of ['east', 'north', 'west'])
      expect(auc[healthy]).toMatchObject({ difference: { value: 0, low: 0, high: 0 } });
    expect(segments.map(({ segment, unpredicted }) => [segment, unpredicted?.candidate ?? 0])).toEqual([
      ['overall', 400],
      ['east', 0],
      ['north', 0],
      ['south', 400],
      ['west', 0],
    ]);
    // The pipeline lets pass what cannot be settled; rows that nobody could judge are no such thing.
    const decided = await stages.run('decide', run, measures);
    expect(decided.verdict).toBe('INCONCLUSIVE');

    // Predictions with gaps are nobody else's: another run infers the candidate again.
    const again = await stages.run('planInference', run, prepared.segmented);
    expect(again.known).toMatchObject({ candidate: null, baseline: { sha256: predictions.baseline?.sha256 } });
  });

  it('are found among many segments of one task in few deaths', async () => {
    const prepared = await prepare(parcels(tiny(300), { s217: DEADLY, s101: DEADLY }));
    expect(prepared.plan.tasks).toHaveLength(1);
    const { broken, candidate } = await attempt(3, prepared);
    expect(broken?.map(({ segment, rows }) => [segment, rows])).toEqual([
      ['s101', 20],
      ['s217', 20],
    ]);
    expect((await columnsOf(prepared, candidate))['row']).toHaveLength(6_000);
  });

  it('cost a task a limited number of processes, and what is left then is left out too', async () => {
    const prepared = await prepare(
      parcels(tiny(90), Object.fromEntries(Object.keys(tiny(90)).map((s) => [s, DEADLY]))),
    );
    const inferred = await attempt(3, prepared);
    const { unpredicted, score } = await columnsOf(prepared, inferred.candidate);
    expect(score).toBeUndefined();
    expect(unpredicted!.every((number) => number > 0)).toBe(true);
    expect(readColumnNotes(await prepared.stages.store.localPath(inferred.candidate!))).toEqual([
      'parcel version 2 ended its process on them (SIGFPE)',
      `parcel version 2 was not tried on them: ${MAX_FAILURES} trials had failed in their task`,
    ]);
    // Nothing is left of the candidate: that is no verdict on any segment, the run cannot be completed.
    await expect(measured(prepared, [inferred])).rejects.toMatchObject({
      type: 'DataError',
      message:
        'none of the 1800 rows has a prediction of the candidate: parcel version 2 ended its process on them (SIGFPE)',
    });
  });

  it('stop being looked for when the run is cancelled', async () => {
    const prepared = await prepare(
      parcels(tiny(90), Object.fromEntries(Object.keys(tiny(90)).map((s) => [s, DEADLY]))),
    );
    const environment = new MockActivityEnvironment({ attempt: 3 }, { logger: QUIET });
    const { plan, stages, run } = prepared;
    const running = environment.run(stages.activities.infer, run, plan, plan.tasks[0]!);
    setTimeout(() => environment.cancel(), 1_000);
    await expect(running).rejects.toThrow(/CANCELLED/i);
  });
});

describe('rows that ONNX Runtime refuses', { timeout: 60_000 }, () => {
  it('are left out at once: it always refuses them', async () => {
    const prepared = await prepare(parcels({ east: 300, south: 400, west: 200 }, { south: REFUSED }));
    const inferred = await attempt(1, prepared);
    expect(inferred.broken).toMatchObject([
      {
        segment: 'south',
        rows: 400,
        role: 'candidate',
        reason: expect.stringMatching(
          /^parcel version 2: ONNX Runtime failed on a batch: .*division by zero/,
        ) as string,
      },
    ]);
    const { segments } = await measured(prepared, [inferred]);
    expect(segments.filter(({ unpredicted }) => unpredicted !== undefined).map(({ segment }) => segment)).toEqual([
      'overall',
      'south',
    ]);
  });

  it('end the run when they are all', async () => {
    const prepared = await prepare(parcels({ east: 300, west: 200 }, { east: REFUSED, west: REFUSED }));
    await expect(measured(prepared, [await attempt(1, prepared)])).rejects.toMatchObject({
      type: 'DataError',
      nonRetryable: true,
      message: expect.stringMatching(
        /^none of the 500 rows has a prediction of the candidate: parcel version 2: /,
      ) as string,
    });
  });

  it('are found without a partition too, where tasks are ranges of rows', async () => {
    const query = parcels({ east: 4_000, south: 100, west: 4_000 }, { south: REFUSED });
    const prepared = await prepare(
      query,
      'crash',
      '{ minRows: 1, by: [{ name: from the east, where: "region = \'east\'" }] }',
    );
    const { segments } = await measured(prepared, [await attempt(1, prepared)]);
    const [overall, east] = segments;
    expect(overall?.unpredicted?.candidate).toBeLessThanOrEqual(2_000);
    expect(east).toMatchObject({ segment: 'from the east', rows: 4_000 });
    expect(east?.metrics.auc?.difference).toMatchObject({ value: 0 });
  });
});
