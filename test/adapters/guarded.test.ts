import { execFileSync } from 'node:child_process';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ArtifactMissing, type ArtifactStore, createArtifactStore } from '../../adapters/artifact-store/index.js';
import { FolderAuditLog } from '../../adapters/audit-log/audit-log.js';
import { guardedAudit, guardedRegistry, guardedStore } from '../../adapters/guarded.js';
import { FolderRegistry } from '../../adapters/registry/index.js';
import { SegmentryError } from '../../domain/errors.js';
import { newFolder } from '../scratch-folder.js';

const LIMITS = { smallMs: 100, bytesMs: 100, failures: 3, restMs: 200 };

/** A store whose `recall` does what the test says, and how often it was asked. */
function failing(folder: string): { store: ArtifactStore; answers: (() => Promise<unknown>)[]; asked: () => number } {
  const store = createArtifactStore(folder);
  const answers: (() => Promise<unknown>)[] = [];
  let asked = 0;
  store.recall = () => {
    asked++;
    return answers.shift()?.() ?? Promise.resolve('an answer');
  };
  return { store: guardedStore(store, LIMITS), answers, asked: () => asked };
}

const outage = (): Promise<never> =>
  Promise.reject(new SegmentryError('the device reports an error', 'infrastructure'));
const never = (): Promise<never> => new Promise(() => undefined);

describe('a guarded registry', () => {
  it('gives up a file that is never read to its end, and says which call to where', async () => {
    const folder = await newFolder();
    const model = join(folder, 'm.onnx');
    await writeFile(model, 'bytes');
    const plain = new FolderRegistry(join(folder, 'registry'));
    await plain.addVersion('m', model, { actor: 'a test' });
    const hanging = join(folder, 'registry', 'm', '1', 'model.json');
    await rm(hanging, { force: true });
    // Reading a pipe that nobody writes to takes as long as a network file system whose server is gone.
    execFileSync('mkfifo', [hanging]);
    const registry = guardedRegistry(plain, LIMITS);
    expect(registry).toBeInstanceOf(FolderRegistry);
    try {
      await expect(registry.resolve('m', '1')).rejects.toMatchObject({
        kind: 'infrastructure',
        message: expect.stringMatching(
          /model registry at .*registry did not answer within 0\.1 s \(resolve\)/,
        ) as string,
      });
    } finally {
      // The reader gets its end of file, and its thread back.
      await (await open(hanging, 'r+')).close();
    }
  });
});

describe('a guarded audit log', () => {
  it('gives up a record that is never written, and writes it once when the disk answers again', async () => {
    const folder = await newFolder();
    const plain = new FolderAuditLog(join(folder, 'audit'));
    const log = guardedAudit(plain, LIMITS);
    const deed = {
      actor: 'ann',
      action: 'promote',
      subject: 'm/1',
      run: null,
      details: {},
      key: 'approved/m/1',
    } as const;
    await mkdir(plain.folder);
    // Reading a pipe that nobody writes to takes as long as a network file system whose server is gone.
    execFileSync('mkfifo', [join(plain.folder, '000001.json')]);
    await expect(log.record(deed)).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringMatching(/audit log at .*audit did not answer within 0\.1 s \(record\)/) as string,
    });
    const again = log.record(deed).catch((error: unknown) => error);
    const pipe = await open(join(plain.folder, '000001.json'), 'r+');
    await rm(join(plain.folder, '000001.json'));
    await pipe.close();
    await again;
    await expect.poll(() => log.record(deed).catch(() => null)).toMatchObject({ seq: 1 });
    expect(await plain.read()).toHaveLength(1);
  });
});

describe('a guarded store', () => {
  it('is not asked any more when calls in a row failed or did not answer, and asked again after a rest', async () => {
    const { store, answers, asked } = failing(await newFolder());
    answers.push(outage, never, outage);
    await expect(store.recall('k', 'a')).rejects.toThrow('the device reports an error');
    await expect(store.recall('k', 'a')).rejects.toThrow('did not answer within 0.1 s (recall)');
    await expect(store.recall('k', 'a')).rejects.toThrow('the device reports an error');
    const refused = await Promise.allSettled(Array.from({ length: 200 }, () => store.recall('k', 'a')));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(refused[0]).toMatchObject({
      reason: {
        kind: 'infrastructure',
        message: expect.stringMatching(/3 calls in a row failed\. The last one: the device reports an error/) as string,
      },
    });
    expect(asked()).toBe(3);
    await delay(LIMITS.restMs + 50);
    expect(await store.recall('k', 'a')).toBe('an answer');
    expect(await store.recall('k', 'a')).toBe('an answer');
  });

  it('takes what it answers for answers: wrong names, bad data, artifacts that are gone', async () => {
    const { store, answers, asked } = failing(await newFolder());
    const errors = [
      new SegmentryError('no such model', 'usage'),
      new SegmentryError('not the bytes', 'data'),
      new ArtifactMissing('0'.repeat(64), 'the store'),
      new TypeError('a bug'),
    ];
    for (const error of [...errors, ...errors]) {
      answers.push(() => Promise.reject(error));
      await expect(store.recall('k', 'a')).rejects.toBe(error);
    }
    expect(asked()).toBe(8);
  });

  it('counts failures in a row only', async () => {
    const { store, answers, asked } = failing(await newFolder());
    for (let round = 0; round < 3; round++) {
      answers.push(outage, outage);
      await expect(store.recall('k', 'a')).rejects.toThrow('the device');
      await expect(store.recall('k', 'a')).rejects.toThrow('the device');
      expect(await store.recall('k', 'a')).toBe('an answer');
    }
    expect(asked()).toBe(9);
  });
});
