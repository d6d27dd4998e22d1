import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { FEWER_FLIGHTS, Sandbox, runIdIn, until } from '../e2e/sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('segmentry run', { timeout: 180_000 }, () => {
  it('that is interrupted before it asked for anything says so', async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const command = sandbox.start(['run', 'pipeline.yaml'], { cwd: folder });
    await until('it starts a server', () => command.stderr().includes('Starting the Temporal dev server'), command);
    command.kill('SIGINT');
    expect(await command.finished).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(/\nNothing was started\.\n$/) as string,
    });
  });

  it('that is interrupted before a worker took its request tells the command that joins it', async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const group = await (await sandbox.cluster()).group();
    const words = ['run', 'pipeline.yaml', '--candidate', '2', '--report', "ann's report.html", '--no-act'];
    const command = sandbox.start([...words, '--no-wait'], { cwd: folder, env: group.env });
    await until('nobody takes the request', () => command.stderr().includes('No worker polls'), command);
    command.kill('SIGINT');
    const { code, stderr } = await command.finished;
    expect(code).toBe(130);
    const told = /The request goes on\. To see how it ends: (.*)\n$/.exec(stderr)?.[1];
    expect(told).toBe(`segmentry run pipeline.yaml --candidate 2 --report 'ann'\\''s report.html' --no-act`);
    const shell = `segmentry() { printf '%s\\n' "$@"; }; ${told}`;
    expect(execFileSync('sh', ['-c', shell], { encoding: 'utf8' })).toBe(`${words.join('\n')}\n`);
  });

  it('with a server of its own refuses a namespace that it has not, and serves the task queue that is asked for', async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const refused = await sandbox.run(['run', 'pipeline.yaml', '--namespace', 'nope'], { cwd: folder });
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: --namespace nope /) as string,
    });
    const dev = sandbox.start(['dev', '--task-queue', 'other'], { cwd: folder });
    await until('the worker is ready', () => dev.stderr().includes('worker ready'), dev);
    expect(dev.stderr()).toContain('task queue other at ');
    const run = ['run', 'pipeline.yaml', '--no-act', '--no-wait', '--task-queue', 'other'];
    const started = await sandbox.run(run, { cwd: folder });
    // Of the queue that both were told: a worker of `dev` on another one would not go on with it.
    expect(started.stderr).toMatch(
      /because another command here has a worker.*: segmentry watch \S+ --task-queue other$/m,
    );
    await dev.stop();
  });

  it('with a server of its own leaves no address that is dead, and no worker', async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const waited = await sandbox.run(['run', 'pipeline.yaml', '--no-act'], { cwd: folder });
    expect(waited).toMatchObject({ code: 1, stderr: expect.stringContaining('Temporal UI: http') as string });
    expect(waited.stdout).toContain('result.json');
    expect(waited.stdout).not.toMatch(/http/);
    const run = runIdIn(waited.stderr);
    for (const again of ['status', 'watch'])
      expect((await sandbox.run([again, run], { cwd: folder })).stdout).not.toMatch(/http/);
    const started = await sandbox.run(['run', 'pipeline.yaml', '--no-act', '--no-wait'], { cwd: folder });
    expect(started.stderr).toContain(`It goes on with the next command here that has a worker: segmentry watch ${run}`);
  });

  it("beside `segmentry dev` says that its worker goes on, and where the run's page is", async () => {
    const { folder } = await sandbox.project({ select: FEWER_FLIGHTS });
    const dev = sandbox.start(['dev'], { cwd: folder });
    await until('the worker is ready', () => dev.stderr().includes('worker ready'), dev);
    const started = await sandbox.run(['run', 'pipeline.yaml', '--no-act', '--no-wait'], { cwd: folder });
    const run = runIdIn(started.stderr);
    expect(started.stderr).toContain(
      `It goes on, because another command here has a worker. To see how it ends: segmentry watch ${run}`,
    );
    const watched = await sandbox.run(['watch', run], { cwd: folder });
    expect(watched.stdout).toMatch(new RegExp(`^temporal +http://.*/workflows/${run}$`, 'm'));
    await dev.stop();
  });
});
