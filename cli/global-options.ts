/** Options that every command which talks to Temporal or the artifact store has. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { availableParallelism } from 'node:os';
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

export function withConnection(command: Command): Command {
  return command
    .option(
      '--address <host:port>',
      'Temporal service; without one (also TEMPORAL_ADDRESS, temporal.toml) a local one is started',
    )
    .option('--namespace <name>', 'Temporal namespace')
    .option('--profile <name>', 'profile of temporal.toml')
    .addOption(
      new Option('--task-queue <name>', 'task queue of the workers')
        .env('SEGMENTRY_TASK_QUEUE')
        .default(DEFAULT_TASK_QUEUE),
    )
    .addOption(
      new Option('--store <folder>', 'artifact store (default: .segmentry/artifacts here)').env('SEGMENTRY_STORE'),
    )
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
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted.');
  return value;
}

/** Examples at the end of a command's help. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}
