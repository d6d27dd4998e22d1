/** `segmentry status` and `segmentry watch`: where a run is, and how it ends. */
import type { Command } from 'commander';
import type { RunOutcome } from '../activities/contract.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { explainFailure } from './failures.js';
import { pollProgress, progressOf } from './follow-run.js';
import { type ConnectionFlags, type WorkerFlags, examples, withConnection, withWorker } from './global-options.js';
import { tellInterrupted } from './goes-on.js';
import { onInterrupt } from './interrupt.js';
import { requireWritable } from './output-file.js';
import { print } from './output.js';
import { createProgressDisplay } from './progress-display.js';
import { findRun } from './find-run.js';
import { runUrl } from './run-page.js';
import { openSession } from './session.js';
import { type ResultFlags, loadResult, showResult } from './show-result.js';
import { watchCommand } from './typed-command.js';

export function registerStatus(program: Command): void {
  const command = program
    .command('status')
    .description('where a run is')
    .argument('<run>', 'run id, or the beginning of one')
    // A worker answers the query; without one nobody could.
    .action(async (given: string, flags: ConnectionFlags & WorkerFlags) => {
      process.exitCode = await status(given, flags);
    });
  examples(withWorker(withConnection(command)), ['segmentry status flight-delays.2.3f9c1d2e7a10']);
}

async function status(given: string, flags: ConnectionFlags & WorkerFlags): Promise<number> {
  const session = await openSession({ flags, worker: 'embedded', workerFlags: flags, quiet: true });
  try {
    const run = await findRun(session.client, given);
    const handle = session.client.workflow.getHandle(run);
    const description = await handle.describe();
    const progress = await progressOf(session.client, run);
    print(`${run}  ${description.status.name.toLowerCase()}`);
    if (progress !== null) {
      print(progress.title);
      for (const { stage, state, done, total, unit, note, seconds } of progress.stages) {
        const counted = state === 'running' || state === 'cancelled';
        const count = total === null || !counted ? '' : `${String(done)} of ${total} ${unit ?? ''}`;
        const time = seconds === null ? '' : `${seconds.toFixed(1)} s`;
        print(`  ${stage.padEnd(9)} ${state.padEnd(9)} ${time.padStart(8)}  ${note ?? count}`.trimEnd());
      }
    }
    const url = await runUrl(session, run);
    if (url !== null) print(url);
    if (description.status.name === 'COMPLETED') {
      const outcome = (await handle.result()) as RunOutcome;
      print(`verdict: ${outcome.verdict}`);
    }
    return EXIT.pass;
  } catch (error) {
    throw explainFailure(error, given);
  } finally {
    await session.close();
  }
}

export function registerWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('follow a run to its end; exits like `run`')
    .argument('<run>', 'run id, or the beginning of one')
    .option('--json <file>', 'write result.json there; "-" for stdout')
    .option('--report <file>', 'write the HTML report there')
    .action(async (given: string, flags: ConnectionFlags & WorkerFlags & ResultFlags) => {
      process.exitCode = await watch(given, flags);
    });
  examples(withWorker(withConnection(command)), ['segmentry watch flight-delays.2.3f9c1d2e7a10']);
}

async function watch(given: string, flags: ConnectionFlags & WorkerFlags & ResultFlags): Promise<number> {
  await requireWritable(flags.json, flags.report);
  const session = await openSession({ flags, worker: 'embedded', workerFlags: flags, quiet: true });
  const interrupted = onInterrupt();
  try {
    const run = await findRun(session.client, given);
    const result = session.client.workflow.getHandle(run).result() as Promise<RunOutcome>;
    result.catch(() => undefined);
    const display = createProgressDisplay();
    const polling = pollProgress(session.client, run, result, (progress) => display.update(progress));
    const outcome = await Promise.race([result, interrupted.signalled]);
    if (outcome === null) return await tellInterrupted(session, `The run ${run}`, watchCommand(run));
    await polling;
    await display.end();
    await showResult(await loadResult(session.store, run), flags, {
      result: outcome.resultFile,
      report: outcome.reportFile,
      ui: await runUrl(session, run),
    });
    return exitCodeOf(outcome);
  } catch (error) {
    throw explainFailure(error, given);
  } finally {
    interrupted.dispose();
    await session.close();
  }
}
