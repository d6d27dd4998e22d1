/** All commands, with what they say about themselves. */
import { Command } from 'commander';
import { withoutCredentials } from '../domain/credentials.js';
import { SEGMENTRY_VERSION } from '../workers/package-version.js';

/** In the order of the help. Each brings libraries that load for a while, so only the one that is asked for is loaded. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./run.js')).registerRun,
  check: async () => (await import('./check.js')).registerCheck,
  report: async () => (await import('./report.js')).registerReport,
  replay: async () => (await import('./replay.js')).registerReplay,
  status: async () => (await import('./watch.js')).registerStatus,
  watch: async () => (await import('./watch.js')).registerWatch,
  cancel: async () => (await import('./cancel.js')).registerCancel,
  schedule: async () => (await import('./schedule.js')).registerSchedule,
  registry: async () => (await import('./registry.js')).registerRegistry,
  audit: async () => (await import('./audit.js')).registerAudit,
  dev: async () => (await import('./worker.js')).registerDev,
  worker: async () => (await import('./worker.js')).registerWorker,
  'codec-server': async () => (await import('./codec-server.js')).registerCodecServer,
};

/** @param words the command line; when it begins with anything but a command's name (help, a mistake) all commands are there */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
  const [asked] = words;
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
  const names = asked !== undefined && Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
  for (const name of names) (await COMMANDS[name]!())(program);
  refuseHelpOnUnknown(program, words);
  exitOnUsageErrors(program);
  return program;
}

/** Help on a command that does not exist would be the help of the one above it with exit code 0, as if it did. */
function refuseHelpOnUnknown(command: Command, [asked, ...rest]: readonly string[]): void {
  if (command.commands.length === 0 || asked === undefined || asked.startsWith('-') || asked === 'help') return;
  const found = command.commands.find((one) => one.name() === asked);
  if (found === undefined) command.helpOption(false);
  else refuseHelpOnUnknown(found, rest);
}

/** `help schedule list` as `schedule list --help`: Commander's own looks at the first word and forgets the others. */
export function withoutHelpCommand(words: readonly string[]): readonly string[] {
  return words[0] === 'help' ? [...words.slice(1), '--help'] : words;
}

/** Commander ends with 1 for a wrong command, which is the code of FAIL here. */
function exitOnUsageErrors(command: Command): void {
  command.exitOverride();
  // Commander quotes what it does not understand: `--stor=…` with an address in it.
  command.configureOutput({ outputError: (text, write) => write(withoutCredentials(text)) });
  command.commands.forEach(exitOnUsageErrors);
}
