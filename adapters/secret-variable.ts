/** A secret from the environment, or from a file that the environment names: never from a flag, which shows in the list of processes. */
import { readFileSync } from 'node:fs';
import { SegmentryError } from '../domain/errors.js';

export interface SecretText {
  /** Trimmed. */
  readonly text: string;
  /** The file that it is from; null: the variable itself. */
  readonly file: string | null;
}

/**
 * What the variable says, or the file that the variable `NAME_FILE` names: for a text of many secrets, with words of its own for none of them.
 * @returns an empty text where neither is set
 * @throws SegmentryError (usage) for both of them, and for a file that cannot be read
 */
export function readSecretText(env: NodeJS.ProcessEnv, name: string): SecretText {
  const fileName = fileVariable(name);
  const written = env[name]?.trim() ?? '';
  const file = env[fileName]?.trim() ?? '';
  if (file === '') return { text: written, file: null };
  if (written !== '') throw new SegmentryError(`Both ${name} and ${fileName} are set: set one of them.`, 'usage');
  try {
    return { text: readFileSync(file, 'utf8').trim(), file };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new SegmentryError(`The file ${file} (${fileName}) cannot be read: ${code}.`, 'usage');
  }
}

/**
 * One secret.
 * @returns null where neither variable is set
 * @throws SegmentryError (usage) as above, and for a file that is empty: whoever names one wants its secret used
 */
export function readSecret(env: NodeJS.ProcessEnv, name: string): string | null {
  const { text, file } = readSecretText(env, name);
  if (text !== '') return text;
  if (file === null) return null;
  throw new SegmentryError(`The file ${file} (${fileVariable(name)}) is empty.`, 'usage');
}

function fileVariable(name: string): string {
  return `${name}_FILE`;
}
