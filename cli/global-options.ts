/** Options that every command which talks to Temporal or the artifact store has. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { availableParallelism } from 'node:os';
import { refuseCredentials } from '../domain/refused-address.js';
import { DEFAULT_TASK_QUEUE } from '../workflows/task-queues.js';

export interface ConnectionFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly profile?: string;
  readonly taskQueue: string;
  readonly store?: string;
  readonly verbose?: boolean;
}

export interface WorkerFlags {
  readonly threads: number;
  readonly metrics?: string;
}

/** Which code a worker says it is. `segmentry dev` has none of these: it takes the defaults. */
export interface VersioningFlags {
  readonly deployment?: string;
  readonly buildId?: string;
  readonly versioning?: boolean;
  readonly keepCurrent?: boolean;
}

export function withVersioning(command: Command): Command {
  return command
    .addOption(
      new Option('--deployment <name>', 'worker deployment that this worker is part of (default: the task queue)').env(
        'SEGMENTRY_DEPLOYMENT',
      ),
    )
    .addOption(
      new Option('--build-id <id>', 'identifies this code (default: version and digest)').env('SEGMENTRY_BUILD_ID'),
    )
    .option('--no-versioning', 'take every run, whichever code it began on')
    .option('--keep-current', 'do not make this build the one that gets new runs');
}

export function withConnection(command: Command): Command {
  return command
    .option(
      '--address <host:port>',
      'Temporal service; without one (also TEMPORAL_ADDRESS, temporal.toml) a local one is started',
    )
    .option('--namespace <name>', 'namespace of the Temporal service; the local one has only "default"')
    .option('--profile <name>', 'profile of temporal.toml')
    .addOption(
      new Option('--task-queue <name>', 'task queue of the workers')
        .env('SEGMENTRY_TASK_QUEUE')
        .default(DEFAULT_TASK_QUEUE),
    )
    .addOption(storeOption())
    .option('-v, --verbose', 'log what happens underneath');
}

export function withWorker(command: Command): Command {
  return command
    .addOption(
      new Option('--threads <n>', 'compute threads')
        .env('SEGMENTRY_THREADS')
        .argParser(positiveInteger)
        .default(availableParallelism()),
    )
    .addOption(
      new Option('--metrics <host:port>', 'serve /metrics and /healthz there; "off" serves nothing').env(
        'SEGMENTRY_METRICS',
      ),
    );
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number, 1 or more.');
  return value;
}

/** Where artifacts are, for every command that reads or writes them. */
export function storeOption(what = 'artifact store'): Option {
  return new Option('--store <folder>', `${what} (default: .segmentry/artifacts here)`)
    .env('SEGMENTRY_STORE')
    .argParser(placeAt('--store (or SEGMENTRY_STORE)'));
}

/** Takes a folder or an address without a password. Commander's own errors would show the value. */
export function placeAt(option: string): (place: string) => string {
  return (place) => {
    refuseCredentials(place, option);
    return place;
  };
}

/** Examples at the end of a command's help. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}
