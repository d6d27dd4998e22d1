import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../adapters/duckdb/database.js';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import type { Result } from '../../domain/result.js';
import { CRASHES, DEADLY, parcels, poisonModel } from '../poisoned.js';
import { type Cluster, Sandbox, resultOf, treeOf } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const ROWS = { north: 12_000, east: 12_000, south: 12_000, west: 12_000 };

const PIPELINE = `pipeline: parcels
data: { source: parcels.parquet, id: id, label: late }
model: { task: binary, registry: registry, name: parcel, candidate: "2", baseline: "1" }
segments: { by: [{ columns: [region] }] }
metrics: [accuracy, auc]
checks:
  - { metric: auc, versus: baseline, maxDrop: 0.02 }
`;

/** Parcels whose southern ones end the process of version 2, wherever it runs. */
async function poisonedProject(): Promise<string> {
  const folder = await sandbox.folder();
  await Database.with(Database.open({ threads: 1 }), (database) =>
    database.run(`COPY (${parcels(ROWS, { south: DEADLY })}) TO '${join(folder, 'parcels.parquet')}' (FORMAT parquet)`),
  );
  const registry = createRegistry(join(folder, 'registry'));
  for (const [version, model] of [
    ['1', 'sound'],
    ['2', 'crash'],
  ] as const) {
    await registry.addVersion('parcel', poisonModel(model), { version, actor: 'test', metadata: { task: 'binary' } });
  }
  await writeFile(join(folder, 'pipeline.yaml'), PIPELINE);
  return folder;
}

function outcomes({ checks }: Result): Record<string, string> {
  return Object.fromEntries(checks.map(({ segment, outcome }) => [segment, outcome]));
}

describe.runIf(CRASHES)('a model that ends the process that loads it', { timeout: 60_000 }, () => {
  let folder: string;
  let pipeline: string;

  beforeAll(async () => {
    folder = await poisonedProject();
    pipeline = join(folder, 'pipeline.yaml');
    await createRegistry(join(folder, 'registry')).addVersion('parcel', poisonModel('at_load'), {
      version: '3',
      actor: 'test',
      metadata: { task: 'binary' },
    });
  });

  it('is told by run after two processes, and not after all the attempts that a dead machine gets', async () => {
    const cluster = await sandbox.cluster();
    const group = await cluster.group();
    const worker = await group.startWorker('--threads', '1');
    const before = await treeOf(join(folder, 'registry'));
    const { code, stdout, stderr } = await sandbox.run(['run', pipeline, '--candidate', '3'], { env: group.env });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /parcel version 3: the process that loaded .*model\.onnx died \(SIGFPE\), 2 times of 2; is it/,
    );
    expect(worker.hasEnded()).toBe(false);
    expect(await treeOf(join(folder, 'registry'))).toEqual(before);
    const attempts: number[] = [];
    for await (const { workflowId } of cluster.client.workflow.list()) {
      const { events } = await cluster.client.workflow.getHandle(workflowId).fetchHistory();
      for (const { activityTaskStartedEventAttributes: started } of events ?? [])
        if (started?.attempt != null) attempts.push(started.attempt);
    }
    expect(attempts).toEqual([1]);
  });

  it('is told by check, which does not end with it', async () => {
    const { code, stdout, stderr } = await sandbox.run(['check', pipeline, '--candidate', '3']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^error: parcel version 3: the process that loaded .*model\.onnx died \(SIGFPE\), 2 times of 2; is it/,
    );
    // The others are as they were: crash.onnx dies of rows, which check does not feed it.
    expect((await sandbox.run(['check', pipeline])).code).toBe(0);
  });
});

describe.runIf(CRASHES)('a segment that ends the process of a model', { timeout: 240_000 }, () => {
  let cluster: Cluster;
  let folder: string;

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    folder = await poisonedProject();
  });

  it('is undefined with the reason, while the others are judged, and no worker dies of it', async () => {
    const group = await cluster.group();
    const workers = [await group.startWorker('--threads', '1'), await group.startWorker('--threads', '1')];
    const finished = await sandbox.run(['run', join(folder, 'pipeline.yaml'), '--json', '-'], { env: group.env });
    const result = resultOf(finished);
    expect(outcomes(result)).toEqual({
      overall: 'undefined',
      east: 'pass',
      north: 'pass',
      south: 'undefined',
      west: 'pass',
    });
    // A model that cannot be asked about some rows is not approved.
    expect(result.verdict).toBe('INCONCLUSIVE');
    expect(finished.code).toBe(4);
    const south = result.segments.find(({ segment }) => segment === 'south');
    expect(south?.unpredicted).toMatchObject({ candidate: ROWS.south, baseline: 0 });
    expect(JSON.stringify(south?.metrics.auc?.candidate)).toContain('ended its process');
    expect(finished.stderr).not.toMatch(/^ {4}at /m);
    expect(workers.map((worker) => worker.hasEnded())).toEqual([false, false]);
  });

  it('gives the same result in one command with its own worker', async () => {
    const alone = await sandbox.run(['run', 'pipeline.yaml', '--json', '-'], { cwd: folder });
    const result = resultOf(alone);
    expect(alone.code).toBe(4);
    expect(outcomes(result)).toMatchObject({ south: 'undefined', north: 'pass' });
  });
});
