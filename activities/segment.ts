/** segment: every row gets its place in every segmentation. */
import { type FittedClusters, clusterSegments } from '../adapters/segments/assign-segments.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { PinnedRun, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { rolesToInfer } from './known-predictions.js';
import { layOut, storeLayout } from './layout.js';
import { partitionOf, wantedFeatures } from './plan-inference.js';
import { keyOf, recallWhole } from './remembered.js';
import { type RunContext, loadContext } from './run-context.js';
import { shares } from './shares.js';
import { withTemporaryFile } from './temporary-file.js';

/** Where the work is remembered: the same rows in the same segmentations. */
const SEGMENTS = 'segments';

/** What is remembered: artifacts and numbers. */
interface Segmented extends Omit<SegmentedData, 'layout'> {
  /** The fitted clusters (ClusterModel) by segmentation. */
  readonly clusters: Readonly<Record<string, ArtifactRef>>;
}

export async function segment(deps: ActivityDependencies, run: PinnedRun): Promise<SegmentedData> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const { pipeline, manifest, snapshot } = context;
    const { seed } = pipeline;
    const { by: segmentations } = pipeline.segments;
    const key = keyOf({
      snapshot: snapshot.sha256,
      segmentations,
      seed,
      versions: manifest.versions,
      build: deps.build ?? null,
    });
    let found = await recallWhole<Segmented>(deps.store, SEGMENTS, key, artifactsOf);
    let layout: ArtifactRef | null = null;
    if (found === null) {
      const { layout: made, ...assigned } = await assign(deps, context, signal);
      found = assigned;
      layout = made;
      await deps.store.remember(SEGMENTS, key, found);
    }
    // The centres and scaling are kept, so that tomorrow's rows can be put into today's clusters.
    for (const [name, model] of Object.entries(found.clusters))
      await deps.store.writeRunFile(run.run, `clusters-${fileName(name)}.json`, await deps.store.readBytes(model));
    const { tables, codes, segments, sizes } = found;
    return { tables, codes, segments, sizes, ...(layout === null ? {} : { layout }) };
  });
}

async function assign(
  deps: ActivityDependencies,
  context: RunContext,
  signal: AbortSignal,
): Promise<Segmented & { readonly layout: ArtifactRef | null }> {
  return withTemporaryFile(deps.store, 'codes.arrow', (output) => assignTo(output, deps, context, signal));
}

async function assignTo(
  output: string,
  deps: ActivityDependencies,
  context: RunContext,
  signal: AbortSignal,
): Promise<Segmented & { readonly layout: ArtifactRef | null }> {
  const assigned = await deps.compute.assignSegments(
    {
      snapshot: await deps.store.localPath(context.snapshot),
      rows: context.manifest.data.rows,
      segmentations: context.pipeline.segments.by,
      seed: context.pipeline.seed,
      threads: deps.threads,
      output,
    },
    signal,
  );
  const clusters: Record<string, ArtifactRef> = {};
  const tables = [...assigned.tables];
  let layout: ArtifactRef | null = null;
  for (const fitted of assigned.clusters) {
    clusters[fitted.segmentation] = await deps.store.putJson(fitted.model);
    const filled = await fillClusters(deps, context, fitted, output, signal);
    layout ??= filled.layout;
    const index = tables.findIndex(({ segmentation }) => segmentation === fitted.segmentation);
    tables[index] = { ...tables[index]!, segments: clusterSegments(fitted.model, filled.sizes) };
  }
  const sizes = tables.map((table) => table.segments.length);
  return {
    tables: await deps.store.putJson(tables),
    codes: await deps.store.putFile(output, { move: true, flush: 'later' }),
    segments: sizes.reduce((sum, size) => sum + size, 0),
    sizes,
    clusters,
    layout,
  };
}

/** Rows by cluster, and at the end those that miss a feature. */
interface FilledClusters {
  readonly sizes: readonly number[];
  readonly layout: ArtifactRef | null;
}

/**
 * Every row into its cluster, by as many processes as there are. Of the partition that inference follows, the features are laid out on
 * the way, if there is something to infer.
 */
async function fillClusters(
  deps: ActivityDependencies,
  context: RunContext,
  { segmentation, model, offset }: FittedClusters,
  codes: string,
  signal: AbortSignal,
): Promise<FilledClusters> {
  const { rows } = context.manifest.data;
  const snapshot = await deps.store.localPath(context.snapshot);
  const roles =
    partitionOf(context.pipeline.segments.by)?.name === segmentation ? await rolesToInfer(deps, context) : [];
  if (roles.length > 0) {
    const by = { clusters: model, offset };
    const segments = model.centres.length + 1;
    const job = { snapshot, codes, by, segments, rows, ...wantedFeatures(context, roles) };
    const laidOut = await layOut(deps, job, signal);
    return { sizes: laidOut.sizes, layout: await storeLayout(deps, laidOut) };
  }
  const counted = await Promise.all(
    shares(rows, deps.threads).map((share) =>
      deps.compute.assignClusters({ snapshot, model, ...share, codes, offset }, signal),
    ),
  );
  return { sizes: counted.reduce((sums, share) => sums.map((sum, cluster) => sum + share[cluster]!)), layout: null };
}

function artifactsOf({ tables, codes, clusters }: Segmented): readonly ArtifactRef[] {
  return [tables, codes, ...Object.values(clusters)];
}

/** A segmentation's name as part of a file name. */
function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
}
