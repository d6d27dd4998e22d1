import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../adapters/registry/create-registry.js';
import { FolderRegistry } from '../../../adapters/registry/folder-registry.js';
import { MODEL, newFolder, newRegistry, serve } from './registry-folder.js';

const viewOf = async (folder: string): Promise<{ aliases: Record<string, string>; seq: number }> =>
  JSON.parse(await readFile(join(folder, 'aliases.json'), 'utf8')) as never;

describe('a registry as people make it', () => {
  it('lists models, and versions in number order, without any event or metadata', async () => {
    const { registry, modelFolder } = await newRegistry('10', '2', '1');
    await mkdir(join(modelFolder, 'notes'));
    await writeFile(join(modelFolder, 'README.md'), 'how we trained');
    const state = await registry.describe(MODEL);
    expect(await registry.models()).toEqual([MODEL]);
    expect(state.versions.map(({ version }) => version)).toEqual(['1', '2', '10']);
    expect(state).toMatchObject({ aliases: {}, events: [], served: [], warnings: [] });
    expect(state.versions[0]).toEqual({ model: MODEL, version: '1', sha256: null, metadata: {}, problem: null });
  });

  it('keeps metadata, unknown keys included, and finds a model under another name', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    await mkdir(join(modelFolder, '2'));
    await writeFile(join(modelFolder, '2', 'gbm.onnx'), 'x');
    const metadata = { format: 'segmentry/model/v1', version: '2', task: 'binary', positive: 1, team: { lead: 'Ada' } };
    await writeFile(join(modelFolder, '2', 'model.json'), JSON.stringify(metadata));
    const version = await registry.resolve(MODEL, '2');
    expect(version.metadata).toEqual({ task: 'binary', positive: 1, team: { lead: 'Ada' } });
    expect(await registry.modelFile(version)).toBe(join(modelFolder, '2', 'gbm.onnx'));
  });

  it.each([
    ['{"version": "2"}', /says that it is version "2"/],
    ['{"file": "../../secret"}', /file: must be the name of a file in the same folder/],
    ['{"file": "other.onnx"}', /other.onnx is missing/],
    ['{"sha256": "abc"}', /must be a SHA-256/],
    ['{"format": "segmentry/model/v9"}', /format/],
    ['{', /JSON/],
  ])('names what is wrong with the metadata %s, and only this version suffers', async (text, problem) => {
    const { registry, modelFolder } = await newRegistry('1', '3');
    await writeFile(join(modelFolder, '1', 'model.json'), text);
    const bad = await registry.resolve(MODEL, '1');
    expect(bad.problem).toMatch(problem);
    await expect(registry.modelFile(bad)).rejects.toThrow(problem);
    await expect(serve(registry, '1')).rejects.toThrow(problem);
    expect((await registry.resolve(MODEL, '3')).problem).toBeNull();
  });

  it('refuses a model whose bytes are not those that were registered', async () => {
    const { registry, modelFolder, folder } = await newRegistry('1');
    const added = await registry.addVersion(MODEL, join(modelFolder, '1', 'model.onnx'), { actor: 'ada' });
    const path = await registry.modelFile(added);
    await writeFile(path, 'other bytes');
    await expect(registry.modelFile(added)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/the bytes of .*model.onnx are not those that were registered/) as string,
    });
    expect(path.startsWith(folder)).toBe(true);
  });

  it('lists a version that cannot be read with the reason', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    await symlink('loop', join(modelFolder, 'loop'));
    await mkdir(join(modelFolder, '2', 'model.json'), { recursive: true });
    const { versions } = await registry.describe(MODEL);
    expect(versions.map(({ version, problem }) => [version, problem])).toEqual([
      ['1', null],
      ['2', expect.stringMatching(/model.json: this is a folder, and a file is needed$/)],
      ['loop', expect.stringMatching(/symbolic links/)],
    ]);
  });

  it('does not take a link to a file for a version', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    await symlink('1/model.onnx', join(modelFolder, 'latest'));
    expect((await registry.describe(MODEL)).versions.map(({ version }) => version)).toEqual(['1']);
  });
});

