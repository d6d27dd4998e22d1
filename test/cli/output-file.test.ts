import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireWritable, writeTo } from '../../cli/output-file.js';
import { newFolder } from '../scratch-folder.js';

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
  mkdirSync(join(folder, 'results'));
  writeFileSync(join(folder, 'kept.json'), '{}');
});

describe('a file that is asked for', () => {
  it.each([
    ['is a folder', 'results', 'this is a folder, and a file is needed'],
    ['would be in a file', 'kept.json/result.json', 'something else is already at this path'],
    ['would be in a folder in a file', 'kept.json/results/result.json', 'a part of this path is a file, not a folder'],
  ])('is refused before and when it is written where it %s', async (_, name, why) => {
    const path = join(folder, name);
    const told = { message: expect.stringContaining(`Cannot write ${path}: ${why}`) as string, kind: 'usage' };
    await expect(requireWritable(path)).rejects.toMatchObject(told);
    await expect(writeTo(path, '{}')).rejects.toMatchObject(told);
  });

  it('gets its folder before, and is neither made nor changed', async () => {
    const path = join(folder, 'new/result.json');
    await requireWritable(path);
    await requireWritable(join(folder, 'kept.json'));
    await requireWritable('-');
    expect(existsSync(join(folder, 'new'))).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(join(folder, 'kept.json'), 'utf8')).toBe('{}');
    await writeTo(path, '{"run":1}');
    expect(readFileSync(path, 'utf8')).toBe('{"run":1}');
  });
});
