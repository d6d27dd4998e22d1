/** The layout of a run's features by segment: files that compute processes write side by side, and where its segments begin. */
import type { Layout } from '../adapters/layout/layout-range.js';
import type { LayoutJob } from '../adapters/layout/write-layout.js';
import type { FeatureColumn } from '../adapters/onnx/signature.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { ActivityDependencies } from './dependencies.js';
import { shares } from './shares.js';
import { withTemporaryFile } from './temporary-file.js';

/** What is stored of a layout beside its files. */
interface StoredLayout {
  /** In the order of the snapshot's rows. */
  readonly files: readonly ArtifactRef[];
  readonly starts: readonly number[];
  /** What it holds of each row. */
  readonly features: readonly FeatureColumn[];
}

/** A layout whose segments are not described yet. */
export interface LaidOutRows extends Pick<StoredLayout, 'files' | 'features'> {
  /** Rows by segment code. */
  readonly sizes: readonly number[];
}

export async function layOut(
  deps: Pick<ActivityDependencies, 'store' | 'compute' | 'threads'>,
  job: Omit<LayoutJob, 'from' | 'to' | 'output'> & { readonly rows: number },
  signal: AbortSignal,
): Promise<LaidOutRows> {
  const { rows, ...what } = job;
  // The first failure is the stage's, which then ends the other shares: none of them is waited for.
  const done = await Promise.all(
    shares(rows, deps.threads).map((share) =>
      withTemporaryFile(deps.store, 'rows.layout', async (output) => {
        const { digest, sizes } = await deps.compute.writeLayout({ ...what, ...share, output }, signal);
        // Of use to this run only, and made again where it is lost.
        return { file: await deps.store.putFile(output, { move: true, digest, flush: 'never' }), sizes };
      }),
    ),
  );
  const sizes = new Array<number>(job.segments).fill(0);
  for (const share of done) share.sizes.forEach((size, segment) => (sizes[segment]! += size));
  return { files: done.map(({ file }) => file), features: job.features, sizes };
}

export async function storeLayout(
  { store }: Pick<ActivityDependencies, 'store'>,
  { files, features, sizes }: LaidOutRows,
): Promise<ArtifactRef> {
  const starts = [0];
  for (const size of sizes) starts.push(starts.at(-1)! + size);
  return store.putJson({ files, starts, features } satisfies StoredLayout);
}

/** Whether the layout holds all these features. */
export async function hasFeatures(
  { store }: Pick<ActivityDependencies, 'store'>,
  layout: ArtifactRef,
  wanted: readonly FeatureColumn[],
): Promise<boolean> {
  const { features } = await store.readJson<StoredLayout>(layout);
  const held = new Set(features.map(({ element, column }) => `${element} ${column}`));
  return wanted.every(({ element, column }) => held.has(`${element} ${column}`));
}

/** The layout where it lies on this machine. */
export async function openLayout({ store }: Pick<ActivityDependencies, 'store'>, ref: ArtifactRef): Promise<Layout> {
  const { files, starts } = await store.readJson<StoredLayout>(ref);
  return { files: await Promise.all(files.map((file) => store.localPath(file))), starts: Int32Array.from(starts) };
}