describe('resolve', () => {
  it('counts the models that it does not name', async () => {
    const { folder, registry } = await newRegistry('1');
    for (let number = 10; number < 29; number++) await mkdir(join(folder, `m${number}`));
    await expect(registry.resolve('nope', '1')).rejects.toThrow(/It has: late-flight, m10, .*, m28\.$/);
    await mkdir(join(folder, 'm29'));
    await mkdir(join(folder, 'm30'));
    await expect(registry.resolve('nope', '1')).rejects.toThrow(/It has: late-flight, m10, .*, m28 and 2 more\.$/);
  });

  it('says which versions there are, and how to set an alias that nobody set', async () => {
    const { registry } = await newRegistry('1', '2');
    await expect(registry.resolve(MODEL, '@serving')).rejects.toMatchObject({
      kind: 'usage',
      message: `late-flight has no alias "@serving". It has versions 1, 2. To set it: segmentry registry alias late-flight serving 2 --registry ${registry.uri}`,
    });
    await expect(registry.resolve(MODEL, '@previous')).rejects.toThrow(/no version of it serves yet/);
  });

  it('helps with what was meant', async () => {
    const { registry, folder } = await newRegistry('1', '2');
    await serve(registry, '1');
    await expect(registry.resolve(MODEL, '@servign')).rejects.toThrow(/It has: @serving\. Did you mean "@serving"\?/);
    await expect(registry.resolve(MODEL, 'serving')).rejects.toThrow(/"serving" is an alias: write "@serving"/);
    await expect(registry.resolve(MODEL, '@2')).rejects.toThrow(/"2" is a version: write it without the "@"/);
    await expect(registry.resolve(MODEL, '7')).rejects.toThrow(/has no version "7"\. It has versions 1, 2\./);
    await expect(registry.resolve('late-fligth', '1')).rejects.toThrow(
      /It has: late-flight\. Did you mean "late-flight"\?/,
    );
    await expect(registry.resolve('../etc', '1')).rejects.toThrow(/cannot name a model/);
    await expect(registry.resolve(MODEL, '@../x')).rejects.toThrow(/cannot name an alias/);
    await expect(new FolderRegistry(join(folder, 'none')).resolve(MODEL, '1')).rejects.toThrow(
      /There is no registry at/,
    );
  });

  it('follows @serving and @previous', async () => {
    const { registry } = await newRegistry('1', '2');
    await serve(registry, '1', null);
    await expect(registry.resolve(MODEL, '@previous')).rejects.toThrow(
      /nothing that is still trusted served before version 1/,
    );
    await serve(registry, '2', '1');
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('2');
    expect((await registry.resolve(MODEL, '@previous')).version).toBe('1');
    await serve(registry, '1', '2', { effect: 'rollback', key: 'k' });
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('1');
    expect((await registry.resolve(MODEL, '@previous')).version).toBe('1');
  });
});

describe('setAlias', () => {
  it('writes once what is expected, and reports a conflict otherwise', async () => {
    const { registry } = await newRegistry('1', '2', '3');
    expect(await serve(registry, '1', null)).toEqual({ outcome: 'done', from: null, to: '1', seq: 1, warning: null });
    expect(await serve(registry, '2', '1')).toEqual({ outcome: 'done', from: '1', to: '2', seq: 2, warning: null });
    expect(await serve(registry, '3', '1')).toEqual({ outcome: 'conflict', from: '2', to: '3', seq: 2, warning: null });
    expect(await serve(registry, '3', null)).toMatchObject({ outcome: 'conflict', from: '2' });
    expect((await registry.describe(MODEL)).events).toHaveLength(2);
  });

  it('does the same key once, whatever happened since', async () => {
    const { registry } = await newRegistry('1', '2');
    await serve(registry, '2');
    const key = 'late-flight/2/rollback';
    const first = await serve(registry, '1', '2', { key, effect: 'rollback', run: 'run-1' });
    await serve(registry, '2');
    const again = await serve(registry, '1', '2', { key, effect: 'rollback', run: 'run-1' });
    expect(first).toMatchObject({ outcome: 'done', seq: 2 });
    expect(again).toEqual({ outcome: 'already', from: '2', to: '1', seq: 2, warning: null });
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('2');
  });

  it('writes no event when a person sets what is set', async () => {
    const { registry } = await newRegistry('1');
    await serve(registry, '1');
    expect(await serve(registry, '1')).toMatchObject({ outcome: 'already', from: '1', to: '1', seq: 1 });
    expect((await registry.describe(MODEL)).events).toHaveLength(1);
  });

  it('refuses what cannot be', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    const options = { expect: undefined, actor: 'a', reason: 'r' };
    await expect(registry.setAlias(MODEL, 'previous', '1', options)).rejects.toThrow(/"previous" cannot be set/);
    await expect(registry.setAlias(MODEL, 'serving', '2', options)).rejects.toThrow(/has no version "2"/);
    await expect(registry.setAlias(MODEL, '../x', '1', options)).rejects.toThrow(/cannot name an alias/);
    await expect(registry.setAlias(MODEL, 'serving', '@x', options)).rejects.toThrow(/cannot name a version/);
    expect(await readdir(modelFolder)).toEqual(['1']);
  });

  it('leaves a record of who, when, why and for which run', async () => {
    const { registry } = await newRegistry('1');
    await serve(registry, '1', null, { key: 'k', run: 'run-1', effect: 'promote', actor: 'ada', reason: 'passed' });
    expect((await registry.describe(MODEL)).events).toEqual([
      {
        seq: 1,
        time: '2026-01-01T00:00:00.000Z',
        previous: null,
        kind: 'alias-set',
        actor: 'ada',
        alias: 'serving',
        from: null,
        to: '1',
        key: 'k',
        reason: 'passed',
        run: 'run-1',
        effect: 'promote',
      },
    ]);
  });

  it('reports what the file system refuses, with the path and what to do', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    await writeFile(join(modelFolder, 'events'), 'a file where the folder should be');
    await expect(serve(registry, '1')).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringMatching(/late-flight\/events.*a part of this path is a file/) as string,
    });
  });
});

