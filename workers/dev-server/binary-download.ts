import { createWriteStream } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { addToCache, SDK_COPY, SDK_VERSION } from './binary-cache.js';
import { reasonOf, type TemporalBinary } from './binary-check.js';

/**
 * The service from which Temporal's SDKs fetch the dev server (`EphemeralExe::CachedDownload` in sdk-core). Asked directly
 * instead of through the SDK: the SDK has no time limit, says nothing meanwhile, and starts a server at once.
 */
export const SDK_DOWNLOAD_URL = 'https://temporal.download';

/** Without a way out to the internet, the next way is tried after this long at most. */
const FIRST_ANSWER_TIMEOUT_MS = 5000;
/** A download that stands still for this long will not go on. */
const STALL_TIMEOUT_MS = 20_000;
/** About 50 MB compressed: 15 minutes is a connection of 50 kB/s; slower than that, a person installs it by other means. */
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000;
const EXTRACT_TIMEOUT_MS = 60_000;

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm64' };

export interface DownloadOptions {
  readonly cacheFolder: string;
  readonly downloadUrl: string;
  readonly onStep: (message: string) => void;
}

/** Downloads the CLI into the cache, as the SDK would. */
export async function downloadWithSdkService({
  cacheFolder,
  downloadUrl,
  onStep,
}: DownloadOptions): Promise<TemporalBinary> {
  onStep(`Looking for the Temporal dev server at ${downloadUrl}.`);
  const { archiveUrl, fileToExtract } = await askForArchive(downloadUrl);
  onStep(`Downloading the Temporal dev server from ${archiveUrl} (once; about 50 MB).`);
  return await addToCache(cacheFolder, SDK_COPY, async (folder) => {
    const archive = join(folder, 'archive.tar.gz');
    await download(archiveUrl, archive);
    try {
      // `tar` comes with Linux, macOS and Windows 10 and later.
      await execa('tar', ['-xzf', archive, '-C', folder, fileToExtract], {
        timeout: EXTRACT_TIMEOUT_MS,
        stdin: 'ignore',
      });
    } catch (error) {
      throw new Error(`${archiveUrl} cannot be unpacked: ${reasonOf(error)}`, { cause: error });
    }
    await rm(archive);
    await chmod(join(folder, SDK_COPY.binary), 0o755);
  });
}

async function askForArchive(downloadUrl: string): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const platform = PLATFORMS[process.platform];
  const arch = ARCHITECTURES[process.arch];
  if (platform === undefined || arch === undefined) {
    throw new Error(`there is no build for ${process.platform} on ${process.arch}`);
  }
  const url = new URL('/cli/default', downloadUrl);
  const wanted = { arch, platform, format: 'tar.gz', 'sdk-name': 'sdk-typescript', 'sdk-version': SDK_VERSION };
  url.search = new URLSearchParams(wanted).toString();
  const response = await get(url, AbortSignal.timeout(FIRST_ANSWER_TIMEOUT_MS));
  const { archiveUrl, fileToExtract } = (await response.json()) as Partial<Record<string, string>>;
  // The name becomes an argument of `tar` and a path in our folder.
  if (archiveUrl === undefined || fileToExtract !== SDK_COPY.binary) {
    throw new Error(`unexpected answer: archive ${archiveUrl}, file ${fileToExtract}`);
  }
  return { archiveUrl, fileToExtract };
}

async function download(url: string, file: string): Promise<void> {
  const stalled = new AbortController();
  const watch = setTimeout(
    () => stalled.abort(new Error(`the download stood still for ${STALL_TIMEOUT_MS / 1000} s`)),
    STALL_TIMEOUT_MS,
  );
  const signal = AbortSignal.any([stalled.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
  try {
    const response = await get(new URL(url), signal);
    if (response.body === null) throw new Error(`${url} is empty`);
    const keepWatching = new Transform({
      transform(chunk, _encoding, done) {
        watch.refresh();
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), keepWatching, createWriteStream(file), {
      signal,
    });
  } catch (error) {
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    clearTimeout(watch);
  }
}

async function get(url: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    // `fetch` hides the reason ("fetch failed") in its cause.
    throw new Error(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message);
  });
  if (!response.ok) throw new Error(`${url.origin} answers ${response.status} ${response.statusText}`);
  return response;
}
