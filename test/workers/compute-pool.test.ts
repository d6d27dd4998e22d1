import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumnFile } from '../../adapters/column-file.js';
import { ROW_COLUMN } from '../../adapters/duckdb/database.js';
import type { InferJob } from '../../adapters/onnx/infer-rows.js';
import { readSignature } from '../../adapters/onnx/signature.js';
import { SegmentryError } from '../../domain/errors.js';
import { type ComputePool, createComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-threads.js';
import { ROWS, modelPath, signatureOf } from '../golden-models.js';
import { newFolder } from '../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../snapshot.js';

const DEMO = fileURLToPath(new URL('../../examples/flight-delays', import.meta.url));

let compute: ComputePool;
let folder: string;
let flights: Snapshot;
let many: Snapshot;

beforeAll(async () => {
  compute = newComputePool();
  folder = await newFolder(afterAll);
  many = await newSnapshot(folder, `SELECT * FROM read_parquet('${ROWS}'), range(270)`);
  flights = await newSnapshot(folder, `SELECT * FROM read_parquet('${DEMO}/flights.parquet')`);
});
afterAll(() => compute.close());

async function inference(name: string, rows: number): Promise<InferJob> {
  const model = {
    title: 'iris version 1',
    sha256: 'matrix-float',
    path: modelPath('matrix-float'),
    signature: await signatureOf('matrix-float'),
    names: { classes: null, positive: null },
    output: join(folder, name),
  };
  return { task: 'binary', parquet: many.path, positionColumn: ROW_COLUMN, from: 0, to: rows, models: [model] };
}

/** A job of many batches, each of which takes a while: hundreds of trees over all flights. */
async function longInference(name: string): Promise<InferJob> {
  const path = `${DEMO}/registry/late-flight/2/model.onnx`;
  const signature = readSignature(
    'late-flight',
    await compute.inspectModel({ path, title: 'late-flight' }),
    null,
    null,
  );
  const names = { classes: null, positive: null };
  const model = { title: 'late-flight', sha256: 'late-flight', path, signature, names, output: join(folder, name) };
  const { path: parquet, rows: to } = flights;
  return { task: 'binary', parquet, positionColumn: ROW_COLUMN, from: 0, to, models: [model] };
}

describe('a compute thread', () => {
  it('does the jobs of the stages', async () => {
    const { rows, batchMilliseconds } = await compute.inferRows(await inference('some.arrow', 40_000));
    expect(rows).toBe(40_000);
    expect(batchMilliseconds).toHaveLength(3);
    expect(readColumnFile(join(folder, 'some.arrow'))['score']).toHaveLength(40_000);
    expect(await compute.inspectModel({ path: modelPath('mlp'), title: 'mlp' })).toMatchObject({
      inputs: [{ name: 'input', type: 'float32' }],
    });
  });

  it('explains an error as the job did, with its kind', async () => {
    const error: unknown = await compute
      .inspectModel({ path: modelPath('corrupt'), title: 'iris version 4' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SegmentryError);
    expect(error).toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^iris version 4: ONNX Runtime cannot load its file/) as string,
    });
  });

  it('passes on an error that nobody explained', async () => {
    const job = await inference('some.arrow', 150);
    await expect(compute.inferRows(job)).rejects.toThrow(/EEXIST/);
  });

  it('stops in the middle of a job that is no longer wanted, and another takes its place', async () => {
    const controller = new AbortController();
    const job = compute.inferRows(await longInference('stopped.arrow'), controller.signal);
    // Long enough to be at work in ONNX Runtime, not long enough to be done.
    setTimeout(() => controller.abort(), 100);
    await expect(job).rejects.toMatchObject({ name: 'AbortError' });
    expect((await compute.inferRows(await inference('after.arrow', 150))).rows).toBe(150);
    expect(() => readColumnFile(join(folder, 'stopped.arrow'))).toThrow(/ENOENT/);
  });

  it('never begins a job that was not wanted before it began', async () => {
    const job = compute.inferRows(await inference('never.arrow', 150), AbortSignal.abort());
    await expect(job).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('gives up a job that waits for a thread at once', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const running = compute.inferRows(await longInference('running.arrow'), first.signal);
    const waiting = compute.inferRows(await inference('waiting.arrow', 150), second.signal);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    first.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('ends with the pool', async () => {
    const pool = createComputePool({
      threads: 2,
      threadFile: new URL('../../dist/workers/compute-thread.js', import.meta.url),
    });
    const job = pool.inferRows(await longInference('closed.arrow'));
    const ended = expect(job).rejects.toThrow();
    await pool.close();
    await ended;
  });
});
