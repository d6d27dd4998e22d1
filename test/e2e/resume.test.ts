import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import type { TaskProgress } from '../../activities/infer-task.js';
import { BATCH_ROWS } from '../../adapters/onnx/infer-rows.js';
import { slowProject } from '../../bench/slow-project.js';
import { type Running, Sandbox, type WorkerGroup, resultOf, runIdIn, until } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const SCRIPT = fileURLToPath(new URL('./worker-with-parts.mjs', import.meta.url));

/** One task of three batches, of some seconds each; a part ends with every batch. */
const ROWS = 3 * BATCH_ROWS - 7;
const LAYERS = 128;
const PART_MS = 1;

async function workerWithParts(group: WorkerGroup): Promise<Running> {
  const worker = sandbox.start([String(PART_MS)], { script: SCRIPT, env: group.env });
  await until('the worker is ready', () => worker.stderr().includes('worker ready'), worker);
  return worker;
}

async function inferredRows(worker: Running): Promise<number> {
  const address = /metrics: (http:\/\/[^/\s]+)/.exec(worker.stderr())![1]!;
  const metrics = await (await fetch(`${address}/metrics`)).text();
  return Number(/^segmentry_inferred_rows_total (\d+)$/m.exec(metrics)![1]);
}

/** What the task that runs has told the service of its progress. */
async function progressOf(handle: WorkflowHandle): Promise<TaskProgress | null> {
  const { raw } = await handle.describe();
  const [running] = (raw.pendingActivities ?? []).filter(({ activityType }) => activityType?.name === 'infer');
  const [payload] = running?.heartbeatDetails?.payloads ?? [];
  return payload == null ? null : defaultPayloadConverter.fromPayload<TaskProgress>(payload);
}

describe('an inference task whose worker is killed', { timeout: 240_000 }, () => {
  it('goes on with another worker from the last part that was stored, to the same digest', async () => {
    const { client, ...cluster } = await sandbox.cluster();
    const SLOW = { rows: ROWS, layers: LAYERS };

    const undisturbed = await cluster.group();
    const alone = await workerWithParts(undisturbed);
    const expected = resultOf(
      await sandbox.run(['run', (await slowProject(sandbox, SLOW)).pipeline, '--json', '-'], { env: undisturbed.env }),
    );
    expect(await inferredRows(alone)).toBe(ROWS);
    alone.kill('SIGTERM');
    await alone.finished;

    // Another registry is another run of the same findings: this one is not joined.
    const slow = await slowProject(sandbox, SLOW);
    const group = await cluster.group();
    const doomed = await workerWithParts(group);
    const command = sandbox.start(['run', slow.pipeline, '--json', '-'], { env: group.env });
    await until('the run has an id', () => /^run: /m.test(command.stderr()), command);
    const handle = client.workflow.getHandle(runIdIn(command.stderr()));
    await until('some parts are stored', async () => ((await progressOf(handle))?.to ?? 0) >= 2 * BATCH_ROWS, command);
    doomed.kill('SIGKILL');
    await doomed.finished;
    const stored = (await progressOf(handle))!.to;
    expect(stored).toBeLessThan(ROWS);

    const heir = await workerWithParts(group);
    const result = resultOf(await command.finished);
    expect(await inferredRows(heir)).toBe(ROWS - stored);
    expect(result.digest).toBe(expected.digest);
  });
});
