/** How large the histories are that Temporal keeps of runs. */
import type { Client } from '@temporalio/client';

/** Of one run of a workflow; what continued as new has several. */
export interface HistorySize {
  readonly type: string;
  readonly workflowId: string;
  readonly events: number;
  /** Bytes of all events together. */
  readonly bytes: number;
  /** Bytes of the largest input, result or detail: what Temporal holds against its limit for a payload. */
  readonly largestPayload: number;
  /** Whether it went on in a new history. */
  readonly continued: boolean;
}

/** @param query of Temporal's visibility; without one every workflow of the namespace */
export async function historiesOf(client: Client, query?: string): Promise<readonly HistorySize[]> {
  const found: HistorySize[] = [];
  for await (const { type, workflowId, runId, historySize = 0 } of client.workflow.list(
    query === undefined ? {} : { query },
  )) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const last = events?.at(-1);
    found.push({
      type,
      workflowId,
      events: events?.length ?? 0,
      bytes: historySize,
      largestPayload: largestPayload(events),
      continued: last?.workflowExecutionContinuedAsNewEventAttributes != null,
    });
  }
  return found;
}

/** Bytes of the largest payload anywhere in a piece of history. Several that travel together, as the arguments of an activity, count as one. */
export function largestPayload(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  if (Array.isArray(value)) return value.reduce((largest: number, one) => Math.max(largest, largestPayload(one)), 0);
  const { payloads, data } = value as { readonly payloads?: unknown; readonly data?: unknown };
  if (Array.isArray(payloads)) return payloads.reduce((sum: number, one) => sum + largestPayload(one), 0);
  if (data instanceof Uint8Array) return data.byteLength;
  return largestPayload(Object.values(value));
}
