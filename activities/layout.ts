/** The layout of a run's features by segment: files that compute processes write side by side, and where its segments begin. */
import { rm } from 'node:fs/promises';
import type { LayoutJob } from '../adapters/layout/write-layout.js';
import type { Layout } from '../adapters/layout/layout-range.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { ActivityDependencies } from './dependencies.js';
import { shares } from './shares.js';

/** What is stored of a layout beside its files. */
interface StoredLayout {
  /** In the order of the snapshot's rows. */
  readonly files: readonly ArtifactRef[];
  readonly starts: readonly number[];
}

export async function makeLayout(
  deps: Pick<ActivityDependencies, 'store' | 'compute' | 'threads'>,
  table: SegmentationTable,
  job: Omit<LayoutJob, 'column' | 'segments' | 'from' | 'to' | 'output'> & { readonly rows: number },
  signal: AbortSignal,
): Promise<ArtifactRef> {
  const { rows, ...what } = job;
  const { codes, segments } = table;
  if (codes === null) throw new Error(`the segmentation "${table.segmentation}" has no codes to lay rows out by`);
  const written = await Promise.allSettled(
    shares(rows, deps.threads).map(async (share) => {
      const output = deps.store.temporaryPath('.layout');
      try {
        await deps.compute.writeLayout({ ...what, ...share, column: codes, segments: segments.length, output }, signal);
      } catch (error) {
        await rm(output, { force: true });
        throw error;
      }
      return deps.store.putFile(output, { move: true });
    }),
  );
  const files = written.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  const starts = [0];
  for (const { rows: size } of segments) starts.push(starts.at(-1)! + size);
  return deps.store.putJson({ files, starts } satisfies StoredLayout);
}

/** The layout where it lies on this machine. */
export async function openLayout({ store }: Pick<ActivityDependencies, 'store'>, ref: ArtifactRef): Promise<Layout> {
  const { files, starts } = await store.readJson<StoredLayout>(ref);
  return { files: await Promise.all(files.map((file) => store.localPath(file))), starts: Int32Array.from(starts) };
}
