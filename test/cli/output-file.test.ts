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
    ['is a folder', 'results', 'it is a folder; name a file in it'],
    ['would be in a file', 'kept.json/result.json', 'something that is no folder is in the way'],
    ['would be in a folder in a file', 'kept.json/results/result.json', 'something that is no folder is in the way'],
  ])('is refused before and when it is written where it %s', async (_, name, why) => {
    const path = join(folder, name);
    const message = `cannot write ${path}: ${why}`;
    await expect(requireWritable(path)).rejects.toMatchObject({ message, kind: 'usage' });
    await expect(writeTo(path, '{}')).rejects.toMatchObject({ message, kind: 'usage' });
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
