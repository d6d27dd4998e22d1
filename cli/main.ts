#!/usr/bin/env node
/** The command line: thin over Temporal's client. One file a command. */
import { Command, CommanderError } from 'commander';
import { SegmentryError } from '../domain/errors.js';
import { SEGMENTRY_VERSION } from '../workers/versions.js';
import { registerCheck } from './check.js';
import { EXIT, exitCodeOfError } from './exit-codes.js';
import { explainFailure } from './failures.js';
import { say, sayError } from './output.js';
import { registerRegistry } from './registry.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { registerSchedule } from './schedule.js';
import { registerStatus, registerWatch } from './watch.js';
import { registerDev, registerWorker } from './worker.js';

function createProgram(): Command {
  const program = new Command('segmentry')
    .description(
      'On which segments of your data did a model get worse? Finds out, with evidence, and takes a bad model back.',
    )
    .version(SEGMENTRY_VERSION)
    .showHelpAfterError('(--help tells more)')
    .addHelpText(
      'after',
      [
        '',
        'Exit codes: 0 PASS, 1 FAIL, 2 the command or the pipeline file is wrong, 3 no decision (data, infrastructure),',
        '4 INCONCLUSIVE, 130 interrupted (the run goes on).',
        '',
        'Example:',
        '  $ segmentry run pipeline.yaml',
      ].join('\n'),
    );
  for (const register of [
    registerRun,
    registerCheck,
    registerReport,
    registerStatus,
    registerWatch,
    registerSchedule,
    registerRegistry,
    registerDev,
    registerWorker,
  ]) {
    register(program);
  }
  exitOnUsageErrors(program);
  return program;
}

/** Commander ends with 1 for a wrong command, which is the code of FAIL here. */
function exitOnUsageErrors(command: Command): void {
  command.exitOverride();
  command.commands.forEach(exitOnUsageErrors);
}

async function main(): Promise<void> {
  endQuietlyWithTheReader();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** `segmentry report | head` closes our stdout early: what is left to say has no reader, and that is no error. */
function endQuietlyWithTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
  try {
    const explained = error instanceof SegmentryError ? error : explainFailure(error);
    sayError(explained.message);
    return exitCodeOfError(explained.kind);
  } catch {
    sayError(`this should not happen, please report it: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env['SEGMENTRY_DEBUG'] !== undefined && error instanceof Error) say(error.stack ?? '');
    else say('SEGMENTRY_DEBUG=1 shows where.');
    return EXIT.noDecision;
  }
}

await main();
// Temporal's native runtime would keep the process alive. What was written is on its way once the callback comes.
process.stdout.write('', () => process.exit());
