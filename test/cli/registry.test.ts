import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS, modelPath } from '../golden-models.js';
import { newFolder } from '../scratch-folder.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

const registry = (): string => join(folder, 'registry');
const segmentry = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8' });

describe('registry add', { timeout: 60_000 }, () => {
  const add = (model: string, file: string, ...more: string[]) =>
    segmentry('registry', 'add', model, file, '--registry', registry(), '--store', join(folder, 'store'), ...more);

  it.each([
    ['a damaged model', modelPath('corrupt'), /corrupt\.onnx: ONNX Runtime cannot load its file/],
    ['data', ROWS, /rows\.parquet: ONNX Runtime cannot load its file/],
    ['a model whose answer cannot be read', modelPath('zipmap'), /ZipMap.*options=\{'zipmap': False\}/],
  ])('never adds %s', (_what, file, message) => {
    const { status, stderr } = add('broken', file);
    expect(stderr).toMatch(message);
    expect(status).toBe(3);
    expect(existsSync(join(folder, 'registry'))).toBe(false);
  });

  it.each([
    ['is not there', null, /no such file/],
    ['is no JSON', 'task: binary', /not valid JSON/],
    ['is no object', '"binary"', /expected object/],
    ['has a task that there is not', '{ "task": "binry" }', /task: .*"binary"/],
    ['has features that are no list', '{ "features": "petal_length" }', /features: .*expected array/],
  ])('never adds a version with metadata that %s', (_what, text, message) => {
    const file = join(folder, text === null ? 'nowhere.json' : 'metadata.json');
    if (text !== null) writeFileSync(file, text);
    const { status, stderr } = add('broken', modelPath('matrix-float'), '--metadata', file);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`--metadata ${file}`);
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'registry'))).toBe(false);
  });

  it('adds a model whose features are named later', () => {
    expect(add('iris', modelPath('matrix-float'))).toMatchObject({ status: 0, stdout: '1\n' });
  });

  it('says and records once that a version was added, however often that is asked for', () => {
    const [first, second] = [1, 2].map(() => add('twice', modelPath('matrix-float'), '--as', '7'));
    expect(first).toMatchObject({ status: 0, stdout: '7\n', stderr: `twice version 7 is in ${registry()}\n` });
    expect(second!.stderr).toBe(`twice version 7 is in ${registry()} already, with the same bytes\n`);
    expect(second).toMatchObject({ status: 0, stdout: '7\n' });
    const listed = segmentry('audit', 'list', '--store', join(folder, 'store'), '--json').stdout;
    expect(listed.split('\n').filter((line) => line.includes('twice/7'))).toHaveLength(1);
  });
});

describe('registry alias', { timeout: 60_000 }, () => {
  it('is no version, which would be called as it is', () => {
    segmentry('registry', 'add', 'named', modelPath('matrix-float'), '--registry', registry());
    const { status, stderr } = segmentry('registry', 'alias', 'named', '1', '1', '--registry', registry());
    expect(stderr).toContain('"1" is a version of named: give the alias a name that is none.');
    expect(status).toBe(2);
  });
});
