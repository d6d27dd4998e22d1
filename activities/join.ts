/** join: waits for a run that somebody else started, and writes down that it was joined. */
import { activityInfo } from '@temporalio/activity';
import { recordDeed } from './audit.js';
import type { RunOutcome } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { WAITING_HEARTBEAT_MS, whileBeating } from './heartbeat.js';

export async function join(deps: ActivityDependencies, run: string): Promise<RunOutcome> {
  return whileBeating(async (signal) => {
    const request = activityInfo().workflowExecution?.workflowId ?? null;
    await recordDeed(deps, { action: 'run-joined', subject: run, run, details: { request } });
    return deps.awaitRun(run, signal);
  }, WAITING_HEARTBEAT_MS);
}
