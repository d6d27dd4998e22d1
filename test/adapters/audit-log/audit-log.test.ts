import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, type AuditRecord, FolderAuditLog, verifyAudit } from '../../../adapters/audit-log/index.js';
import { auditHash } from '../../../adapters/audit-log/audit-record.js';
import { fileNameOf } from '../../../adapters/hash-chained-log/numbered-files.js';
import { newFolder } from '../../scratch-folder.js';

function deed(change: Partial<AuditEvent> = {}): AuditEvent {
  return { actor: 'ann', action: 'alias-set', subject: 'm/2', run: null, details: { from: '1' }, key: null, ...change };
}

async function written(count: number): Promise<{ folder: string; log: FolderAuditLog }> {
  const folder = join(await newFolder(), 'audit');
  const log = new FolderAuditLog(folder);
  for (let i = 1; i <= count; i++) await log.record(deed({ details: { number: i } }));
  return { folder, log };
}

const pathOf = (folder: string, seq: number): string => join(folder, fileNameOf(seq));

async function change(folder: string, seq: number, edit: (record: AuditRecord) => object): Promise<void> {
  const record = JSON.parse(await readFile(pathOf(folder, seq), 'utf8')) as AuditRecord;
  await writeFile(pathOf(folder, seq), JSON.stringify(edit(record)));
}

/** As somebody does it who knows how hashes are made. */
const rewritten = (record: AuditRecord): object => {
  const lie = { ...record, actor: 'nobody' };
  return { ...lie, hash: auditHash(lie) };
};

describe('the audit log', () => {
  it('keeps who did what, in order, each record naming the one before', async () => {
    const { log } = await written(3);
    const records = (await log.read()).map(({ event }) => event);
    expect(records).toMatchObject([
      { seq: 1, actor: 'ann', action: 'alias-set', subject: 'm/2', details: { number: 1 }, previous: null },
      { seq: 2, previous: records[0]!.hash },
      { seq: 3, previous: records[1]!.hash },
    ]);
    expect(Date.parse(records[0]!.time)).not.toBeNaN();
  });

  it('writes a deed with a key once, also when another process wrote it', async () => {
    const { folder, log } = await written(1);
    const first = await log.record(deed({ key: 'k' }));
    expect(await log.record(deed({ key: 'k' }))).toEqual(first);
    expect(await new FolderAuditLog(folder).record(deed({ key: 'k' }))).toEqual(first);
    expect(await log.read()).toHaveLength(2);
  });

  it('has no passwords and tokens of addresses', async () => {
    const { folder, log } = await written(0);
    const secret = 'https://ann:s3cr3t@models.example/r?X-Amz-Signature=s3cr3t';
    await log.record(deed({ actor: secret, subject: secret, details: { registry: secret } }));
    const text = await readFile(pathOf(folder, 1), 'utf8');
    expect(text).not.toContain('s3cr3t');
    expect(text).toContain('https://***@models.example/r?X-Amz-Signature=***');
    expect(await verifyAudit(folder, [])).toMatchObject({ ok: true, records: 1 });
  });

  it('is begun anew by a process that goes on after the folder was deleted', async () => {
    const { folder, log } = await written(2);
    await rm(folder, { recursive: true });
    await log.record(deed({ key: 'k' }));
    await log.record(deed({ key: 'k' }));
    expect(await verifyAudit(folder, [])).toMatchObject({ ok: true, records: 1 });
  });

  it('takes what happens after a record was damaged, and the damage is still found', async () => {
    const { folder, log } = await written(3);
    await writeFile(pathOf(folder, 3), '{ "half');
    await log.record(deed());
    await new FolderAuditLog(folder).record(deed());
    expect(await verifyAudit(folder, [])).toMatchObject({ ok: false, seq: 3, damage: 'changed' });
  }, 30_000);
});

