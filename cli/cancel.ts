/** `segmentry cancel`: end a run that is under way. */
import { type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { Command } from 'commander';
import type { RunOutcome, RunProgress } from '../activities/contract.js';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { type AuditDetails, createAuditLog } from '../adapters/audit-log/index.js';
import { SegmentryError } from '../domain/errors.js';
import { EXIT } from './exit-codes.js';
import { explainFailure } from './failures.js';
import { findRun } from './find-run.js';
import { progressOf } from './follow-run.js';
import { type ConnectionFlags, type WorkerFlags, examples, withConnection, withWorker } from './global-options.js';
import { onInterrupt } from './interrupt.js';
import { print, say } from './output.js';
import { personHere } from './person.js';
import { openSession } from './session.js';

interface CancelFlags extends ConnectionFlags, WorkerFlags {
  readonly reason?: string;
}

export function registerCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('end a run that is under way')
    .argument('<run>', 'run id, or the beginning of one')
    .option('--reason <text>', 'why, for the audit log')
    .action(async (given: string, flags: CancelFlags) => {
      process.exitCode = await cancel(given, flags);
    });
  examples(withWorker(withConnection(command)), [
    'segmentry cancel flight-delays.2.3f9c1d2e7a10',
    'segmentry cancel flight-delays.2 --reason "wrong data"',
  ]);
}

async function cancel(given: string, flags: CancelFlags): Promise<number> {
  // The workflow itself takes the cancellation: without a worker nothing would come of it.
  const session = await openSession({ flags, worker: 'embedded', workerFlags: flags, quiet: true });
  const interrupted = onInterrupt();
  try {
    const run = await findRun(session.client, given);
    const found = session.client.workflow.getHandle(run);
    const description = await found.describe();
    if (hasEnded(run, description)) return EXIT.pass;
    // Of this execution and no later one: the same run may be started again as soon as it is cancelled.
    const handle = session.client.workflow.getHandle(run, description.runId);
    await handle.cancel();
    // Asked afterwards, because the answer takes as long as a worker is busy, and the run would go on meanwhile.
    const stopped = whatRan(await progressOf(session.client, run));
    await record(session.store, run, description.runId, {
      during: stopped,
      ...(flags.reason === undefined ? {} : { reason: flags.reason }),
    });
    say(`asked ${run} to end (${stopped})`);
    const ended = await Promise.race([endOf(handle.result() as Promise<RunOutcome>), interrupted.signalled]);
    if (ended === null) {
      say(`\nThe run ${run} ends as soon as a worker has taken notice. To see how: segmentry status ${run}`);
      return EXIT.interrupted;
    }
    if (ended === 'cancelled') {
      print(`${run} is cancelled: stopped ${stopped}. Nothing of it was begun in the registry, which is as it was.`);
      return EXIT.pass;
    }
    const actions = ended.actions.map(({ action, outcome }) => `${action} ${outcome}`).join(', ');
    throw new SegmentryError(
      `${run} was not cancelled: it had come to its verdict, and what it had begun in the registry is finished ` +
        `(${ended.verdict}; ${actions === '' ? 'nothing to do' : actions}).`,
      'infrastructure',
    );
  } catch (error) {
    throw explainFailure(error, given);
  } finally {
    interrupted.dispose();
    await session.close();
  }
}

/** True for a run that is cancelled already: asking twice is no mistake. */
function hasEnded(run: string, { status }: WorkflowExecutionDescription): boolean {
  if (status.name === 'RUNNING') return false;
  if (status.name !== 'CANCELLED') {
    throw new SegmentryError(
      `${run} has ended already (${status.name.toLowerCase()}): there is nothing to cancel; \`segmentry report ${run}\` shows a result`,
      'usage',
    );
  }
  print(`${run} was cancelled before`);
  return true;
}

async function endOf(result: Promise<RunOutcome>): Promise<RunOutcome | 'cancelled'> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure) return 'cancelled';
    throw error;
  }
}

/** "infer, 75,833 of 130,290 rows" */
function whatRan(progress: RunProgress | null): string {
  const ended = progress?.stages.find(({ state }) => state === 'running' || state === 'cancelled');
  if (ended === undefined) return 'before its first stage, or between two';
  const { stage, done, total, unit } = ended;
  return total === null
    ? stage
    : `${stage}, ${(done ?? 0).toLocaleString('en')} of ${total.toLocaleString('en')} ${unit ?? ''}`;
}

async function record(store: ArtifactStore, run: string, execution: string, details: AuditDetails): Promise<void> {
  try {
    await createAuditLog(store.uri).record({
      actor: personHere(),
      action: 'run-cancelled',
      subject: run,
      run,
      details,
      key: `run-cancelled/${run}/${execution}`,
    });
  } catch (error) {
    if (!(error instanceof SegmentryError)) throw error;
    say(`warning: the audit log has no record of this: ${error.message}`);
  }
}
