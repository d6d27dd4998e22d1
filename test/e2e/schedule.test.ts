import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Cluster,
  type Finished,
  type Project,
  Sandbox,
  type WorkerGroup,
  resultOf,
  treeOf,
  until,
} from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

describe('schedules', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  let group: WorkerGroup;
  let project: Project;

  beforeAll(async () => {
    cluster = await sandbox.cluster();
    group = await cluster.group();
    await group.startWorker();
    project = await sandbox.project({ select: 'SELECT * FROM flights WHERE hash(flight_id) % 20 = 0' });
  });

  const schedule = (...args: string[]): Promise<Finished> => sandbox.run(['schedule', ...args], { env: group.env });

  it('come every day, skip a run that would overlap, and are replaced when made again', async () => {
    const made = await schedule('create', project.pipeline, '--no-act');
    expect(made).toMatchObject({ code: 0, stdout: 'flight-delays\n' });
    const shown = await schedule('show', 'flight-delays');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/when +0 5 \* \* \* UTC/);
    expect(shown.stdout).toMatch(/overlap +SKIP/);
    expect(shown.stdout).toMatch(/catch-up +60 minutes/);
    expect(shown.stdout).toMatch(/state +active/);
    expect(shown.stdout).toContain('data window up to the scheduled time');
    expect(shown.stdout.match(/next +\d{4}-\d\d-\d\dT05:00:00/g)).toHaveLength(3);

    const moved = join(project.folder, 'moved.yaml');
    await copyFile(project.pipeline, moved);
    const again = await schedule('create', moved, '--no-act', '--cron', '30 2 * * *', '--catchup', '6 hours');
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('replaced') as string });
    const replaced = await schedule('show', 'flight-delays');
    expect(replaced.stdout).toMatch(/when +30 2 \* \* \* UTC/);
    expect(replaced.stdout).toMatch(/catch-up +360 minutes/);
    expect(replaced.stdout).not.toContain('T05:00:00');
    expect(replaced.stdout).toContain(`active, flight-delays: ${moved}`);
    const listed = await schedule('list');
    expect(listed.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('can be paused, resumed and triggered; the window of the data ends at the time that was meant', async () => {
    await schedule('pause', 'flight-delays');
    await until('the list shows the pause', async () => (await schedule('list')).stdout.includes('paused'));
    expect((await schedule('show', 'flight-delays')).stdout).toMatch(/state +paused/);
    await schedule('resume', 'flight-delays');
    expect((await schedule('show', 'flight-delays')).stdout).toMatch(/state +active/);

    const registry = await treeOf(project.registry);
    expect(await schedule('trigger', 'flight-delays')).toMatchObject({ code: 0 });
    const run = await scheduledRun('flight-delays');
    const finished = await sandbox.run(['watch', run, '--json', '-'], { env: group.env });
    const { manifest } = JSON.parse(finished.stdout) as {
      manifest: { data: { window: { from: string | null; until: string } }; act: boolean };
    };
    const { schedule: about } = cluster.client;
    const [taken] = (await about.getHandle('flight-delays').describe()).info.recentActions;
    // Temporal keeps the time that it meant in whole seconds.
    const meant = new Date(Math.floor(taken!.scheduledAt.getTime() / 1_000) * 1_000);
    expect(manifest.data.window).toEqual({ from: null, until: meant.toISOString() });
    expect(manifest.act).toBe(false);
    expect(await treeOf(project.registry)).toEqual(registry);
    expect((await schedule('show', 'flight-delays')).stdout).toMatch(/ran +\S+ +scheduled-flight-delays/);
  });

  it('end the window of a pipeline that has one, which a run by hand has to be told', async () => {
    const text = await readFile(project.pipeline, 'utf8');
    const windowed = join(project.folder, 'windowed.yaml');
    await writeFile(
      windowed,
      text.replace('pipeline: flight-delays', 'pipeline: windowed').replace('time: time_hour', '$&\n  window: 30 days'),
    );
    expect(await schedule('create', windowed)).toMatchObject({ code: 0, stdout: 'windowed\n' });
    expect(await schedule('trigger', 'windowed')).toMatchObject({ code: 0 });
    // No flight is as late as the schedule, which the run tells with its result.
    const finished = await sandbox.run(['watch', await scheduledRun('windowed'), '--json', '-'], { env: group.env });
    const { from, until: end } = resultOf(finished).manifest.data.window!;
    expect(Date.parse(end) - Date.parse(from!)).toBe(30 * 24 * 3_600_000);
    const byHand = await sandbox.run(['run', windowed], { env: group.env });
    expect(byHand).toMatchObject({ code: 2, stdout: '' });
    expect(byHand.stderr).toContain('data.window is "30 days"');
    await schedule('delete', 'windowed');
  });

  it('are forgotten when deleted, and unknown ones are told', async () => {
    expect(await schedule('delete', 'flight-delays')).toMatchObject({ code: 0 });
    for (const command of ['show', 'pause', 'resume', 'trigger', 'delete']) {
      const finished = await schedule(command, 'flight-delays');
      expect(finished, command).toMatchObject({ code: 2, stdout: '' });
      expect(finished.stderr).toContain('no schedule is called "flight-delays"');
    }
  });

  it('are refused where the pipeline file or the expression is wrong', async () => {
    const cron = await schedule('create', project.pipeline, '--cron', 'every now and then');
    expect(cron.code).toBe(2);
    expect(cron.stderr).toContain('every now and then');
    const catchup = await schedule('create', project.pipeline, '--catchup', 'a while');
    expect(catchup.code).toBe(2);
    expect(catchup.stderr).toContain('a while');
    expect((await schedule('create', 'nowhere.yaml')).code).toBe(2);
  });

  it('are refused for a version or an alias that there is not, as the run would be', async () => {
    const text = await readFile(project.pipeline, 'utf8');
    const wrong = join(project.folder, 'wrong.yaml');
    await writeFile(wrong, text.replace("'@serving'", "'@challenger'"));
    const alias = await schedule('create', wrong, '--id', 'wrong');
    expect(alias).toMatchObject({ code: 2, stdout: '' });
    expect(alias.stderr).toMatch(/wrong\.yaml:13:14 late-flight has no alias "@challenger"/);
    for (const role of ['--candidate', '--baseline']) {
      const version = await schedule('create', project.pipeline, '--id', 'wrong', role, '99');
      expect(version).toMatchObject({ code: 2, stdout: '' });
      expect(version.stderr).toContain('late-flight has no version "99"');
    }
    expect((await schedule('list')).stdout).not.toContain('wrong');
  });

  it('are made, with a warning, for data and registries that only the workers see, or that are not right today', async () => {
    const text = await readFile(project.pipeline, 'utf8');
    const elsewhere = join(project.folder, 'elsewhere.yaml');
    await writeFile(elsewhere, text.replace('flights.parquet', 'tonight.parquet').replace('./registry', './theirs'));
    const made = await schedule('create', elsewhere, '--id', 'elsewhere');
    expect(made).toMatchObject({ code: 0, stdout: 'elsewhere\n' });
    expect(made.stderr).toContain('warning: a run here and now would come to no verdict: ');
    expect(made.stderr).toMatch(/elsewhere\.yaml:5:11 data\.source: no such file: tonight\.parquet/);
    expect(made.stderr).toMatch(/elsewhere\.yaml:11:13 There is no registry at /);
    await writeFile(join(project.folder, 'tonight.parquet'), '');
    await writeFile(elsewhere, text.replace('flights.parquet', 'tonight.parquet'));
    const empty = await schedule('create', elsewhere, '--id', 'elsewhere');
    expect(empty).toMatchObject({ code: 0, stdout: 'elsewhere\n' });
    expect(empty.stderr).toContain('tonight.parquet is empty (0 bytes)');
    await schedule('delete', 'elsewhere');
    // The embedded Temporal has its workers here, where no such file is.
    await writeFile(elsewhere, text.replace('flights.parquet', 'nowhere.parquet'));
    const here = await sandbox.run(['schedule', 'create', elsewhere], { cwd: project.folder });
    expect(here).toMatchObject({ code: 2, stdout: '' });
    expect(here.stderr).toContain('error: ');
    expect(here.stderr).toContain('no such file: nowhere.parquet');
  });

  /** The run that the schedule's request began. */
  async function scheduledRun(pipeline: string): Promise<string> {
    let run: string | undefined;
    await until('the schedule began a run', async () => {
      for await (const { workflowId } of cluster.client.workflow.list({ query: 'WorkflowType = "evaluateModel"' }))
        if (workflowId.startsWith(`${pipeline}.`)) run = workflowId;
      return run !== undefined;
    });
    return run!;
  }
});
