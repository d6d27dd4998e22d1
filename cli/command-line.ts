/** The command line: thin over Temporal's client. One file a command. */
import { CommanderError } from 'commander';
import { SegmentryError } from '../domain/errors.js';
import { EXIT, exitCodeOfError } from './exit-codes.js';
import { explainFailure } from './failures.js';
import { say, sayError } from './output.js';
import { createProgram, withoutHelpCommand } from './program.js';

export { createProgram } from './program.js';

/** Does what the process was started with, and ends the process. */
export async function main(): Promise<void> {
  endQuietlyWithTheReader();
  try {
    const words = withoutHelpCommand(process.argv.slice(2));
    await (await createProgram(words)).parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
  // Temporal's native runtime would keep the process alive. What was written is on its way once the callback comes.
  process.stdout.write('', () => process.exit());
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
