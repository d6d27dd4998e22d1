/** A run by its id, or by the beginning of it. */
import type { Client } from '@temporalio/client';
import { SegmentryError } from '../domain/errors.js';

/** Candidates that a message lists when a beginning is not enough. */
const LISTED = 5;

export async function findRun(client: Client, given: string): Promise<string> {
  const quoted = given.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const found = new Set<string>();
  const query = `WorkflowType = "evaluateModel" AND WorkflowId STARTS_WITH "${quoted}"`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: LISTED + 1 })) {
    if (workflowId === given) return given;
    found.add(workflowId);
    if (found.size > LISTED) break;
  }
  const [only] = found;
  if (only === undefined) {
    throw new SegmentryError(
      `no run is called "${given}"; the Temporal UI and \`segmentry report --list\` list them`,
      'usage',
    );
  }
  if (found.size > 1) {
    const names = [...found].slice(0, LISTED).join(', ');
    // How many there are is not known: nobody has counted them.
    throw new SegmentryError(`"${given}" could be ${names}${found.size > LISTED ? ' and more' : ''}`, 'usage');
  }
  return only;
}
