/** Many processes, one audit log. They run the built package, so `npm run build` comes first (`npm test` sees to it). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuditLog, verifyAudit } from '../../../adapters/audit-log/index.js';
import { newFolder } from '../../scratch-folder.js';

const WRITERS = 6;
const DEEDS = 10;

async function startWriter(store: string, name: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'writer.mjs'), [store, name], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

describe('an audit log that several processes write to', () => {
  it('has every deed once, in one unbroken chain', async () => {
    const store = await newFolder();
    const writers = await Promise.all(Array.from({ length: WRITERS }, (_, i) => startWriter(store, `writer-${i}`)));
    const answers = await Promise.all(
      writers.map(async (child) => {
        const answered = once(child, 'message');
        child.send({ task: 'record', count: DEEDS });
        return (await answered)[0] as { readonly error?: string };
      }),
    );
    expect(answers).toEqual(answers.map(() => ({})));
    const log = createAuditLog(store);
    const keys = (await log.read()).map(({ event }) => event.key);
    expect(keys).toHaveLength(DEEDS / 2 + (WRITERS * DEEDS) / 2);
    expect(new Set(keys).size).toBe(keys.length);
    expect(await verifyAudit(log.folder, [])).toMatchObject({ ok: true, records: keys.length });
  });

  it.each([7, 40, 130])('is whole when its writers are killed after %i ms, and goes on', async (milliseconds) => {
    const store = await newFolder();
    const writers = await Promise.all([startWriter(store, 'a'), startWriter(store, 'b')]);
    for (const child of writers) child.send({ task: 'forever' });
    const log = createAuditLog(store);
    while ((await readdir(log.folder).catch(() => [])).length === 0) await sleep(1);
    await sleep(milliseconds);
    await Promise.all(
      writers.map(async (child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
    const before = await verifyAudit(log.folder, []);
    // A process that was killed between its first record and the first head has left none.
    const records = before.ok ? before.records : (await log.read()).length;
    if (!before.ok) expect(before).toMatchObject({ path: join(log.folder, 'head.json'), damage: 'missing' });
    await log.record({ actor: 'test', action: 'verdict', subject: 's', run: 'r', details: {}, key: 'after' });
    expect(await verifyAudit(log.folder, [])).toMatchObject({ ok: true, records: records + 1 });
  });
});
