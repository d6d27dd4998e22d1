import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readColumnFile } from '../../adapters/column-file.js';
import { BATCH_ROWS, type InferJob } from '../../adapters/onnx/infer-rows.js';
import { readSignature } from '../../adapters/onnx/signature.js';
import { SegmentryError } from '../../domain/errors.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { newComputePool } from '../compute-processes.js';
import { ROWS, modelPath, signatureOf } from '../golden-models.js';
import { newFolder } from '../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../snapshot.js';
import { until } from './dev-server-commands.js';

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
  return { task: 'binary', source: { snapshot: many.path }, from: 0, to: rows, models: [model] };
}

/** A job of many batches, each of which takes a while: hundreds of trees over all flights. */
async function longInference(name: string, { path: snapshot, rows: to } = flights): Promise<InferJob> {
  const path = `${DEMO}/registry/late-flight/2/model.onnx`;
  const signature = readSignature(
    'late-flight',
    await compute.inspectModel({ path, title: 'late-flight' }),
    null,
    null,
  );
  const names = { classes: null, positive: null };
  const model = { title: 'late-flight', sha256: 'late-flight', path, signature, names, output: join(folder, name) };
  return { task: 'binary', source: { snapshot }, from: 0, to, models: [model] };
}

/** Process ids of the compute processes of this test, or of a process that it started. */
async function children(of: number = process.pid): Promise<readonly number[]> {
  const { stdout } = await execa('ps', ['-o', 'pid=,args=', '--ppid', String(of)], { reject: false });
  return stdout.split('\n').flatMap((line) => (line.includes('compute-process') ? [Number.parseInt(line, 10)] : []));
}

