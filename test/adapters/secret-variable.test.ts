import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSecret } from '../../adapters/secret-variable.js';
import { newFolder } from '../scratch-folder.js';

describe('a secret', () => {
  it('is what the variable says, or the file that the other variable names', async () => {
    const file = join(await newFolder(), 'token');
    await writeFile(file, 'from-file\n');
    expect(readSecret({}, 'TOKEN')).toBeNull();
    expect(readSecret({ TOKEN: '', TOKEN_FILE: '' }, 'TOKEN')).toBeNull();
    expect(readSecret({ TOKEN: ' written ' }, 'TOKEN')).toBe('written');
    expect(readSecret({ TOKEN_FILE: file }, 'TOKEN')).toBe('from-file');
  });

  it('is refused where two are named, and where the file has none', async () => {
    const folder = await newFolder();
    const empty = join(folder, 'empty');
    await writeFile(empty, ' \n');
    expect(() => readSecret({ TOKEN: 'a', TOKEN_FILE: empty }, 'TOKEN')).toThrow('Both TOKEN and TOKEN_FILE are set');
    expect(() => readSecret({ TOKEN_FILE: empty }, 'TOKEN')).toThrow(`The file ${empty} (TOKEN_FILE) is empty.`);
    expect(() => readSecret({ TOKEN_FILE: join(folder, 'none') }, 'TOKEN')).toThrow('cannot be read: ENOENT');
  });
});
