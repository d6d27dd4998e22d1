/** What is readable in a history as the service keeps it: fetched and looked at without any converter. */
import proto from '@temporalio/proto';
import type { Client } from '@temporalio/client';

export interface PayloadJson {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface HistoryJson {
  readonly events?: readonly object[];
}

export async function rawHistoryOf(client: Client, workflowId: string): Promise<HistoryJson> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
  });
  return proto.temporal.api.history.v1.History.fromObject(history!).toJSON();
}

/** Every payload in a history's JSON. */
export function payloadsIn(value: unknown): PayloadJson[] {
  if (typeof value !== 'object' || value === null) return [];
  if (
    'metadata' in value &&
    typeof value.metadata === 'object' &&
    value.metadata !== null &&
    'encoding' in value.metadata
  )
    return [value as PayloadJson];
  return Object.values(value).flatMap(payloadsIn);
}

/** The payloads that are not ciphertext, as text. */
export function plainPayloadsIn(value: unknown): string[] {
  return payloadsIn(value)
    .filter(({ metadata }) => textOf(metadata?.['encoding']) !== 'binary/encrypted')
    .map(({ data }) => textOf(data));
}

/** The text of a history's JSON, and of all bytes in it that are base64 there. */
export function readable(value: unknown): string {
  if (typeof value === 'string') return `${value}\n${Buffer.from(value, 'base64').toString('latin1')}`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(readable).join('\n');
}

function textOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}
