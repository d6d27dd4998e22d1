/** join: waits for a run that somebody else started, and writes down that it was joined. */
import { activityInfo } from '@temporalio/activity';
import { recordDeed } from './audit.js';
import type { JoinedRun } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { WAITING_HEARTBEAT_MS, whileBeating } from './heartbeat.js';
import { RESULT_FILE } from '../domain/result.js';
import { ARTIFACTS_FILE } from './run-artifacts.js';

/** What a verdict is shown and replayed from. The report for people is drawn from the first, and missed by nobody who joins. */
const KEPT_FILES = [RESULT_FILE, ARTIFACTS_FILE];

export async function join(deps: ActivityDependencies, run: string): Promise<JoinedRun> {
  return whileBeating(async (signal) => {
    const request = activityInfo().workflowExecution?.workflowId ?? null;
    await recordDeed(deps, { action: 'run-joined', subject: run, run, details: { request } });
    const outcome = await deps.awaitRun(run, signal);
    // Temporal keeps the outcome for longer than somebody who clears the store keeps the files.
    const lost: string[] = [];
    for (const name of KEPT_FILES) if (!(await deps.store.hasRunFile(run, name))) lost.push(name);
    return lost.length === 0 ? outcome : { ...outcome, lost };
  }, WAITING_HEARTBEAT_MS);
}