/** Of a core, since the process began. */
async function busySeconds(pid: number): Promise<number> {
  const { stdout } = await execa('ps', ['-o', 'cputimes=', '-p', String(pid)], { reject: false });
  return Number(stdout);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function killNewest(before: ReadonlySet<number>): Promise<void> {
  const found = await children();
  // The pool reuses an idle process: then there is no new one, and the only one is at work.
  const [pid = found[0]] = found.filter((child) => !before.has(child));
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

describe('a compute process', () => {
  it('does the jobs of the stages', async () => {
    const { rows, batchMilliseconds } = await compute.inferRows(await inference('some.arrow', 40_000));
    expect(rows).toBe(40_000);
    expect(batchMilliseconds).toHaveLength(Math.ceil(40_000 / BATCH_ROWS));
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
    const job = { parts: [join(folder, 'nowhere.arrow')], rows: 1, output: join(folder, 'collected.arrow') };
    await expect(compute.collectPredictions(job)).rejects.toThrow(/ENOENT/);
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

  it('gives up a job that waits for a process at once', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const running = compute.inferRows(await longInference('running.arrow'), first.signal);
    const waiting = compute.inferRows(await inference('waiting.arrow', 150), second.signal);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    first.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('takes nothing with it when it dies, says how, and another takes its place', async () => {
    const before = new Set(await children());
    const job = compute.inferRows(await longInference('killed.arrow'));
    const ended = expect(job).rejects.toMatchObject({
      kind: 'infrastructure',
      message: 'the compute process died in inferRows (SIGKILL)',
    });
    setTimeout(() => void killNewest(before), 300);
    await ended;
    expect((await compute.inferRows(await inference('after-death.arrow', 150))).rows).toBe(150);
  });

  it('is replaced too when it dies in the moment in which its job is given up', async () => {
    const pool = newComputePool(1);
    try {
      const before = new Set(await children());
      await pool.inferRows(await inference('beginning.arrow', 150));
      const [pid] = (await children()).filter((child) => !before.has(child));
      const controller = new AbortController();
      const job = pool.inferRows(await longInference('both.arrow'), controller.signal);
      const ended = expect(job).rejects.toMatchObject({ name: 'AbortError' });
      await delay(200);
      process.kill(pid!, 'SIGKILL');
      controller.abort();
      await ended;
      // Longer than the pool waits before it takes a process for one that has to be killed.
      await delay(500);
      expect((await pool.inferRows(await inference('after-both.arrow', 150))).rows).toBe(150);
    } finally {
      await pool.close();
    }
  });

  it('is not waited for when it has died without a job', async () => {
    const pool = newComputePool(1);
    const before = new Set(await children());
    await pool.inferRows(await inference('before-idle.arrow', 150));
    const [pid] = (await children()).filter((child) => !before.has(child));
    process.kill(pid!, 'SIGKILL');
    await until('it is gone', async () => !(await children()).includes(pid!));
    await pool.close();
  });

  it('takes no job with it that waits for a process', async () => {
    const pool = newComputePool(1);
    try {
      const before = new Set(await children());
      const doomed = expect(pool.inferRows(await longInference('doomed.arrow'))).rejects.toThrow('died in inferRows');
      // Nobody asks for anything more after these.
      const waiting = [
        pool.inferRows(await inference('waits.arrow', 150)),
        pool.inferRows(await inference('too.arrow', 150)),
      ];
      setTimeout(() => void killNewest(before), 300);
      await doomed;
      for (const job of waiting) expect((await job).rows).toBe(150);
    } finally {
      await pool.close();
    }
  });

  it('is started for an urgent job while all others are busy, and ends when no more of them come', async () => {
    const pool = newComputePool(1);
    const controller = new AbortController();
    try {
      const before = new Set(await children());
      const added = async (): Promise<number> => (await children()).filter((pid) => !before.has(pid)).length;
      // More than a second on whatever machine: that is how long urgent jobs wait for an ordinary process.
      const endless = await newSnapshot(folder, `SELECT * FROM read_parquet('${DEMO}/flights.parquet'), range(20)`);
      const long = pool.inferRows(await longInference('long.arrow', endless), controller.signal);
      const given = expect(long).rejects.toMatchObject({ name: 'AbortError' });
      const behind = pool.inferRows(await inference('behind.arrow', 150));
      const inspected = await pool.inspectModel({ path: modelPath('mlp'), title: 'mlp' });
      expect(inspected).toMatchObject({ inputs: [{ name: 'input' }] });
      expect((await pool.proveModel(await inference('proof.arrow', 64))).rows).toBe(64);
      expect(await added()).toBe(2);
      controller.abort();
      await given;
      expect((await behind).rows).toBe(150);
      await until('only the ordinary one is left', async () => (await added()) === 1);
    } finally {
      await pool.close();
    }
  });

  it('that is idle does urgent jobs too, without one more', async () => {
    const pool = newComputePool(1);
    try {
      const before = new Set(await children());
      const models = ['mlp', 'matrix-float', 'multiclass'];
      await Promise.all(models.map((title) => pool.inspectModel({ path: modelPath(title), title })));
      expect((await children()).filter((pid) => !before.has(pid))).toHaveLength(1);
    } finally {
      await pool.close();
    }
  });

  it.runIf(process.platform === 'linux')('knows no secret of the worker', async () => {
    process.env['PLANTED_SECRET'] = 'hunter2';
    const pool = newComputePool();
    try {
      const before = new Set(await children());
      await pool.inspectModel({ path: modelPath('mlp'), title: 'mlp' });
      const [pid] = (await children()).filter((child) => !before.has(child));
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('hunter2');
    } finally {
      delete process.env['PLANTED_SECRET'];
      await pool.close();
    }
  });

  it('ends with a worker that is killed, in the middle of a query', async () => {
    const { path } = await newSnapshot(folder, 'SELECT range AS x, range AS y FROM range(10)');
    const script = fileURLToPath(new URL('endless-job.mjs', import.meta.url));
    const worker = execa(process.execPath, [script, path, join(folder, 'endless')], { reject: false });
    let pid: number | undefined;
    try {
      await until('it is at work', async () => {
        [pid] = await children(worker.pid);
        return pid !== undefined && (await busySeconds(pid)) >= 2;
      });
    } finally {
      worker.kill('SIGKILL');
      await worker;
    }
    try {
      await until('it is gone', () => Promise.resolve(!isThere(pid!)));
    } finally {
      if (isThere(pid!)) process.kill(pid!, 'SIGKILL');
    }
  });

  it.skipIf(process.platform === 'win32')(
    'tells nobody about the models that it loads, and keeps no identifier for it',
    async () => {
      const home = await newFolder();
      vi.stubEnv('HOME', home);
      const pool = newComputePool();
      try {
        await pool.inspectModel({ path: modelPath('mlp'), title: 'mlp' });
        expect(await readdir(home, { recursive: true })).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
        await pool.close();
      }
    },
  );

  it('ends with the pool', async () => {
    const pool = newComputePool(2);
    const job = pool.inferRows(await longInference('closed.arrow'));
    const ended = expect(job).rejects.toThrow();
    await pool.close();
    await ended;
  });
});
