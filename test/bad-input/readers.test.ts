/** What comes back from a registry's or a store's folder may be anything: somebody edited it, or a disk did. */
import { readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import { parseEvent } from '../../adapters/registry/event-format.js';
import { readResult } from '../../adapters/result-file/schema.js';
import { SegmentryError } from '../../domain/errors.js';
import { ROWS } from '../golden-models.js';
import { newFolder } from '../scratch-folder.js';

const RUNS = 300 * Number(process.env['SEGMENTRY_FUZZ'] ?? 1);

function explained(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(SegmentryError);
    expect((error as Error).message).not.toMatch(/\[object Object\]|undefined$/);
  }
}

const anything = fc.oneof(
  fc.jsonValue(),
  fc.record({
    format: fc.constant('segmentry/event/v1'),
    seq: fc.jsonValue(),
    kind: fc.constantFrom('verdict', 'alias-set'),
  }),
);

describe('any JSON', () => {
  it('is an event of the registry, or refused with the reason', () => {
    fc.assert(
      fc.property(anything, (value) => explained(() => parseEvent(JSON.stringify(value), 1, 'events/000001.json'))),
      { numRuns: RUNS },
    );
  });

  it('is a result, or refused with the reason', () => {
    fc.assert(
      fc.property(anything, (value) => explained(() => readResult(JSON.stringify(value)))),
      { numRuns: RUNS },
    );
  });
});

describe('a name that leads out of the registry', () => {
  it.each([
    '..',
    '../x',
    '/etc',
    'a/../../b',
    'a\\b',
    'a\0b',
    '.hidden',
    '',
    ' ',
    'a\nb',
    '\u202egnp',
    'x'.repeat(300),
  ])('%j is refused for models and versions', async (name) => {
    const folder = await newFolder();
    const registry = createRegistry(folder);
    const add = (model: string, version: string) => registry.addVersion(model, ROWS, { actor: 'a test', version });
    await expect(add(name, '1')).rejects.toMatchObject({ kind: 'usage' });
    await expect(add('m', name)).rejects.toMatchObject({ kind: 'usage' });
    expect(await readdir(folder, { recursive: true })).toEqual([]);
  });
});
