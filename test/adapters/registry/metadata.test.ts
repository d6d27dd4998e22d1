import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry } from '../../../adapters/registry/create-registry.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segmentry-metadata-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function version(metadata: unknown): void {
  const path = join(folder, 'm', '1');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'model.onnx'), 'not looked at here');
  writeFileSync(join(path, 'model.json'), JSON.stringify(metadata));
}

describe('model.json', () => {
  it('says how the classes are called and which output holds the predictions', async () => {
    version({ classes: ['no', 'yes'], output: 'probabilities', team: 'fraud' });
    const { metadata } = await createRegistry(folder).resolve('m', '1');
    expect(metadata).toMatchObject({ classes: ['no', 'yes'], output: 'probabilities', team: 'fraud' });
  });

  it('with classes that are no list is refused, naming the file and the key', async () => {
    version({ classes: 'yes' });
    const registry = createRegistry(folder);
    await expect(registry.modelFile(await registry.resolve('m', '1'))).rejects.toThrow(/model\.json.*classes/s);
  });
});
