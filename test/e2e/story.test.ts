import { join } from 'node:path';
import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefinedEstimate, Estimate, Result } from '../../domain/result.js';
import { type Finished, type Project, Sandbox, resultOf, rollbacks, runIdIn, serving, treeOf } from './sandbox.js';

// All flights of the example, as somebody who has just cloned the repository runs them: no service, no configuration.
const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

function defined(estimate: Estimate | undefined): DefinedEstimate {
  if (estimate === undefined || 'undefined' in estimate) throw new Error(`undefined: ${JSON.stringify(estimate)}`);
  return estimate;
}

function aucDifference(result: Result, segmentation: string): DefinedEstimate {
  return defined(result.segments.find((one) => one.segmentation === segmentation)?.metrics.auc?.difference);
}

describe('the story of the late flights', { timeout: 180_000 }, () => {
  let project: Project;
  let first: Finished;
  let run: string;

  beforeAll(async () => {
    project = await sandbox.project();
    first = await sandbox.run(['run', 'pipeline.yaml', '--json', 'out/result.json', '--report', 'out/report.html'], {
      cwd: project.folder,
    });
    run = runIdIn(first.stderr);
  }, 180_000);

  it('fails the version that is better on all flights and worse in low visibility, and takes it back', async () => {
    expect(first).toMatchObject({ code: 1, stdout: expect.stringContaining('FAIL') as string });
    const result = JSON.parse(await readFile(join(project.folder, 'out/result.json'), 'utf8')) as Result;
    expect(result).toMatchObject({ format: 'segmentry/result/v1', run, verdict: 'FAIL' });
    expect(aucDifference(result, 'overall').value).toBeGreaterThan(0);
    const lowVisibility = aucDifference(result, 'low visibility');
    expect(lowVisibility.value).toBeLessThan(-0.05);
    expect(lowVisibility.high).toBeLessThan(0);
    expect(result.reasons[0]).toContain('low visibility');
    expect(result.actions).toMatchObject([{ action: 'rollback', outcome: 'done', from: '2', to: '1' }]);
    const { infer, 'rows per second': rate, 'segments per second': measured, ...timings } = result.timings;
    expect(rate).toBeCloseTo((2 * result.manifest.data.rows) / infer!, 6);
    expect(measured).toBeCloseTo(result.segments.length / timings['measure']!, 6);
    expect(timings['batch P50']).toBeGreaterThan(0);
    expect(timings['batch P90']).toBeGreaterThanOrEqual(timings['batch P50']!);
    expect(timings['batch P95']).toBeGreaterThanOrEqual(timings['batch P90']!);

    expect(await serving(project)).toBe('1');
    expect(await rollbacks(project)).toMatchObject([{ from: '2', to: '1', run }]);
    expect(await readFile(join(project.folder, 'out/report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('tells its progress in plain lines on a pipe, and its result on stdout', () => {
    const lines = first.stderr.split('\n');
    for (const stage of ['pin', 'validate', 'segment', 'infer', 'measure', 'decide', 'act', 'report']) {
      expect(lines.filter((line) => new RegExp(`^${stage} .*\\(\\d+\\.\\d s\\)$`).test(line))).toHaveLength(1);
    }
    // eslint-disable-next-line no-control-regex -- colours and cursor movements are what must not be there
    expect(first.stdout + first.stderr).not.toMatch(/\u001b/);
    expect(first.stdout).not.toContain('Temporal UI');
  });

  it('is joined when the same evaluation is asked for again, and nothing happens twice', async () => {
    const registry = await treeOf(project.registry);
    const again = await sandbox.run(['run', 'pipeline.yaml', '--candidate', '2', '--baseline', '1', '--json', '-'], {
      cwd: project.folder,
    });
    expect(again.code).toBe(1);
    expect(runIdIn(again.stderr)).toBe(run);
    expect(again.stderr).toContain('This evaluation exists already');
    expect(resultOf(again).digest).toBe(
      (JSON.parse(await readFile(join(project.folder, 'out/result.json'), 'utf8')) as Result).digest,
    );
    expect(await treeOf(project.registry)).toEqual(registry);
  });

  it('compares the restored version with itself when the plain command is run again, and changes nothing', async () => {
    const again = await sandbox.run(['run', 'pipeline.yaml', '--json', '-'], { cwd: project.folder });
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('late-flight: version 1 against itself');
    const result = resultOf(again);
    expect(result).toMatchObject({ verdict: 'PASS', actions: [] });
    expect(result.reasons.join()).toContain('same version');
    expect(await serving(project)).toBe('1');
    expect(await rollbacks(project)).toHaveLength(1);
  });

  it('shows a finished run again in every form', async () => {
    const report = (...args: string[]): Promise<Finished> => sandbox.run(['report', ...args], { cwd: project.folder });
    const [list, html, markdown, junit, json, terminal, unknown] = await Promise.all([
      report('--list'),
      report(run, '--format', 'html', '--out', 'again.html'),
      report(run, '--format', 'markdown'),
      report(run, '--format', 'junit'),
      report(run, '--format', 'json'),
      report(run),
      report('flight-delays.9'),
    ]);
    expect(list.stdout.trim().split('\n')).toHaveLength(2);
    expect(list.stdout).toContain(run);
    expect(html).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(join(project.folder, 'again.html'), 'utf8')).toContain('low visibility');
    expect(markdown.stdout).toContain('low visibility');
    expect(junit.stdout).toMatch(/^<\?xml[^]*<testsuites[^]*<failure/);
    expect(resultOf(json)).toMatchObject({ run, verdict: 'FAIL' });
    // Byte by byte what the run wrote, whose digest the audit log has.
    expect(json.stdout).toBe(await readFile(join(project.folder, 'out/result.json'), 'utf8'));
    expect(terminal).toMatchObject({ code: 0, stdout: expect.stringContaining('rollback done') as string });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('"flight-delays.9"') as string });
  });

  it('forgets its local Temporal and still changes nothing twice', async () => {
    // As after a fresh checkout of everything but the registry: no run to join, only the registry's own log.
    await rm(join(project.folder, '.segmentry'), { recursive: true });
    const again = await sandbox.run(['run', 'pipeline.yaml', '--candidate', '2', '--baseline', '1', '--json', '-'], {
      cwd: project.folder,
    });
    expect(again.code).toBe(1);
    expect(runIdIn(again.stderr)).toBe(run);
    expect(await serving(project)).toBe('1');
    expect(await rollbacks(project)).toHaveLength(1);
  });
});
