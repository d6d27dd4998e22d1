import { afterAll, describe, expect, it } from 'vitest';
import { FEWER_FLIGHTS, Sandbox, editPipeline } from '../e2e/sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('segmentry check', { timeout: 120_000 }, () => {
  it('says of a data window that a run has to be told where it ends, and what it is once it is told', async () => {
    const project = await sandbox.project({ select: FEWER_FLIGHTS });
    await editPipeline(project, 'time: time_hour', 'time: time_hour\n  window: 30 days');
    const command = (...args: string[]) => sandbox.run(args, { cwd: project.folder });
    const checked = await command('check', 'pipeline.yaml');
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toMatch(/^ {2}window +30 days, .*`segmentry run` is refused without --as-of/m);
    // No server is started for it: nothing is said about one.
    expect(await command('run', 'pipeline.yaml')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: data\.window is "30 days", .*--as-of 2026-01-31.*\n$/) as string,
    });
    const told = await command('check', 'pipeline.yaml', '--as-of', '2013-10-01');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(/^ {2}window +30 days before 2013-10-01T00:00:00\.000Z$/m);
    expect(await command('check', 'pipeline.yaml', '--as-of', 'yesterday')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--as-of yesterday is not a time') as string,
    });
  });
});