describe('the alias view', () => {
  it('shows the aliases after each event, and the derived one', async () => {
    const { registry, modelFolder } = await newRegistry('1', '2');
    await serve(registry, '1');
    expect(await viewOf(modelFolder)).toMatchObject({ seq: 1, aliases: { serving: '1' } });
    await serve(registry, '2');
    expect(await viewOf(modelFolder)).toMatchObject({ seq: 2, aliases: { serving: '2', previous: '1' } });
  });

  it('is made again by a retry, when the first try died before it wrote it', async () => {
    const { registry, modelFolder } = await newRegistry('1', '2');
    await serve(registry, '1');
    const old = await readFile(join(modelFolder, 'aliases.json'));
    await serve(registry, '2', '1', { key: 'k' });
    await writeFile(join(modelFolder, 'aliases.json'), old);
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('2');
    expect(await serve(registry, '2', '1', { key: 'k' })).toMatchObject({ outcome: 'already', warning: null });
    expect(await viewOf(modelFolder)).toMatchObject({ seq: 2 });
  });

  it("is no setting, but a person's edit of it is neither obeyed nor overwritten in silence", async () => {
    const { registry, modelFolder } = await newRegistry('1', '2');
    await serve(registry, '2');
    const view = await viewOf(modelFolder);
    const edited = JSON.stringify({ ...view, aliases: { serving: '1' } });
    await writeFile(join(modelFolder, 'aliases.json'), edited);
    expect((await registry.describe(MODEL)).warnings).toEqual([expect.stringMatching(/"serving" is set to "1"/)]);
    await expect(registry.resolve(MODEL, '@serving')).rejects.toMatchObject({ kind: 'data' });
    expect((await registry.resolve(MODEL, '2')).version).toBe('2');
    // A run that expects what the log says meets the person's change as a conflict.
    expect(await serve(registry, '1', '2')).toMatchObject({ outcome: 'conflict', from: '1' });
    await registry.recordVerdict(MODEL, '2', 'FAIL', { run: 'r', key: 'k' });
    expect(await readFile(join(modelFolder, 'aliases.json'), 'utf8')).toBe(edited);
    // A person's command settles it.
    expect(await serve(registry, '1')).toMatchObject({ outcome: 'done', from: '2', to: '1' });
    expect((await registry.describe(MODEL)).warnings).toEqual([]);
  });

  it('that is damaged is written anew, and nothing else depends on it', async () => {
    const { registry, modelFolder } = await newRegistry('1', '2');
    await serve(registry, '1');
    await writeFile(join(modelFolder, 'aliases.json'), 'not JSON');
    expect((await registry.describe(MODEL)).warnings).toEqual([expect.stringMatching(/it is not JSON/)]);
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('1');
    expect(await serve(registry, '2', '1')).toMatchObject({ outcome: 'done', warning: null });
    expect(await viewOf(modelFolder)).toMatchObject({ aliases: { serving: '2' } });
  });

  it('that cannot be written does not undo what was done, and says so', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    await mkdir(join(modelFolder, 'aliases.json'));
    const change = await serve(registry, '1', null);
    expect(change).toMatchObject({ outcome: 'done', seq: 1 });
    expect(change.warning).toMatch(/aliases.json of late-flight is not up to date: Cannot write/);
    expect((await registry.resolve(MODEL, '@serving')).version).toBe('1');
    expect((await readdir(modelFolder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('verdicts', () => {
  it('are recorded once per key, for versions that exist', async () => {
    const { registry } = await newRegistry('1');
    await registry.recordVerdict(MODEL, '1', 'PASS', { run: 'r1', key: 'k1' });
    await registry.recordVerdict(MODEL, '1', 'PASS', { run: 'r1', key: 'k1' });
    await registry.recordVerdict(MODEL, '1', 'FAIL', { run: 'r2', key: 'k2' });
    await expect(registry.recordVerdict(MODEL, '2', 'PASS', { run: 'r', key: 'k' })).rejects.toThrow(/no version "2"/);
    const { verdicts, events } = await registry.describe(MODEL);
    expect(verdicts.map(({ version, verdict, run }) => [version, verdict, run])).toEqual([
      ['1', 'PASS', 'r1'],
      ['1', 'FAIL', 'r2'],
    ]);
    expect(events[0]).toMatchObject({ actor: 'run r1' });
  });
});

describe('addVersion', () => {
  it('deletes after a day what an addition left that was killed', async () => {
    const { registry, modelFolder } = await newRegistry('1');
    for (const name of ['.adding-old', '.adding-young']) {
      await mkdir(join(modelFolder, name));
      await writeFile(join(modelFolder, name, 'model.onnx'), 'half of a mod');
    }
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(modelFolder, '.adding-old'), yesterday, yesterday);
    await registry.addVersion(MODEL, join(modelFolder, '1', 'model.onnx'), { actor: 'ada' });
    expect((await readdir(modelFolder)).filter((name) => name.startsWith('.'))).toEqual(['.adding-young']);
  });

  it('numbers versions, keeps the bytes and what is known about them', async () => {
    const folder = await newFolder();
    const registry = new FolderRegistry(join(folder, 'registry'));
    const file = join(folder, 'trained.onnx');
    await writeFile(file, 'abc');
    const metadata = { task: 'binary' as const, features: ['a', 'b'], commit: 'f00' };
    const first = await registry.addVersion('m', file, { actor: 'ada', description: 'trees', metadata });
    const second = await registry.addVersion('m', file, { actor: 'ada' });
    expect([first.version, second.version]).toEqual(['1', '2']);
    expect(first.sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect((await registry.resolve('m', '1')).metadata).toEqual({ ...metadata, description: 'trees' });
    expect(await readFile(await registry.modelFile(first), 'utf8')).toBe('abc');
    expect((await registry.describe('m')).events).toMatchObject([
      { kind: 'version-added', version: '1', sha256: first.sha256 },
      { kind: 'version-added', version: '2' },
    ]);
  });

  it('does it once under one name, and never changes a version', async () => {
    const { registry, folder, modelFolder } = await newRegistry();
    const file = join(folder, 'trained.onnx');
    await writeFile(file, 'abc');
    await registry.addVersion(MODEL, file, { actor: 'ada', version: '2026-01' });
    await registry.addVersion(MODEL, file, { actor: 'ada', version: '2026-01' });
    expect((await registry.describe(MODEL)).events).toHaveLength(1);
    await writeFile(file, 'other');
    await expect(registry.addVersion(MODEL, file, { actor: 'ada', version: '2026-01' })).rejects.toThrow(
      /already has a version 2026-01, with other bytes/,
    );
    expect(await readFile(join(modelFolder, '2026-01', 'model.onnx'), 'utf8')).toBe('abc');
    expect((await readdir(modelFolder)).sort()).toEqual(['2026-01', 'events']);
  });

  it('gives each of many at once a number of its own', async () => {
    const { registry, folder, modelFolder } = await newRegistry('1');
    const file = join(folder, 'trained.onnx');
    await writeFile(file, 'abc');
    await mkdir(join(modelFolder, '4'));
    await writeFile(join(modelFolder, '4', 'notes.txt'), 'no model');
    const added = await Promise.all(Array.from({ length: 8 }, () => registry.addVersion(MODEL, file, { actor: 'a' })));
    expect(new Set(added.map(({ version }) => version)).size).toBe(8);
    expect(added.map(({ version }) => version)).not.toContain('4');
    expect((await registry.describe(MODEL)).events).toHaveLength(8);
  });

  it('refuses a missing file and names that lead elsewhere', async () => {
    const { registry, folder } = await newRegistry('1');
    const add = (file: string, version: string) => registry.addVersion(MODEL, file, { actor: 'a', version });
    await expect(add(join(folder, 'none.onnx'), '2')).rejects.toThrow(/There is no model file at/);
    await expect(add(folder, '2')).rejects.toThrow(/There is no model file at/);
    await expect(add(folder, '../2')).rejects.toThrow(/cannot name a version/);
    await expect(add(folder, 'events')).rejects.toThrow(/that folder holds the event log/);
  });
});

describe('createRegistry', () => {
  it('opens folders and file URIs, and says what is not there yet', async () => {
    const { folder } = await newRegistry('1');
    expect((await createRegistry(folder).resolve(MODEL, '1')).version).toBe('1');
    expect((await createRegistry(`file://${folder}`).resolve(MODEL, '1')).version).toBe('1');
    expect(() => createRegistry('mlflow://host')).toThrow(/not available yet/);
    expect(() => createRegistry('ftp://host')).toThrow(/give a folder/);
    expect(() => createRegistry(' ')).toThrow(/is empty/);
    expect(() => createRegistry('mlflow://ann:hunter2@host')).toThrow(
      /^(?!.*hunter2).*mlflow:\/\/\*\*\*@host.*environment/,
    );
  });
});
