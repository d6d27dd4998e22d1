import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { connectClient, targetOfDevServer } from '../../workers/connection.js';
import { acquireDevServer, describeDevServer } from '../../workers/dev-server/index.js';
import {
  Commands,
  guardianNow,
  guardianPid,
  isAlive,
  serverPid,
  until,
  untilNothingRuns,
} from './dev-server-commands.js';

// The real server throughout, with its guardian from the build.
const commands = new Commands();
afterEach(() => commands.cleanUp());

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectClient(targetOfDevServer({ address, namespace: 'default' }));
  try {
    return await use(client);
  } finally {
    await client.connection.close();
  }
}

describe('the dev server of a folder', () => {
  it(
    'stays with a command that connects while its guardian is still sweeping up after others',
    { timeout: 90_000 },
    async () => {
      const folder = await commands.folder();
      const state = join(folder, '.segmentry', 'temporal');
      await mkdir(state, { recursive: true });
      // So many that the first command connects before they are gone. Sweeping them took the guardian past that moment, and then it
      // counted the seconds in which nobody had come.
      const socket = join(state, 'nobody.sock');
      const left = JSON.stringify({ pid: 1, socket });
      for (let generation = 1; generation <= 3_000; generation++)
        await writeFile(join(state, `guardian-${generation}.json`), left);
      const command = await commands.start(folder);
      const server = await serverPid(folder);
      // Longer than a guardian waits for its first command.
      await delay(12_000);
      expect(await serverPid(folder)).toBe(server);
      expect(await isAlive(server)).toBe(true);
      expect(await command.finish()).toBe(0);
    },
  );

  it('is shared, ends with the last command however that ends, and keeps its workflows', async () => {
    const folder = await commands.folder();
    const first = await commands.start(folder);
    expect(first.started).toBe(true);
    const second = await commands.start(folder);
    expect(second).toMatchObject({ started: false, address: first.address, uiUrl: first.uiUrl });
    expect(await describeDevServer(folder)).toMatchObject({ address: first.address, guarded: true });
    expect((await fetch(first.uiUrl!)).ok).toBe(true);

    await withClient(first.address, async (client) => {
      await client.workflow.start('nobodyRunsThis', { taskQueue: 'none', workflowId: 'kept' });
      const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(365 * 24 * 60 * 60);
    });

    const server = await serverPid(folder);
    expect(await first.finish()).toBe(0);
    expect((await describeDevServer(folder))?.pid).toBe(server);
    await second.kill('SIGKILL');
    await untilNothingRuns(folder);
    expect(await isAlive(server)).toBe(false);
    expect(await describeDevServer(folder)).toBeNull();

    const steps: string[] = [];
    const again = await acquireDevServer({ folder, ui: false, onStep: (step) => steps.push(step) });
    expect(again).toMatchObject({ started: true, uiUrl: null, namespace: 'default' });
    expect(steps.join()).toContain('Starting the Temporal dev server');
    await withClient(again.address, async (client) => {
      expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
      const listed: string[] = [];
      for await (const { workflowId } of client.workflow.list()) listed.push(workflowId);
      expect(listed).toEqual(['kept']);
    });
    await again.release();
    await untilNothingRuns(folder);
  });

  it('is one for commands that start at once, and lets them finish after Ctrl-C', async () => {
    const folder = await commands.folder();
    const all = await Promise.all([1, 2, 3].map(() => commands.start(folder, 'headless')));
    expect(new Set(all.map(({ address }) => address)).size).toBe(1);
    expect(all.filter(({ started }) => started)).toHaveLength(1);

    await Promise.all(all.map((command) => command.kill('SIGINT')));
    for (const { said, process } of all) {
      expect(said).toContainEqual({ finished: 'cleanly' });
      expect(process.exitCode).toBe(130);
    }
    await untilNothingRuns(folder);
  });

  it('is another one in another folder, on other ports; usual ports that are taken are left alone', async () => {
    const occupied = createServer();
    // Somebody else who has it may let it go before our servers look: then nothing can be said about it.
    const held = await new Promise<boolean>((resolve) => {
      occupied.once('error', () => resolve(false)).listen(7233, '127.0.0.1', () => resolve(true));
    });
    const folders = [await commands.folder(), await commands.folder()];
    const [one, other] = await Promise.all(folders.map((folder) => commands.start(folder)));
    const ports = [one!, other!].flatMap(({ address, uiUrl }) => [address.split(':')[1], new URL(uiUrl!).port]);
    expect(new Set(ports).size).toBe(4);
    if (held) expect(ports).not.toContain('7233');
    // None that an outgoing connection may get while a server that died is started again.
    for (const port of ports) expect(Number(port)).toBeLessThan(32_768);
    await withClient(one!.address, (client) => client.workflow.start('x', { taskQueue: 'x', workflowId: 'of one' }));
    await withClient(other!.address, async (client) => {
      await expect(client.workflow.getHandle('of one').describe()).rejects.toThrow(/not found/i);
    });
    occupied.close();
    await one!.kill('SIGTERM');
    await untilNothingRuns(folders[0]!);
    expect(await describeDevServer(folders[1]!)).not.toBeNull();
  });

  it('is taken over, with its commands, when the guardian was killed', async () => {
    const folder = await commands.folder();
    const command = await commands.start(folder, 'headless');
    const server = await serverPid(folder);
    const killed = await guardianPid(folder);
    process.kill(killed, 'SIGKILL');
    // The command itself sees to a new guardian, which finds the same server.
    await until('a new guardian is there', async () => ![null, killed].includes(await guardianNow(folder)));
    await until('it has the server', async () => (await describeDevServer(folder))?.guarded === true);
    expect((await describeDevServer(folder))?.pid).toBe(server);

    // Now the guardian and the last command at once: nobody is left who could end the server.
    const unguarded = await guardianPid(folder);
    process.kill(command.pid, 'SIGSTOP');
    process.kill(unguarded, 'SIGKILL');
    await command.kill('SIGKILL');
    await until('the guardian is gone', async () => !(await isAlive(unguarded)));
    expect(await describeDevServer(folder)).toMatchObject({ pid: server, guarded: false });
    const next = await commands.start(folder);
    expect(next.address).toBe(command.address);
    await next.finish();
    await untilNothingRuns(folder);
    expect(await isAlive(server)).toBe(false);
  });

  it('is started again at the same address when it dies under its commands', async () => {
    const folder = await commands.folder();
    const command = await commands.start(folder, 'headless');
    const died = await serverPid(folder);
    process.kill(died, 'SIGKILL');
    await until('there is another server', async () => {
      const now = await describeDevServer(folder);
      return now !== null && now.pid !== died;
    });
    expect((await describeDevServer(folder))?.address).toBe(command.address);
  });

  it('never ends a process that is not its own', async () => {
    const folder = await commands.folder();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    const record = { pid: stranger.pid, address: '127.0.0.1:1', uiUrl: null, httpPort: 1, binary: 'temporal' };
    await mkdir(join(folder, '.segmentry', 'temporal'), { recursive: true });
    await writeFile(join(folder, '.segmentry', 'temporal', 'server.json'), JSON.stringify(record));
    expect(await describeDevServer(folder)).toBeNull();
    const command = await commands.start(folder, 'headless');
    expect(command.address).not.toBe(record.address);
    await command.finish();
    await untilNothingRuns(folder);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });
});

describe('a dev server that cannot start', () => {
  it.skipIf(process.platform === 'win32')('is told with its last log lines', async () => {
    const folder = await commands.folder();
    const broken = join(folder, 'temporal');
    await writeFile(
      broken,
      '#!/bin/sh\nif [ "$1" = --version ]; then echo "temporal version 1.9.1 (fake)"; else echo "the disk is on fire"; exit 7; fi\n',
    );
    await chmod(broken, 0o755);
    const failure = acquireDevServer({ folder, env: { SEGMENTRY_TEMPORAL_CLI: broken } });
    await expect(failure).rejects.toMatchObject({ name: 'SegmentryError', kind: 'infrastructure' });
    await expect(failure).rejects.toThrow(/ended with code 7[^]*server\.log[^]*the disk is on fire/);
  });

  it('says so for a folder that cannot be written', async () => {
    const folder = await commands.folder();
    await writeFile(join(folder, '.segmentry'), 'a file where the folder should be');
    await expect(acquireDevServer({ folder })).rejects.toThrow(/needs a folder that can be written.*TEMPORAL_ADDRESS/);
  });
});
