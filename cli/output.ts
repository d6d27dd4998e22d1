/** Where a command speaks: results on stdout, everything else on stderr. */
import pc from 'picocolors';
import { withoutCredentials } from '../domain/credentials.js';

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Progress and remarks. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function sayError(message: string): void {
  process.stderr.write(`${pc.red('error:')} ${withoutCredentials(message)}\n`);
}

/** Columns of the terminal; plain output is not wrapped. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : 120;
}

export const stdoutColor = (): boolean => process.stdout.isTTY && pc.isColorSupported;
