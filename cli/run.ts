/** `segmentry run`: evaluate now, and wait for the verdict. */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Command } from 'commander';
import type { EvaluationRequest, RequestOutcome } from '../activities/contract.js';
import { loadPipeline, readPipelineText } from '../adapters/preflight/load-pipeline.js';
import type { FoundRun, requestEvaluation } from '../workflows/request-evaluation.js';
import { endOfWindow } from '../domain/end-of-window.js';
import { SegmentryError } from '../domain/errors.js';
import { newRunsAreTaken } from '../workers/deployment.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { explainFailure } from './failures.js';
import { pollProgress } from './follow-run.js';
import { type ConnectionFlags, type WorkerFlags, examples, withConnection, withWorker } from './global-options.js';
import { howItGoesOn, tellInterrupted } from './goes-on.js';
import { type Interrupt, onInterrupt } from './interrupt.js';
import { requireWritable } from './output-file.js';
import { print, say } from './output.js';
import { personHere } from './person.js';
import { describeRunQueue } from './pollers.js';
import { runUrl } from './run-page.js';
import { type Session, openSession } from './session.js';
import { startRequest } from './start-request.js';
import type { ResultFlags } from './show-result.js';
import { typedCommand, watchCommand } from './typed-command.js';

interface RunFlags extends ConnectionFlags, WorkerFlags, ResultFlags {
  readonly candidate?: string;
  readonly baseline?: string;
  readonly asOf?: string;
  readonly wait: boolean;
  readonly act: boolean;
}

export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('evaluate a candidate, segment by segment, and act on the verdict')
    .argument('<pipeline>', 'pipeline file')
    .option('--candidate <version>', 'version or @alias, in place of model.candidate')
    .option('--baseline <version>', 'version or @alias, in place of model.baseline')
    .option(
      '--as-of <time>',
      'end of the data window (needs data.time; a pipeline with data.window needs it), like 2026-01-31',
    )
    .option('--json <file>', 'write result.json there; "-" for stdout')
    .option('--report <file>', 'write the HTML report there')
    .option('--no-wait', 'start the run and print its id')
    .option('--no-act', 'decide, but roll back or promote nothing')
    .action(async (pipeline: string, flags: RunFlags) => {
      process.exitCode = await run(pipeline, flags);
    });
  examples(withWorker(withConnection(command)), [
    'segmentry run pipeline.yaml',
    'segmentry run pipeline.yaml --candidate 7 --baseline @serving --no-act',
    'segmentry run pipeline.yaml --json result.json --report report.html   # in a CI job',
  ]);
}

export async function run(pipeline: string, flags: RunFlags): Promise<number> {
  const interrupted = onInterrupt();
  try {
    return await runUntil(interrupted, pipeline, flags);
  } finally {
    interrupted.dispose();
  }
}

async function runUntil(interrupted: Interrupt, pipeline: string, flags: RunFlags): Promise<number> {
  const file = resolve(pipeline);
  const overrides = {
    ...(flags.candidate === undefined ? {} : { candidate: flags.candidate }),
    ...(flags.baseline === undefined ? {} : { baseline: flags.baseline }),
  };
  const text = await readPipelineText(pipeline);
  // Parsed here too, so that a mistake in the file is told before a server is started.
  const { name, data } = (await loadPipeline({ file: pipeline, text, ...overrides })).pipeline;
  endOfWindow(data, flags.asOf);
  await requireWritable(flags.json, flags.report);
  const request: EvaluationRequest = {
    pipeline: file,
    text,
    ...overrides,
    ...(flags.asOf === undefined ? {} : { asOf: flags.asOf }),
    act: flags.act,
    requestedBy: personHere(),
  };
  const opening = openSession({ flags, worker: 'embedded', workerFlags: flags, quiet: true });
  const session = await Promise.race([opening, interrupted.signalled]);
  if (session === null) {
    say('\nNothing was started.');
    // Not waited for, because what is being opened could take a minute. The server ends with whoever holds it.
    process.exit(EXIT.interrupted);
  }
  try {
    return await evaluate(session, interrupted, name, request, flags);
  } catch (error) {
    // The worker knows the file by its full path; the person who typed the command knows it as they typed it.
    const explained = explainFailure(error);
    throw new SegmentryError(explained.message.replaceAll(file, pipeline), explained.kind);
  } finally {
    await session.close();
  }
}

