/** All commands, with what they say about themselves. */
import { Command } from 'commander';
import { withoutCredentials } from '../domain/credentials.js';
import { SEGMENTRY_VERSION } from '../workers/package-version.js';
import { registerAudit } from './audit.js';
import { registerCancel } from './cancel.js';
import { registerCheck } from './check.js';
import { registerCodecServer } from './codec-server.js';
import { registerRegistry } from './registry.js';
import { registerReplay } from './replay.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { registerSchedule } from './schedule.js';
import { registerStatus, registerWatch } from './watch.js';
import { registerDev, registerWorker } from './worker.js';

export function createProgram(): Command {
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
    registerReplay,
    registerStatus,
    registerWatch,
    registerCancel,
    registerSchedule,
    registerRegistry,
    registerAudit,
    registerDev,
    registerWorker,
    registerCodecServer,
  ]) {
    register(program);
  }
  exitOnUsageErrors(program);
  return program;
}

/** Commander ends with 1 for a wrong command, which is the code of FAIL here. */
function exitOnUsageErrors(command: Command): void {
  command.exitOverride();
  // Commander quotes what it does not understand: `--stor=…` with an address in it.
  command.configureOutput({ outputError: (text, write) => write(withoutCredentials(text)) });
  command.commands.forEach(exitOnUsageErrors);
}
