import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { execa } from 'execa';

export interface TemporalBinary {
  readonly path: string;
  /** The CLI's own version, for example `1.9.1`. */
  readonly version: string;
}

/** A way to get the binary that does not apply here, as opposed to one that was tried and failed. */
export class NotThereError extends Error {
  override readonly name = 'NotThereError';
}

/** The first start of a 150 MB program from a cold disk takes seconds. */
const VERSION_TIMEOUT_MS = 20_000;
/** The first CLI whose server (1.26) keeps the summaries and details that runs show in the UI. */
const OLDEST_VERSION = [1, 2] as const;

/** Runs `--version`: a file that is there may still be for another machine, damaged, too old, or another program. */
export async function checkBinary(path: string): Promise<TemporalBinary> {
  let output: string;
  try {
    output = (await execa(path, ['--version'], { timeout: VERSION_TIMEOUT_MS, stdin: 'ignore' })).stdout;
  } catch (error) {
    throw new Error(`${path} --version failed: ${firstLine(reasonOf(error))}`, { cause: error });
  }
  const [, version, major, minor] = /^temporal version ((\d+)\.(\d+)\.\S+)/m.exec(output) ?? [];
  if (version === undefined) throw new Error(`${path} --version says "${firstLine(output)}", not "temporal version …"`);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  const old = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  // A CLI built from its sources calls itself 0.0.0-DEV.
  if (old && !version.startsWith('0.0.0')) {
    throw new Error(`${path} is version ${version}, at least ${oldestMajor}.${oldestMinor}.0 is needed`);
  }
  return { path, version };
}

/** The absolute path of a command: the server must not depend on what PATH is when it restarts. */
export async function findOnPath(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    for (const extension of extensions) {
      const candidate = resolve(join(folder, command + extension));
      const executable = await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return candidate;
    }
  }
  throw new NotThereError('not found');
}

/** What a failed command said: its last line on stderr is the one with the reason, else how it ended. */
export function reasonOf(error: unknown): string {
  const { stderr, shortMessage, message } = error as { stderr?: string; shortMessage?: string; message: string };
  const said = stderr?.trim().split('\n').at(-1);
  return said !== undefined && said !== '' ? said : (shortMessage ?? message);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