describe('verifying an audit log', () => {
  it('finds nothing wrong with one that was only written', async () => {
    const { folder, log } = await written(5);
    const end = (await log.read()).at(-1)!.event;
    expect(await verifyAudit(folder, [{ seq: 5, hash: end.hash, from: 'a note' }])).toEqual({
      ok: true,
      records: 5,
      head: { seq: 5, hash: end.hash },
      anchors: 1,
    });
    expect(await verifyAudit(join(folder, 'nowhere'), [])).toMatchObject({ ok: true, records: 0 });
  });

  it.each<[string, (folder: string) => Promise<unknown>, { readonly seq: number | null; readonly damage: string }]>([
    [
      'a record that was changed',
      (folder) => change(folder, 2, (record) => ({ ...record, actor: 'nobody' })),
      { seq: 2, damage: 'changed' },
    ],
    [
      'a record to which something was added',
      (folder) => change(folder, 2, (record) => ({ ...record, approved: true })),
      { seq: 2, damage: 'changed' },
    ],
    [
      'a record that was written anew with a hash that is right',
      (folder) => change(folder, 2, rewritten),
      { seq: 2, damage: 'changed' },
    ],
    [
      'the newest record, written anew with a hash that is right',
      (folder) => change(folder, 5, rewritten),
      { seq: 5, damage: 'changed' },
    ],
    ['a record that was emptied', (folder) => writeFile(pathOf(folder, 4), ''), { seq: 4, damage: 'changed' }],
    ['a record that was deleted', (folder) => rm(pathOf(folder, 3)), { seq: 3, damage: 'missing' }],
    [
      'two records that changed places',
      async (folder) => {
        await rename(pathOf(folder, 2), join(folder, 'x'));
        await rename(pathOf(folder, 3), pathOf(folder, 2));
        await rename(join(folder, 'x'), pathOf(folder, 3));
      },
      { seq: 2, damage: 'reordered' },
    ],
    [
      'a record of another log',
      async (folder) => {
        const other = await written(3);
        await writeFile(pathOf(folder, 3), await readFile(pathOf(other.folder, 3)));
      },
      { seq: 3, damage: 'foreign' },
    ],
    [
      'a newest record of another log',
      async (folder) => {
        const other = await written(5);
        await writeFile(pathOf(folder, 5), await readFile(pathOf(other.folder, 5)));
      },
      { seq: 5, damage: 'foreign' },
    ],
    [
      'a file that is no record',
      (folder) => writeFile(join(folder, 'note.txt'), 'hello'),
      { seq: null, damage: 'foreign' },
    ],
    ['records that were cut off the end', (folder) => rm(pathOf(folder, 5)), { seq: 5, damage: 'truncated' }],
    [
      'all records gone',
      async (folder) => {
        for (const name of await readdir(folder)) if (name !== 'head.json') await rm(join(folder, name));
      },
      { seq: 1, damage: 'truncated' },
    ],
    ['a head that was deleted', (folder) => rm(join(folder, 'head.json')), { seq: null, damage: 'missing' }],
    [
      'a head that is no head',
      (folder) => writeFile(join(folder, 'head.json'), '{}'),
      { seq: null, damage: 'changed' },
    ],
  ])('names %s', async (_, damage, expected) => {
    const { folder } = await written(5);
    await damage(folder);
    const check = await verifyAudit(folder, []);
    expect(check).toMatchObject({ ok: false, ...expected });
    if (expected.seq !== null) expect(check).toMatchObject({ path: pathOf(folder, expected.seq) });
  });

  it('finds a log that was cut together with its head, when something else names what is gone', async () => {
    const { folder, log } = await written(5);
    const records = (await log.read()).map(({ event }) => event);
    await rm(pathOf(folder, 5));
    await rm(pathOf(folder, 4));
    const head = JSON.stringify({ format: 'segmentry/audit-head/v1', seq: 3, hash: records[2]!.hash });
    await writeFile(join(folder, 'head.json'), head);
    // Nothing is left in the folder that could tell.
    expect(await verifyAudit(folder, [])).toMatchObject({ ok: true, records: 3 });
    const anchor = { seq: 5, hash: records[4]!.hash, from: 'runs/r/artifacts.json' };
    const check = await verifyAudit(folder, [anchor]);
    expect(check).toMatchObject({ ok: false, seq: 4, damage: 'truncated' });
    expect(check.ok ? '' : check.problem).toBe(
      'records 4 to 5 were cut off the end: runs/r/artifacts.json names record 5',
    );
  });

  it('finds a log that was written anew, when something else names a record of the old one', async () => {
    const old = await written(3);
    const anchor = { seq: 2, hash: (await old.log.read())[1]!.event.hash, from: 'runs/r/artifacts.json' };
    const { folder } = await written(4);
    expect(await verifyAudit(folder, [anchor])).toMatchObject({ ok: false, seq: 2, damage: 'changed' });
  });
});
