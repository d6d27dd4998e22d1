/** What a message tells people to do next: a command that can be pasted into the shell in which they gave this one. */
import { withoutCredentials } from '../domain/credentials.js';

/** What a POSIX shell takes as it is written. A tilde or an equals sign at the beginning would not be. */
const PLAIN_WORD = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** Say where Temporal and the artifacts are: without them the next command looks for the run elsewhere. */
const PLACES: readonly string[] = ['--address', '--namespace', '--profile', '--task-queue', '--store'];

/** @param words the arguments, without the name of the program */
export function typedCommand(words: readonly string[]): string {
  return withoutCredentials(['segmentry', ...words].map(quoted).join(' '));
}

/** Of a run that this command was about. @param words the arguments of this command */
export function watchCommand(run: string, words: readonly string[] = process.argv.slice(2)): string {
  const places = words.flatMap((word, at) => {
    if (PLACES.includes(word)) return words.slice(at, at + 2);
    return PLACES.some((place) => word.startsWith(`${place}=`)) ? [word] : [];
  });
  return typedCommand(['watch', run, ...places]);
}

function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