async function evaluate(
  session: Session,
  interrupted: Interrupt,
  name: string,
  request: EvaluationRequest,
  flags: RunFlags,
): Promise<number> {
  if (session.uiUrl !== null) say(`Temporal UI: ${session.uiUrl}`);
  const starting = startRequest(session.client, session.taskQueue, name, request);
  const handle = await Promise.race([starting, interrupted.signalled]);
  if (handle === null) {
    starting.catch(() => undefined);
    say(`\nWhether the request was accepted is not known. Asking again is safe, nothing runs twice: ${again()}`);
    return EXIT.interrupted;
  }
  const outcome = handle.result();
  // Its failure is handled where it is awaited, which may be later.
  outcome.catch(() => undefined);
  await warnWithoutWorkers(session);
  const found = await Promise.race([foundRun(handle, outcome), interrupted.signalled]);
  if (found === null) return tellInterrupted(session, 'The request', again());
  const { run: id, title } = found.evaluation;
  say(title);
  say(`run: ${id}`);
  if (found.joined)
    say('This evaluation exists already (same models, data and pipeline): joining it, nothing runs twice.');
  if (!flags.wait) {
    print(id);
    if (session.embedded) say(`${await howItGoesOn(session, 'It')}: ${watchCommand(id)}`);
    return EXIT.pass;
  }
  const ended = await Promise.race([follow(session, found, outcome), interrupted.signalled]);
  if (ended === null) return tellInterrupted(session, `The run ${id}`, watchCommand(id));
  return conclude(session, ended, flags);
}

/** The command that joins the run of a request which has none yet, as it was typed: nothing else knows of the request. It waits. */
function again(): string {
  return typedCommand(process.argv.slice(2).filter((word) => word !== '--no-wait'));
}

/** The run that the request started or joined; throws what the request failed with. */
async function foundRun(
  handle: WorkflowHandle<typeof requestEvaluation>,
  outcome: Promise<unknown>,
): Promise<FoundRun> {
  for (;;) {
    const found = await Promise.race([
      handle.query<FoundRun | null>('evaluation').catch(() => null),
      failureOf(outcome),
    ]);
    if (found !== null) return found;
    await Promise.race([delay(RESOLVE_POLL_MS), failureOf(outcome)]);
  }
}

/** Never resolves; rejects when the run does. */
function failureOf(outcome: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    outcome.catch(reject);
  });
}

/** Resolving takes from some tens of milliseconds to the time that hashing the data takes. */
const RESOLVE_POLL_MS = 50;

async function follow(session: Session, found: FoundRun, outcome: Promise<RequestOutcome>): Promise<RequestOutcome> {
  const { run: id } = found.evaluation;
  // The stages of a run that ended long ago are no progress.
  if (found.joined && (await hasEnded(session, id))) return outcome;
  const { createProgressDisplay } = await import('./progress-display.js');
  // Loaded while the run goes on and not before it, because it takes a while; a failure is told where it is used.
  import('./show-result.js').catch(() => undefined);
  const display = createProgressDisplay();
  const polling = pollProgress(session.client, id, outcome, (progress) => display.update(progress));
  try {
    return await outcome;
  } finally {
    await polling;
    await display.end();
  }
}

async function hasEnded(session: Session, id: string): Promise<boolean> {
  const { status } = await session.client.workflow.getHandle(id).describe();
  return status.name !== 'RUNNING';
}

async function conclude(session: Session, outcome: RequestOutcome, flags: RunFlags): Promise<number> {
  const { loadResult, showResult, withActions } = await import('./show-result.js');
  const stored = await loadResult(session.store, outcome.run);
  // A joined run's file tells what the run did; what this request did on top of it, if anything, is in its outcome.
  await showResult(outcome.joined ? withActions(stored, outcome.actions) : stored, flags, {
    result: outcome.resultFile,
    report: outcome.reportFile,
    ui: await runUrl(session, outcome.run),
  });
  return exitCodeOf(outcome);
}

/** On a cluster a run waits for a worker for ever, silently; say so when there is none. */
async function warnWithoutWorkers(session: Session): Promise<void> {
  if (session.embedded) return;
  const queue = await describeRunQueue(session);
  if (newRunsAreTaken(queue)) return;
  const where = `the task queue "${session.taskQueue}" at ${session.target.address}`;
  const current = queue.versioningInfo?.currentDeploymentVersion?.buildId;
  say(
    current == null && queue.pollers.length === 0
      ? `No worker polls ${where}: the run waits until one is started with \`segmentry worker\`.`
      : `No worker of ${current == null ? 'a current build' : `the current build ${current}`} polls ${where}: the run waits until ` +
          'one is started, or another build is made current.',
  );
}
