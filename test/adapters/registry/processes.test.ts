/** Many processes, one folder. They run the built package, so `npm run build` comes first (`npm test` sees to it). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderRegistry } from '../../../adapters/registry/folder-registry.js';
import type { AliasChange } from '../../../adapters/registry/registry.js';
import { newFolder } from './registry-folder.js';

const PROCESSES = 20;
const root = join(import.meta.dirname, '..', '..', '..');

interface Answer {
  readonly answer?: AliasChange | null;
  readonly error?: string;
}

beforeAll(() => {
  if (!existsSync(join(root, 'dist', 'adapters', 'registry', 'create-registry.js'))) {
    throw new Error('This test starts processes of the built package, and dist/ has none: run `npm run build` first.');
  }
});

/** A registry whose model `m` has versions 1 and 2, and serves 1. */
async function serving1(): Promise<{ folder: string; registry: FolderRegistry }> {
  const folder = await newFolder();
  for (const version of ['1', '2']) {
    await mkdir(join(folder, 'm', version), { recursive: true });
    await writeFile(join(folder, 'm', version, 'model.onnx'), version);
  }
  const registry = new FolderRegistry(folder);
  await registry.setAlias('m', 'serving', '1', { expect: null, actor: 'test', reason: 'start' });
  return { folder, registry };
}

async function startContender(name: string): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'contender.mjs'), [name], { execArgv: [] });
  await once(child, 'message');
  return child;
}

/** What each of the contenders got when they were set off together. */
async function together(folder: string, task: string): Promise<Answer[]> {
  return Promise.all(
    contenders.map(async (child) => {
      const answered = once(child, 'message');
      child.send({ folder, task });
      const [answer] = (await answered) as [Answer];
      return answer;
    }),
  );
}

const outcomes = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { answer, error } of answers) {
    const outcome = error ?? answer?.outcome ?? 'nothing';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
};

let contenders: readonly ChildProcess[] = [];

describe(`${PROCESSES} processes at once`, () => {
  // Starting them takes longer than all that they do: they are started once.
  beforeAll(async () => {
    contenders = await Promise.all(Array.from({ length: PROCESSES }, (_, i) => startContender(`process-${i}`)));
  });
  afterAll(() => {
    for (const child of contenders) child.kill('SIGKILL');
  });

  it('that expect the same: exactly one has its way', async () => {
    const { folder, registry } = await serving1();
    expect(outcomes(await together(folder, 'compete'))).toEqual({ done: 1, conflict: PROCESSES - 1 });
    expect((await registry.describe('m')).events).toHaveLength(2);
    const view: unknown = JSON.parse(await readFile(join(folder, 'm', 'aliases.json'), 'utf8'));
    expect(view).toMatchObject({ seq: 2, aliases: { serving: '2', previous: '1' } });
  });

  it('with the same key: it is done once, and all know', async () => {
    const { folder, registry } = await serving1();
    const answers = await together(folder, 'repeat');
    expect(outcomes(answers)).toEqual({ done: 1, already: PROCESSES - 1 });
    expect(new Set(answers.map(({ answer }) => answer?.seq))).toEqual(new Set([2]));
    expect((await registry.describe('m')).events).toHaveLength(2);
  });

  it('that do different things: none is lost, and the view is that of the whole log', async () => {
    const { folder, registry } = await serving1();
    expect(outcomes(await together(folder, 'append'))).toEqual({ nothing: PROCESSES });
    const { verdicts, warnings } = await registry.describe('m');
    expect(new Set(verdicts.map(({ run }) => run)).size).toBe(PROCESSES);
    expect(warnings).toEqual([]);
    expect(await registry.verifyLog('m')).toEqual({ ok: true, events: 1 + PROCESSES });
    const view: unknown = JSON.parse(await readFile(join(folder, 'm', 'aliases.json'), 'utf8'));
    expect(view).toMatchObject({ seq: 1 + PROCESSES });
  });
});

describe('a process that is killed with -9', () => {
  it.each([3, 17, 41, 78, 120])('after %i ms of writing leaves a whole log, which goes on', async (milliseconds) => {
    const { folder, registry } = await serving1();
    const child = await startContender('victim');
    child.send({ folder, task: 'forever' });
    await sleep(milliseconds);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const { events, warnings } = await registry.describe('m');
    expect(warnings).toEqual([]);
    const now = (await registry.resolve('m', '@serving')).version;
    const other = now === '1' ? '2' : '1';
    const change = await registry.setAlias('m', 'serving', other, { expect: now, actor: 'test', reason: 'after' });
    expect(change).toMatchObject({ outcome: 'done', seq: events.length + 1, warning: null });
    expect(await registry.verifyLog('m')).toEqual({ ok: true, events: events.length + 1 });
    const numbered = (await readdir(join(folder, 'm', 'events'))).filter((name) => /^\d{6}\.json$/.test(name));
    expect(numbered).toHaveLength(events.length + 1);
  });
});
