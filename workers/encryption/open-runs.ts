/** Whether a worker could read the runs that wait for one: asked before it takes anything. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { EncryptionKeyMissing, encryptionKeyOf } from './encryption-codec.js';
import type { Keyring } from './keyring.js';

/** Of the newest: a missing key shows in any of them. */
const LOOKED_AT = 50;

/**
 * Refuses when a run on this task queue is encrypted with a key that is not there. A worker that took its tasks all the
 * same would fail them; it stops then (`workers/worker.ts`), but each attempt counts against the run, and whoever restarts
 * workers that stop would use them up.
 *
 * @throws EncryptionKeyMissing
 */
export async function refuseUnreadableRuns(client: Client, taskQueue: string, keyring: Keyring): Promise<void> {
  const { namespace } = client.options;
  const quoted = taskQueue.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  // Not through the client's own methods: they decode, and what cannot be decoded is what is looked for.
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace,
    query: `TaskQueue = "${quoted}" AND ExecutionStatus = "Running"`,
    pageSize: LOOKED_AT,
  });
  for (const { execution } of executions) {
    const { history } = await client.workflowService
      .getWorkflowExecutionHistory({ namespace, execution: execution ?? null, maximumPageSize: 1 })
      // It ended and was forgotten since.
      .catch(() => ({ history: null }));
    const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    for (const payload of input as Payload[]) {
      const id = encryptionKeyOf(payload);
      if (id !== null && keyring.find(id) === null) throw new EncryptionKeyMissing(id, keyring.ids);
    }
  }
}
