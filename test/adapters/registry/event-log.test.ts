import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../adapters/registry/event-log.js';
import { FolderRegistry } from '../../../adapters/registry/folder-registry.js';
import { MODEL, newRegistry, serve, type TestRegistry } from './registry-folder.js';

const event = (seq: number): string => `${String(seq).padStart(6, '0')}.json`;

async function threeEvents(): Promise<TestRegistry & { events: string }> {
  const made = await newRegistry('1', '2');
  await serve(made.registry, '1');
  await serve(made.registry, '2');
  await serve(made.registry, '1');
  return { ...made, events: join(made.modelFolder, 'events') };
}

/** A link() as of a file system that has no hard links (or whose link() fails in another way). */
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

describe('the event log', () => {
  it('has one whole file per event and leaves no temporary ones', async () => {
    const { events } = await threeEvents();
    expect((await readdir(events)).sort()).toEqual([event(1), event(2), event(3)]);
  });

  it.each<[string, (events: string) => Promise<void>, number, RegExp]>([
    [
      'an event that was changed',
      async (events) => {
        const path = join(events, event(2));
        await writeFile(path, (await readFile(path, 'utf8')).replace('a test', 'a lie'));
      },
      2,
      /its bytes are not those that event 3 names/,
    ],
    ['an event that was deleted', (events) => rm(join(events, event(2))), 2, /it is missing/],
    ['events that were cut off', (events) => rm(join(events, event(3))), 3, /it is missing/],
    [
      'an event that was replaced by another',
      async (events) => writeFile(join(events, event(2)), await readFile(join(events, event(1)))),
      2,
      /its number is 1/,
    ],
    ['an event that is no JSON', (events) => writeFile(join(events, event(1)), '{'), 1, /JSON/],
  ])('names the first broken record: %s', async (_, damage, seq, problem) => {
    const { registry, events } = await threeEvents();
    expect(await registry.verifyLog(MODEL)).toEqual({ ok: true, events: 3 });
    await damage(events);
    const check = await registry.verifyLog(MODEL);
    expect(check).toMatchObject({ ok: false, seq, path: join(events, event(seq)) });
    expect(check.ok ? '' : check.problem).toMatch(problem);
  });

  it('does not decide on a log with a gap, a foreign number or an event of a newer version', async () => {
    const { registry, events } = await threeEvents();
    const third = await readFile(join(events, event(3)), 'utf8');
    await writeFile(join(events, event(5)), third);
    await expect(registry.describe(MODEL)).rejects.toThrow(/000004.json is missing/);
    await writeFile(join(events, event(4)), third);
    await expect(registry.describe(MODEL)).rejects.toThrow(/000004.json says that its number is 3/);
    await rm(join(events, event(5)));
    await writeFile(
      join(events, event(4)),
      third.replace('alias-set', 'alias-removed').replace('"seq": 3', '"seq": 4'),
    );
    await expect(serve(registry, '2')).rejects.toThrow(/update Segmentry if a newer version wrote it/);
    expect((await readdir(events)).length).toBe(4);
  });

  it('ignores files that are no events', async () => {
    const { registry, events } = await threeEvents();
    await writeFile(join(events, '.000004.json.77.tmp'), '{ "half');
    await writeFile(join(events, 'README'), 'hello');
    expect((await registry.describe(MODEL)).events).toHaveLength(3);
    expect(await serve(registry, '2')).toMatchObject({ outcome: 'done', seq: 4 });
  });
});

describe('without hard links', () => {
  it('takes a number by exclusive creation, still one for each of many at once', async () => {
    const { folder } = await newRegistry('1', '2');
    const registry = new FolderRegistry(folder, { now: () => new Date(0), link: failing('ENOTSUP') });
    const changes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => serve(registry, '1', null, { key: `k${i}` })),
    );
    expect(changes.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    expect(changes.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(9);
    expect(await registry.verifyLog(MODEL)).toEqual({ ok: true, events: 1 });
  });

  it('waits for an event that is being written', async () => {
    const { registry, events } = await threeEvents();
    const text = await readFile(join(events, event(3)), 'utf8');
    await writeFile(join(events, event(3)), text.slice(0, 20));
    const reading = registry.describe(MODEL);
    setTimeout(() => void writeFile(join(events, event(3)), text), 100);
    expect((await reading).events).toHaveLength(3);
  });

  it('waits for it by its own clock, whatever the clock of the file system says', async () => {
    const { registry, events } = await threeEvents();
    const text = await readFile(join(events, event(3)), 'utf8');
    await writeFile(join(events, event(3)), text.slice(0, 20));
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(join(events, event(3)), longAgo, longAgo);
    const reading = registry.describe(MODEL);
    setTimeout(() => void writeFile(join(events, event(3)), text), 300);
    expect((await reading).events).toHaveLength(3);
  });

  it('names an event that stays half, and that may be tried again: its writer is dead, or slow', async () => {
    const { registry, events } = await threeEvents();
    await writeFile(join(events, event(4)), '{"format": "segm');
    await expect(registry.describe(MODEL)).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringMatching(
        /000004.json is not readable.*while nothing that writes there runs.*delete the file/,
      ) as string,
    });
    await rm(join(events, event(4)));
    expect((await registry.describe(MODEL)).events).toHaveLength(3);
  });

  it('names an older event that is half, which nobody writes any more', async () => {
    const { registry, events } = await threeEvents();
    await writeFile(join(events, event(2)), '{"format": "segm');
    await expect(registry.describe(MODEL)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/000002.json is not readable as JSON: it was changed. Restore it/) as string,
    });
  });

  it('leaves other failures alone, and no half event behind', async () => {
    const { modelFolder } = await newRegistry('1');
    const folder = join(modelFolder, 'events');
    await mkdir(folder);
    const log = new EventLog(folder, { now: () => new Date(0), link: failing('ENOSPC') });
    const added = { kind: 'version-added', version: '1', sha256: 'x', actor: 'a' } as const;
    await expect(log.append(() => added)).rejects.toThrow(/000001.json: the disk is full/);
    expect(await readdir(folder)).toEqual([]);
  });
});
