import { readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditRecord, FolderAuditLog } from '../../adapters/audit-log/index.js';
import { FEWER_FLIGHTS, type Finished, MODEL, type Project, Sandbox, runIdIn } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('the audit log of a folder', { timeout: 180_000 }, () => {
  let project: Project;
  let run: string;
  const segmentry = (...args: string[]): Promise<Finished> => sandbox.run(args, { cwd: project.folder });
  const records = async (): Promise<readonly AuditRecord[]> => {
    const { stdout } = await segmentry('audit', 'list', '--json');
    return stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditRecord);
  };
  const pathOf = (name: string): string => join(project.folder, '.segmentry/artifacts/audit', name);

  beforeAll(async () => {
    project = await sandbox.project({ select: FEWER_FLIGHTS, promoted: false });
    for (const version of ['1', '2'])
      await segmentry('registry', 'alias', MODEL, 'serving', version, '--reason', 'deploy');
    const first = await segmentry('run', 'pipeline.yaml');
    expect(first.code).toBe(1);
    run = runIdIn(first.stderr);
  }, 180_000);

  it('tells who set, requested, started and took back what, each once', async () => {
    const { username } = userInfo();
    const by = expect.stringContaining(`${username} on `) as string;
    const registry = project.registry;
    expect(await records()).toMatchObject([
      { seq: 1, actor: by, action: 'alias-set', subject: `${MODEL}@serving`, details: { from: null, to: '1' } },
      { seq: 2, actor: by, action: 'alias-set', details: { from: '1', to: '2', reason: 'deploy', registry } },
      { seq: 3, actor: by, action: 'run-requested', subject: 'flight-delays', run, details: { act: true, registry } },
      { seq: 4, action: 'run-started', run, details: { candidate: `${MODEL}/2`, baseline: `${MODEL}/1`, registry } },
      { seq: 5, action: 'rollback', subject: `${MODEL}/2`, run, details: { outcome: 'done', from: '2', to: '1' } },
      { seq: 6, action: 'verdict', run, details: { verdict: 'FAIL' } },
    ]);
  });

  it('tells of a request that joined, and of nothing that did not happen again', async () => {
    const { code, stderr } = await segmentry('run', 'pipeline.yaml', '--candidate', '2', '--baseline', '1');
    expect(code, stderr).toBe(1);
    expect((await records()).slice(6)).toMatchObject([
      { action: 'run-requested', run, details: { candidate: '2', baseline: '1' } },
      { action: 'run-joined', run },
    ]);
  });

  it('tells who made, paused and deleted a schedule', async () => {
    for (const args of [
      ['create', 'pipeline.yaml', '--id', 'nightly'],
      ['pause', 'nightly'],
      ['delete', 'nightly'],
    ])
      expect(await segmentry('schedule', ...args)).toMatchObject({ code: 0 });
    expect((await records()).slice(8)).toMatchObject([
      { action: 'schedule-created', subject: 'nightly', details: { timezone: 'UTC' } },
      { action: 'schedule-paused', subject: 'nightly' },
      { action: 'schedule-deleted', subject: 'nightly' },
    ]);
  });

  it('is verified together with the registry, and says what was verified', async () => {
    const { code, stdout } = await segmentry('audit', 'verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^11 records, 1 model: intact\n/);
    expect(stdout).toContain(`${project.registry}: 1 model, `);
    const head = /head +(\S+)$/m.exec(stdout)![1]!;
    expect(head).toMatch(/^11:[0-9a-f]{64}$/);
    expect(await segmentry('audit', 'verify', '--head', head)).toMatchObject({ code: 0 });
  });

  it('is not taken for whole where there is none', async () => {
    const { code, stderr } = await segmentry('audit', 'verify', '--store', join(project.folder, 'typo'));
    expect(code).toBe(2);
    expect(stderr).toContain(`there is no audit log in ${join(project.folder, 'typo')}`);
  });

  it('names the first record that was changed, and an event of the registry', async () => {
    const text = await readFile(pathOf('000004.json'), 'utf8');
    await writeFile(pathOf('000004.json'), text.replace(`${MODEL}/2`, `${MODEL}/3`));
    const { code, stderr } = await segmentry('audit', 'verify');
    expect(code).toBe(3);
    expect(stderr).toContain(`record 4 ${pathOf('000004.json')} is changed`);
    await writeFile(pathOf('000004.json'), text);

    const event = join(project.registry, MODEL, 'events/000001.json');
    const original = await readFile(event, 'utf8');
    await writeFile(event, original.replace('deploy', 'a lie'));
    const broken = await segmentry('audit', 'verify');
    expect(broken).toMatchObject({ code: 3, stderr: expect.stringContaining(`model ${MODEL}: event 1`) as string });
    await writeFile(event, original);
    expect(await segmentry('audit', 'verify')).toMatchObject({ code: 0 });
  });

  it('finds a log that was cut together with its head: the run knows where it ended', async () => {
    const log = new FolderAuditLog(join(project.folder, '.segmentry/artifacts/audit'));
    const fifth = (await log.read())[4]!.event;
    for (let seq = 6; seq <= 11; seq++) await rm(pathOf(`${String(seq).padStart(6, '0')}.json`));
    const head = { format: 'segmentry/audit-head/v1', seq: 5, hash: fifth.hash };
    await writeFile(pathOf('head.json'), JSON.stringify(head));
    const { code, stderr } = await segmentry('audit', 'verify');
    expect(code).toBe(3);
    expect(stderr).toContain('record 6 ');
    expect(stderr).toContain(`is truncated: record 6 was cut off the end: runs/${run}/artifacts.json names record 6`);
  });
});

it('an audit log shows what cannot be printed as an escape: an actor is whoever says so', async () => {
  const store = await sandbox.folder();
  const actor = 'ann\u001b[2K\rbob';
  const log = new FolderAuditLog(join(store, 'audit'));
  await log.record({ actor, action: 'alias-set', subject: 'm@serving', run: null, details: {}, key: null });
  const listed = await sandbox.run(['audit', 'list', '--store', store]);
  expect(listed.stdout).toContain('ann\\u001b[2K\\u000dbob  alias-set');
  const exact = await sandbox.run(['audit', 'list', '--json', '--store', store]);
  expect(JSON.parse(exact.stdout)).toMatchObject({ actor });
});
