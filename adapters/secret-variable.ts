/** A secret from the environment, or from a file that the environment names: never from a flag, which shows in the list of processes. */
import { readFileSync } from 'node:fs';
import { SegmentryError } from '../domain/errors.js';

/**
 * What the variable says, or the file that the variable `NAME_FILE` names.
 * @returns null where neither is set
 * @throws SegmentryError (usage) for both of them, and for a file that cannot be read or is empty: whoever names one wants its secret used
 */
export function readSecret(env: NodeJS.ProcessEnv, name: string): string | null {
  const fileName = `${name}_FILE`;
  const written = env[name]?.trim() ?? '';
  const file = env[fileName]?.trim() ?? '';
  if (file === '') return written === '' ? null : written;
  if (written !== '') throw new SegmentryError(`Both ${name} and ${fileName} are set: set one of them.`, 'usage');
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new SegmentryError(`The file ${file} (${fileName}) cannot be read: ${code}.`, 'usage');
  }
  if (text !== '') return text;
  throw new SegmentryError(`The file ${file} (${fileName}) is empty.`, 'usage');
}
