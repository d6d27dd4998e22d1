import { copyFile, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { modelPath } from '../golden-models.js';
import { type PipelineParts, pipelineText } from '../pipeline-text.js';
import { queryRows } from '../snapshot.js';
import { PARTS, Stages } from './stages.js';

/** Its statistics say that nothing is larger than 3. */
const NAN = fileURLToPath(new URL('../golden/parquet/nan.parquet', import.meta.url));

/** A pipeline over it. @param more of its data */
const ofNan = (more: string): PipelineParts => ({
  data: `{ source: flowers.parquet, label: y${more} }`,
  model: '{ task: regression, candidate: { column: x } }',
  segments: '{ minRows: 1 }',
  metrics: '[mae]',
  checks: '[{ metric: mae, max: 1 }]',
});

let compute: ComputePool;
beforeAll(() => {
  compute = newComputePool();
});
afterAll(() => compute.close());

const runOf = async (stages: Stages, ...request: Parameters<Stages['resolve']>): Promise<string> =>
  (await stages.resolve(...request)).run;

describe('the same evaluation', () => {
  it('is the same run on the same snapshot, however often it is asked for', async () => {
    const stages = await Stages.open(compute);
    const [first, second] = [await stages.pin(), await stages.pin()];
    expect(second).toEqual(first);
    expect(first.run).toMatch(/^iris\.2\.[0-9a-f]{12}$/);
    expect(first.rows).toBe(150);
    expect(first.segmentations).toEqual(['overall', 'soil']);
  });

  it('has the same snapshot on another machine, with another number of threads', async () => {
    const digests = [];
    for (const threads of [1, 2]) {
      const stages = await Stages.open(compute, threads);
      await stages.writeData('SELECT *', ', range(2000) ORDER BY range, flower_id');
      digests.push((await stages.context(await stages.pin())).snapshot.sha256);
    }
    expect(digests[1]).toBe(digests[0]);
  });

  it('does not depend on comments, on the order of keys or on how a version is called', async () => {
    const stages = await Stages.open(compute);
    const run = await runOf(stages);
    const lines = pipelineText(PARTS).split('\n').reverse().join('\n');
    expect(await runOf(stages, {}, { text: `# Another way to say it.\n${lines}` })).toBe(run);
    await stages.serve('1');
    await stages.serve('2');
    const aliases = { model: '{ task: binary, name: iris, candidate: "@serving", baseline: "@previous" }' };
    const byAlias = await runOf(stages, aliases);
    expect(await runOf(stages, aliases, { candidate: '2', baseline: '1' })).toBe(byAlias);
  });

  it.each<[string, (stages: Stages) => Promise<string>]>([
    [
      'data',
      async (stages) => {
        await stages.writeData('SELECT *', 'WHERE flower_id > 1');
        return runOf(stages);
      },
    ],
    [
      'another candidate',
      async (stages) => {
        await stages.addVersion('3', 'single-score');
        return runOf(stages, {}, { candidate: '3' });
      },
    ],
    [
      'another baseline',
      async (stages) => {
        await stages.addVersion('3', 'single-score');
        return runOf(stages, {}, { baseline: '3' });
      },
    ],
    [
      'another threshold',
      (stages) =>
        runOf(stages, { model: '{ task: binary, name: iris, candidate: "2", baseline: "1", threshold: 0.4 }' }),
    ],
    ['a window', (stages) => runOf(stages, {}, { asOf: '2026-01-03' })],
    ['not acting', (stages) => runOf(stages, {}, { act: false })],
  ])('is another one with other: %s', async (_what, change) => {
    const stages = await Stages.open(compute);
    const run = await runOf(stages);
    expect(await change(stages)).not.toBe(run);
  });

  it('says what it evaluates', async () => {
    const stages = await Stages.open(compute);
    expect((await stages.resolve()).title).toBe('iris: version 2 against version 1 on flowers.parquet');
  });
});

describe('the data window', () => {
  let stages: Stages;
  beforeAll(async () => {
    stages = await Stages.open(compute, 1, afterAll);
  });

  const pinned = async (time: string, asOf: string, window = ', window: 1 day') =>
    stages.pin({ data: `{ source: flowers.parquet, label: is_virginica, time: ${time}${window} }` }, { asOf });
  const moments = async (run: Awaited<ReturnType<Stages['pin']>>): Promise<string[]> => {
    const path = await stages.store.localPath((await stages.context(run)).snapshot);
    const rows = await queryRows(`SELECT DISTINCT CAST(moment AS VARCHAR) FROM read_parquet('${path}') ORDER BY 1`);
    return rows.map(([moment]) => String(moment));
  };

  it.each([
    // Every flower has a day at 00:00, and a moment and an instant at 06:00 UTC of that day.
    ['day', '2026-01-02', ['2026-01-01 06:00:00']],
    ['day', '2026-01-02T00:00:00.001Z', ['2026-01-02 06:00:00']],
    ['moment', '2026-01-02T06:00:00Z', ['2026-01-01 06:00:00']],
    ['moment', '2026-01-02T06:00:00.001Z', ['2026-01-02 06:00:00']],
    ['instant', '2026-01-02T06:00:00Z', ['2026-01-01 06:00:00']],
    ['instant', '2026-01-02T06:00:00.001Z', ['2026-01-02 06:00:00']],
    ['instant', '2026-01-02T11:30:00.001+05:30', ['2026-01-02 06:00:00']],
  ])('of %s until %s holds the rows from its first to before its last moment', async (time, asOf, expected) => {
    expect(await moments(await pinned(time, asOf))).toEqual(expected);
  });

  it('is everything before the time where it has no length', async () => {
    const run = await pinned('moment', '2026-01-03', '');
    expect(await moments(run)).toEqual(['2026-01-01 06:00:00', '2026-01-02 06:00:00']);
    expect((await stages.context(run)).manifest.data.window).toEqual({ from: null, until: '2026-01-03T00:00:00.000Z' });
  });

  it('is in the manifest', async () => {
    const { manifest } = await stages.context(await pinned('moment', '2026-03-01', ', window: 1 month'));
    expect(manifest.data.window).toEqual({ from: '2026-02-01T00:00:00.000Z', until: '2026-03-01T00:00:00.000Z' });
  });

  it('is in UTC wherever the worker runs', async () => {
    const { TZ } = process.env;
    process.env['TZ'] = 'America/New_York';
    try {
      const { manifest } = await stages.context(await pinned('moment', '2026-01-02T06:00:00'));
      expect(manifest.data.window?.until).toBe('2026-01-02T06:00:00.000Z');
    } finally {
      process.env['TZ'] = TZ ?? 'UTC';
    }
  });

  it.each(['1', 'yesterday', '2026-02-30', '2026-13-01', '2026-01-02T25:00', ''])(
    'does not end at "%s"',
    async (asOf) => {
      await expect(pinned('moment', asOf)).rejects.toMatchObject({
        type: 'UsageError',
        nonRetryable: true,
        message: `--as-of ${asOf} is not a time; write it like 2026-01-31 or 2026-01-31T06:00:00Z`,
      });
    },
  );

  it('has to end somewhere: a request that does not say where is refused', async () => {
    const data = '{ source: flowers.parquet, label: is_virginica, time: day, window: 2 days }';
    await expect(stages.pin({ data })).rejects.toMatchObject({
      type: 'UsageError',
      nonRetryable: true,
      message: expect.stringMatching(/data\.window is "2 days".* --as-of 2026-01-31/) as string,
    });
  });

  it('wants a time column', async () => {
    const data = '{ source: flowers.parquet, label: is_virginica }';
    await expect(stages.pin({ data }, { asOf: '2026-01-02' })).rejects.toMatchObject({
      type: 'UsageError',
      message: '--as-of wants a time column: name it under data.time in the pipeline file',
    });
  });
});

describe('the snapshot', () => {
  it('is refused when the source changes while it is copied', async () => {
    const stages = await Stages.open(compute);
    const evaluation = await stages.resolve();
    await stages.writeData('SELECT *', 'WHERE flower_id > 1');
    await expect(stages.run('pin', evaluation)).rejects.toMatchObject({
      type: 'DataError',
      nonRetryable: true,
      message: 'data.source: flowers.parquet changed while it was being copied; start the run again',
    });
  });

  it('is the source itself, where that is one Parquet file and all of its rows are wanted', async () => {
    const stages = await Stages.open(compute);
    await copyFile(NAN, stages.path('flowers.parquet'));
    const { snapshot, manifest } = await stages.context(await stages.pin(ofNan('')));
    expect(await readFile(await stages.store.localPath(snapshot))).toEqual(await readFile(NAN));
    expect(manifest.data.columns.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('keeps rows with NaN that the filter lets through, whatever the file says of its largest number', async () => {
    const stages = await Stages.open(compute);
    await copyFile(NAN, stages.path('flowers.parquet'));
    expect((await stages.pin(ofNan(', where: "x > 5"'))).rows).toBe(1);
  });

  it('holds the rows that the filter lets through, numbered from 0', async () => {
    const stages = await Stages.open(compute);
    const data = '{ source: flowers.parquet, label: is_virginica, where: "leaves > 4 -- large" }';
    const run = await stages.pin({ data });
    const path = await stages.store.localPath((await stages.context(run)).snapshot);
    const [row] = await queryRows(
      `SELECT count(*), min(segmentry_row), max(segmentry_row), min(leaves), count(DISTINCT segmentry_row) FROM read_parquet('${path}')`,
    );
    expect(row?.map(Number)).toEqual([run.rows, 0, run.rows - 1, 5, run.rows]);
    expect(run.rows).toBeLessThan(150);
  });

  it('holds what was there, after the model in the registry and the source are gone', async () => {
    const stages = await Stages.open(compute);
    const evaluation = await stages.resolve();
    await stages.run('pin', evaluation);
    await copyFile(modelPath('corrupt'), stages.path('flowers.parquet'));
    expect((await stages.run('pin', evaluation)).rows).toBe(150);
  });
});

describe('predictions', () => {
  it('are remembered: a run with other segments and another threshold infers nothing', async () => {
    const stages = await Stages.open(compute);
    const first = await stages.evaluate();
    expect(first.plan.tasks.map(({ name }) => name)).toEqual(['soil: clay, loam and 1 more']);
    const second = await stages.evaluate({
      model: '{ task: binary, name: iris, candidate: "2", baseline: "1", threshold: 0.4 }',
      segments: '{ minRows: 1, by: [{ columns: [leaves] }, { name: c, clusters: { features: [leaves], k: 2 } }] }',
    });
    expect(second.pinned.run).not.toBe(first.pinned.run);
    expect(second.plan).toMatchObject({ layout: null, tasks: [] });
    expect(second.plan.known.candidate).not.toBeNull();
  });

  it('of a known baseline are not made again for another candidate', async () => {
    const stages = await Stages.open(compute);
    await stages.evaluate();
    await stages.addVersion('3', 'single-score');
    const { plan } = await stages.evaluate({}, { candidate: '3' });
    expect(plan.known).toMatchObject({ candidate: null, baseline: { sha256: expect.any(String) as string } });
    expect(plan.tasks).toHaveLength(1);
  });

  it('may be a column of the data', async () => {
    const stages = await Stages.open(compute);
    await stages.writeData('SELECT *, CAST(is_virginica AS DOUBLE) * 0.8 AS score');
    const staged = await stages.evaluate({
      model: '{ task: binary, candidate: { column: score } }',
      segments: '{ minRows: 1 }',
    });
    expect(staged.plan.tasks).toEqual([]);
    const { result } = await stages.report(staged);
    expect(result.segments[0]?.metrics.auc?.candidate).toMatchObject({ value: 1 });
    expect(result.segments[0]?.metrics.accuracy?.candidate).toMatchObject({ value: 1 });
  });
});
