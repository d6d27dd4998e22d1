import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WriteMeasuresJob, writeMeasures } from '../../adapters/measures/write-measures.js';
import { type AssignJob, assignSegments } from '../../adapters/segments/assign-segments.js';
import { newFolder } from '../scratch-folder.js';
import { type ColumnRun, PIPELINE, VISITS, columnRun } from './column-run.js';

let folder: string;
let first: ColumnRun;
beforeAll(async () => {
  folder = await newFolder(afterAll);
  first = await columnRun(folder);
});

/** A run in the same store, with what it had computed. */
async function again(
  pipeline: string,
  query = VISITS,
  build: string | null = null,
): Promise<ColumnRun & { readonly computed: readonly string[] }> {
  const computed: string[] = [];
  const jobs = {
    assignSegments: (job: AssignJob) => {
      computed.push('segments');
      return assignSegments(job);
    },
    writeMeasures: (job: WriteMeasuresJob) => {
      computed.push(job.table.segmentation);
      return writeMeasures(job);
    },
  };
  const run = await columnRun(folder, pipeline, query, jobs, build);
  return { ...run, computed };
}

describe('a run over the same data and models', () => {
  it('computes nothing again for other bounds, and judges by the new ones', async () => {
    const { computed, result, outcome } = await again(PIPELINE.replace('maxDrop: 0.02', 'maxDrop: 0.9'));
    expect(computed).toEqual([]);
    expect(first.outcome.verdict).toBe('FAIL');
    expect(outcome.verdict).not.toBe('FAIL');
    expect(result.segments).toEqual(first.result.segments);
    expect(result.validation).toEqual(first.result.validation);
  });

  it('measures again for other metrics and another threshold, in the segments that are there', async () => {
    expect((await again(PIPELINE.replace('[accuracy, auc]', '[accuracy, auc, f1]'))).computed).toEqual([
      'overall',
      'ward',
    ]);
    const { computed, result } = await again(PIPELINE.replace('model: {', 'model: { threshold: 0.92,'));
    expect(computed).toEqual(['overall', 'ward']);
    expect(result.segments[0]?.metrics.accuracy).not.toEqual(first.result.segments[0]?.metrics.accuracy);
  });

  it('segments again for another segmentation', async () => {
    const more = PIPELINE.replace(
      '[{ columns: [ward] }]',
      '[{ columns: [ward] }, { name: late, where: "visit > 300" }]',
    );
    expect((await again(more)).computed).toContain('segments');
  });

  it('computes everything for other data', async () => {
    expect((await again(PIPELINE, VISITS.replace('i % 23', 'i % 21'))).computed).toEqual([
      'segments',
      'overall',
      'ward',
    ]);
  });

  it('computes everything that another build of the code had computed', async () => {
    const { computed, result } = await again(PIPELINE, VISITS, 'of-tomorrow');
    expect(computed).toEqual(['segments', 'overall', 'ward']);
    expect(result.segments).toEqual(first.result.segments);
  });

  it('computes again what is no longer in the store', async () => {
    const { sha256 } = first.segmented.codes;
    await rm(join(folder, 'artifacts/blobs', sha256.slice(0, 2), sha256));
    const { computed, result } = await again(PIPELINE.replace('maxDrop: 0.02', 'maxDrop: 0.03'));
    expect(computed).toEqual(['segments']);
    expect(result.segments).toEqual(first.result.segments);
  });

  it('computes again all that is damaged, and needs no other run to find it', async () => {
    const blobs = join(folder, 'artifacts/blobs');
    const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    // As after a power cut: of what was not on the disk yet, the names are there.
    for (const { parentPath, name } of files) await truncate(join(parentPath, name), 1);
    const { computed, result, outcome } = await again(PIPELINE.replace('maxDrop: 0.02', 'maxDrop: 0.04'));
    expect(files.length).toBeGreaterThan(5);
    expect(computed).toEqual(['segments', 'overall', 'ward']);
    expect(result.segments).toEqual(first.result.segments);
    expect(result.validation).toEqual(first.result.validation);
    expect(outcome.verdict).toBe('FAIL');
  });
});
