import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactStore,
  createArtifactStore,
  defaultArtifactFolder,
} from '../../../adapters/artifact-store/index.js';

const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | null): string | null =>
  content === null ? null : new TextDecoder().decode(content);

async function newStore(): Promise<{ store: ArtifactStore; folder: string; scratch: string }> {
  const scratch = await mkdtemp(join(tmpdir(), 'segmentry-test-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const folder = defaultArtifactFolder(scratch);
  return { store: createArtifactStore(folder), folder, scratch };
}

/** All files of the store, by their paths in it. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe('artifacts', () => {
  it('are stored once under the SHA-256 of their bytes, however they come', async () => {
    const { store, folder, scratch } = await newStore();
    const file = join(scratch, 'abc');
    await writeFile(file, 'abc');
    const made = store.temporaryPath('.txt');
    await writeFile(made, 'abc');
    const refs = [
      await store.putBytes(bytes('abc')),
      await store.putFile(file),
      await store.putFile(made, { move: true }),
      await store.putBytes(bytes('abc')),
    ];
    expect(refs).toEqual(Array.from({ length: 4 }, () => ({ sha256: ABC, bytes: 3 })));
    expect(await filesOf(folder)).toEqual([join('blobs', 'ba', ABC)]);
    expect(await readFile(file, 'utf8')).toBe('abc');
    expect(await readFile(await store.localPath(refs[0]!), 'utf8')).toBe('abc');
  });

  it('may be larger than the pieces they are read in, and empty', async () => {
    const { store, scratch } = await newStore();
    const file = join(scratch, 'large');
    const content = Buffer.alloc(2_500_001, 'segmentry');
    await writeFile(file, content);
    const large = await store.putFile(file);
    expect(large.bytes).toBe(content.length);
    expect(Buffer.compare(await store.readBytes(large), content)).toBe(0);
    expect(large).toEqual(await store.putBytes(content));
    expect(text(await store.readBytes(await store.putBytes(bytes(''))))).toBe('');
  });

  it('hold JSON in its one canonical form', async () => {
    const { store } = await newStore();
    const ref = await store.putJson({ b: [1, null], a: 'é' });
    expect(await store.putJson({ a: 'é', b: [1, null] })).toEqual(ref);
    expect(await store.readJson<{ a: string }>(ref)).toEqual({ a: 'é', b: [1, null] });
    expect(text(await store.readBytes(ref))).toBe('{"a":"é","b":[1,null]}');
    await expect(store.putJson({ auc: NaN })).rejects.toThrow(/\$\.auc/);
    await expect(store.readJson(await store.putBytes(bytes('{')))).rejects.toThrow(/is not JSON/);
  });

  it('can be stored by many at once', async () => {
    const { store, folder } = await newStore();
    const other = createArtifactStore(folder);
    const puts = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? store : other).putBytes(bytes(`${i % 4}`)));
    expect(new Set((await Promise.all(puts)).map((ref) => ref.sha256)).size).toBe(4);
    expect((await filesOf(folder)).length).toBe(4);
  });
});

describe('artifacts that go to the disk later', () => {
  it('are there at once, and safe once they are flushed, whoever stored them', async () => {
    const { store, folder, scratch } = await newStore();
    const file = join(scratch, 'abc');
    await writeFile(file, 'abc');
    const later = await store.putFile(file, { flush: 'later' });
    expect(later).toEqual({ sha256: ABC, bytes: 3 });
    expect(text(await store.readBytes(later))).toBe('abc');
    await store.flush([later]);
    await createArtifactStore(folder).flush([later]);
  });

  it('are missed by whoever waits for them when they are gone', async () => {
    const { store } = await newStore();
    await expect(store.flush([{ sha256: ABC, bytes: 3 }])).rejects.toThrow(ArtifactMissing);
  });

  it('stay where they are when they cannot be opened for a moment, and are safe at the next attempt', async () => {
    const { store, folder } = await newStore();
    const ref = await store.putBytes(bytes('abc'));
    await store.flush([ref]);
    // A process of its own, because the test's would be out of files too.
    const flush = [process.execPath, join(import.meta.dirname, 'out-of-files.mjs'), folder, JSON.stringify(ref)];
    const { stdout } = await execa('sh', ['-c', 'ulimit -n 200 && exec "$@"', 'sh', ...flush]);
    expect(JSON.parse(stdout)).toEqual({
      outOfFiles: expect.stringContaining('too many files are open') as string,
      afterwards: 'flushed',
    });
    expect(text(await store.readBytes(ref))).toBe('abc');
  });

  it('are made again where the disk did not take them: asked a second time, it would say that it has', async () => {
    const { store } = await newStore();
    const ref = await store.putBytes(bytes('abc'));
    await store.flush([ref]);
    const path = await store.localPath(ref);
    await rm(path);
    // Nothing can be flushed to it, as to a disk that fails.
    await symlink('/dev/null', path);
    const failure: unknown = await store.flush([ref]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'infrastructure', message: expect.stringContaining(path) as string });
    await expect(store.flush([ref])).rejects.toThrow(ArtifactMissing);
    expect(await store.putBytes(bytes('abc'))).toEqual(ref);
    await store.flush([ref]);
  });

  it('may come with the digest that their writer made, which readers elsewhere prove', async () => {
    const { store, folder } = await newStore();
    const put = async (content: string) => {
      const made = store.temporaryPath('.layout');
      await writeFile(made, content);
      return store.putFile(made, { move: true, digest: { sha256: ABC, bytes: 3 }, flush: 'never' });
    };
    const ref = await put('abc');
    expect(await createArtifactStore(folder).localPath(ref)).toBe(await store.localPath(ref));
    await put('abd');
    await expect(createArtifactStore(folder).localPath(ref)).rejects.toThrow(ArtifactCorrupt);
  });
});

describe('a damaged artifact', () => {
  const damages: [string, (path: string) => Promise<void>, RegExp][] = [
    ['truncated', (path) => truncate(path, 2), /it has 2 bytes instead of 3/],
    ['emptied', (path) => truncate(path, 0), /it has 0 bytes instead of 3/],
    ['with a flipped bit', (path) => writeFile(path, 'abb'), /its bytes hash to/],
    ['longer', (path) => writeFile(path, 'abcd'), /it has 4 bytes instead of 3/],
  ];

  for (const read of ['localPath', 'readBytes', 'readJson'] as const) {
    for (const fresh of [true, false]) {
      it.each(damages)(
        `%s is found by ${read} ${fresh ? 'in a new process' : 'that read it before'}`,
        async (_, damage, why) => {
          const { store, folder } = await newStore();
          const ref = await store.putBytes(bytes('abc'));
          await damage(await store.localPath(ref));
          const reader = fresh ? createArtifactStore(folder) : store;
          const failure: unknown = await reader[read](ref).catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(ArtifactCorrupt);
          expect(failure).toMatchObject({
            kind: 'infrastructure',
            sha256: ABC,
            message: expect.stringMatching(why) as string,
          });
          expect((failure as Error).message).toContain(ABC);
          // Nobody reads it again, and making it again heals the store.
          await expect(reader.localPath(ref)).rejects.toBeInstanceOf(ArtifactMissing);
          expect(await store.putBytes(bytes('abc'))).toEqual(ref);
          expect(text(await reader.readBytes(ref))).toBe('abc');
        },
      );
    }
  }

  it('is healed by storing it again, without anybody having noticed', async () => {
    const { store, folder } = await newStore();
    const ref = await store.putBytes(bytes('abc'));
    await writeFile(await store.localPath(ref), 'abb');
    await createArtifactStore(folder).putBytes(bytes('abc'));
    expect(text(await store.readBytes(ref))).toBe('abc');
  });

  it('is not blamed for a damaged reference', async () => {
    const { store } = await newStore();
    const ref = await store.putBytes(bytes('abc'));
    await expect(store.localPath({ ...ref, bytes: 4 })).rejects.toThrow(/its reference says 4 bytes, and it has 3/);
    expect(text(await store.readBytes(ref))).toBe('abc');
  });
});

describe('what was remembered', () => {
  it('is found under its kind and key', async () => {
    const { store, folder } = await newStore();
    expect(await store.recall('predictions', ABC)).toBeNull();
    await store.remember('predictions', ABC, { blob: 'x', rows: 3 });
    expect(await createArtifactStore(folder).recall('predictions', ABC)).toEqual({ blob: 'x', rows: 3 });
    expect(await store.recall('snapshots', ABC)).toBeNull();
    await store.remember('predictions', ABC, [2]);
    expect(await store.recall('predictions', ABC)).toEqual([2]);
    expect(await filesOf(folder)).toEqual([join('index', 'predictions', `${ABC}.json`)]);
  });

  it.each(['', '{"sha', 'null', '{"value":{"rows":3}}'])(
    'counts as forgotten when it is damaged: %j',
    async (damaged) => {
      const { store, folder } = await newStore();
      await store.remember('predictions', ABC, { rows: 3 });
      const path = join(folder, 'index', 'predictions', `${ABC}.json`);
      await writeFile(path, damaged);
      expect(await store.recall('predictions', ABC)).toBeNull();
      await store.remember('predictions', ABC, { rows: 3 });
      expect(await store.recall('predictions', ABC)).toEqual({ rows: 3 });
    },
  );

  it('counts as forgotten when one bit is flipped', async () => {
    const { store, folder } = await newStore();
    await store.remember('predictions', ABC, { rows: 3 });
    const path = join(folder, 'index', 'predictions', `${ABC}.json`);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"rows":3', '"rows":7'));
    expect(await store.recall('predictions', ABC)).toBeNull();
  });
});

describe('files of runs', () => {
  it('are written, replaced, read and listed, the latest run first', async () => {
    const { store, folder, scratch } = await newStore();
    expect(await store.runs()).toEqual([]);
    const report = join(scratch, 'report.html');
    await writeFile(report, '<html>');
    await store.writeRunFile('run-1', 'result.json', bytes('{}'));
    const path = await store.writeRunFile('run-1', 'report.html', { path: report });
    await store.writeRunFile('daily-2026-01-31T06:00:00Z', 'result.json', bytes('{"a":1}'));
    await store.writeRunFile('daily-2026-01-31T06:00:00Z', 'result.json', bytes('{"a":2}'));
    const later = new Date(Date.now() + 5000);
    await utimes(path, later, later);
    expect(path).toBe(join(folder, 'runs', 'run-1', 'report.html'));
    expect(text(await store.readRunFile('daily-2026-01-31T06:00:00Z', 'result.json'))).toBe('{"a":2}');
    expect(text(await store.readRunFile('run-1', 'report.html'))).toBe('<html>');
    expect(await store.readRunFile('run-1', 'none')).toBeNull();
    expect(await store.readRunFile('run-2', 'result.json')).toBeNull();
    expect((await store.runs()).map(({ run, files }) => [run, files])).toEqual([
      ['run-1', ['report.html', 'result.json']],
      ['daily-2026-01-31T06:00:00Z', ['result.json']],
    ]);
  });

  it('leave nothing behind when their source is missing', async () => {
    const { store, folder } = await newStore();
    await expect(store.writeRunFile('r', 'report.html', { path: '/no/such/file' })).rejects.toThrow(
      /Cannot read \/no\/such\/file: there is no such file/,
    );
    expect(await store.readRunFile('r', 'report.html')).toBeNull();
    await expect(stat(join(folder, 'runs', 'r'))).rejects.toThrow();
  });
});

describe('names', () => {
  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '/etc', 'a\0b', '.hidden', 'x'.repeat(256)])(
    'that could lead elsewhere are refused: %j',
    async (name) => {
      const { store, scratch } = await newStore();
      await expect(store.writeRunFile(name, 'result.json', bytes('x'))).rejects.toThrow(/is not the name of a run/);
      await expect(store.writeRunFile('run', name, bytes('x'))).rejects.toThrow(/is not the name of a run's file/);
      await expect(store.readRunFile(name, 'x')).rejects.toThrow(/is not/);
      await expect(store.remember(name, ABC, 1)).rejects.toThrow(/is not/);
      await expect(store.recall('kind', name)).rejects.toThrow(/is not a SHA-256/);
      await expect(store.localPath({ sha256: name, bytes: 1 })).rejects.toThrow(/is not a SHA-256/);
      if (name !== '' && name !== '.hidden') expect(() => store.temporaryPath(name)).toThrow(/is not a suffix/);
      expect(await filesOf(scratch)).toEqual([]);
    },
  );
});

describe('names that are as long as they get', () => {
  it('of a run: those of a pipeline and a version, and the digits of the run', async () => {
    const { store } = await newStore();
    const run = `${'p'.repeat(100)}.${'v'.repeat(128)}.0123456789ab`;
    await store.writeRunFile(run, 'result.json', bytes('x'));
    expect(text(await store.readRunFile(run, 'result.json'))).toBe('x');
    expect((await store.runs()).map((entry) => entry.run)).toEqual([run]);
  });

  it('of a file, which is called by more than its name while it is written', async () => {
    const { store } = await newStore();
    await store.writeRunFile('run', 'f'.repeat(200), bytes('x'));
    await expect(store.writeRunFile('run', 'f'.repeat(201), bytes('x'))).rejects.toThrow(/at most 200 letters/);
  });
});

describe('a folder that cannot be written', () => {
  it('is reported with the folder and what to do, by every kind of write', async () => {
    const { scratch } = await newStore();
    const file = join(scratch, 'file');
    await writeFile(file, 'abc');
    const store = createArtifactStore(join(file, 'artifacts'));
    const expected = {
      kind: 'infrastructure',
      message: expect.stringMatching(
        /Cannot write.*file\/artifacts.*a part of this path is a file.*choose another folder/,
      ) as string,
    };
    await expect(store.checkWritable()).rejects.toMatchObject(expected);
    await expect(store.putBytes(bytes('x'))).rejects.toMatchObject(expected);
    await expect(store.putFile(file)).rejects.toMatchObject(expected);
    await expect(store.putJson({})).rejects.toMatchObject(expected);
    await expect(store.remember('kind', ABC, 1)).rejects.toMatchObject(expected);
    await expect(store.writeRunFile('r', 'f', bytes('x'))).rejects.toMatchObject(expected);
    expect(() => store.temporaryPath()).toThrow(/a part of this path is a file/);
    expect(await readFile(file, 'utf8')).toBe('abc');
  });

  it.skipIf(process.platform !== 'linux')('is reported where the system refuses new folders', async () => {
    const store = createArtifactStore('/proc/segmentry/artifacts');
    const refused = {
      kind: 'infrastructure',
      message: expect.stringMatching(/\/proc\/segmentry.*Choose another folder/) as string,
    };
    await expect(store.checkWritable()).rejects.toMatchObject(refused);
    await expect(store.putBytes(bytes('x'))).rejects.toMatchObject(refused);
    expect(() => store.temporaryPath()).toThrow(/Choose another folder/);
  });

  it('does not take the blame for a source that cannot be read', async () => {
    const { store, scratch, folder } = await newStore();
    await expect(store.putFile(join(scratch, 'none'))).rejects.toThrow(/Cannot store .*none: there is no such file/);
    await expect(store.putFile(scratch)).rejects.toThrow(/is not a regular file/);
    await expect(stat(folder)).rejects.toThrow();
  });

  it('can be written again when the cause is gone', async () => {
    const { store, scratch, folder } = await newStore();
    await writeFile(join(scratch, '.segmentry'), 'in the way');
    await expect(store.checkWritable()).rejects.toThrow(/a part of this path is a file/);
    await rm(join(scratch, '.segmentry'));
    await store.checkWritable();
    await store.putBytes(bytes('abc'));
    await rm(folder, { recursive: true });
    expect(text(await store.readBytes(await store.putBytes(bytes('abc'))))).toBe('abc');
  });
});

describe('temporary files', () => {
  it('have names of their own in the store', async () => {
    const { store, folder } = await newStore();
    const paths = [store.temporaryPath('.parquet'), store.temporaryPath('.parquet'), store.temporaryPath()];
    expect(new Set(paths).size).toBe(3);
    expect(paths.every((path) => path.startsWith(join(folder, 'tmp')))).toBe(true);
    expect(paths[0]).toMatch(/\.parquet$/);
  });

  it('of writers that died are deleted after a day', async () => {
    const { folder } = await newStore();
    await mkdir(join(folder, 'tmp'), { recursive: true });
    await writeFile(join(folder, 'tmp', 'old'), 'x');
    await writeFile(join(folder, 'tmp', 'young'), 'x');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(folder, 'tmp', 'old'), yesterday, yesterday);
    await createArtifactStore(folder).putBytes(bytes('abc'));
    expect(await readdir(join(folder, 'tmp'))).toEqual(['young']);
  });

  it('of writers that die are deleted by a process that lives for months, too', async () => {
    const { folder } = await newStore();
    const store = createArtifactStore(folder);
    await store.putBytes(bytes('abc'));
    await writeFile(join(folder, 'tmp', 'left'), 'x');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 60 * 60 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    await store.putBytes(bytes('def'));
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('of writers that died while they wrote a file of a run are deleted when the next file of any run is written', async () => {
    const { store, folder } = await newStore();
    const [left, young] = ['.result.json.1.a.tmp', '.result.json.2.b.tmp'].map((name) =>
      join(folder, 'runs', 'run', name),
    );
    await mkdir(join(folder, 'runs', 'run'), { recursive: true });
    for (const path of [left!, young!, join(folder, 'runs', 'run', 'result.json')]) await writeFile(path, 'x');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const path of [left!, join(folder, 'runs', 'run', 'result.json')]) await utimes(path, yesterday, yesterday);
    await store.writeRunFile('another', 'result.json', bytes('x'));
    await vi.waitFor(() => expect(stat(left!)).rejects.toThrow());
    expect(await readdir(join(folder, 'runs', 'run'))).toEqual(['.result.json.2.b.tmp', 'result.json']);
  });
});

describe('createArtifactStore', () => {
  it('opens paths and file URIs, and says what is not there yet', async () => {
    const { folder } = await newStore();
    expect(createArtifactStore(pathToFileURL(folder).href).uri).toBe(folder);
    expect(() => createArtifactStore('s3://bucket/prefix')).toThrow(/not available yet in this version/);
    expect(() => createArtifactStore('gs://bucket')).toThrow(/give a folder or a file:\/\/ URI/);
    expect(() => createArtifactStore('')).toThrow(/is empty/);
    expect(() => createArtifactStore('s3://KEY:hunter2@bucket')).toThrow(
      /^(?!.*hunter2).*s3:\/\/\*\*\*@bucket.*environment/,
    );
  });
});
