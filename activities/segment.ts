/** segment: every row gets its place in every segmentation. */
import { type FittedClusters, clusterSegments } from '../adapters/segments/assign-segments.js';
import type { LayoutJob } from '../adapters/layout/write-layout.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { requireResultFits } from '../domain/result-size.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { PinnedRun, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import type { Role } from './infer-task.js';
import { rolesToInfer } from './known-predictions.js';
import { type LaidOutRows, layOut, storeLayout } from './layout.js';
import { partitionOf, wantedFeatures } from './plan-inference.js';
import { keyOf, recallWhole } from './remembered.js';
import { type RunContext, labelOf, loadContext } from './run-context.js';
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
      label: labelOf(context),
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
    // With each pipeline anew: others, with fewer metrics, may use the same segments. Refused here, nothing was inferred yet, let alone done.
    requireResultFits(pipeline, await deps.store.readJson<readonly SegmentationTable[]>(found.tables));
    // The centres and scaling are kept, so that tomorrow's rows can be put into today's clusters.
    for (const [index, { name }] of segmentations.entries()) {
      const model = found.clusters[name];
      if (model === undefined) continue;
      await deps.store.writeRunFile(run.run, centresFile(name, index), await deps.store.readBytes(model));
    }
    const { tables, codes, segments } = found;
    return { tables, codes, segments, ...(layout === null ? {} : { layout }) };
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
  const { by: segmentations } = context.pipeline.segments;
  const partition = partitionOf(segmentations);
  const roles = partition?.kind === 'clusters' ? await rolesToInfer(deps, context) : [];
  const label = labelOf(context);
  const assigned = await deps.compute.assignSegments(
    {
      snapshot: await deps.store.localPath(context.snapshot),
      rows: context.manifest.data.rows,
      // Rows that are laid out are read in any case.
      label: { ...label, kept: roles.length > 0 ? 'later' : 'now' },
      segmentations,
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
    const { segmentation, model } = fitted;
    clusters[segmentation] = await deps.store.putJson(model);
    let counts: readonly number[];
    if (roles.length > 0 && segmentation === partition?.name) {
      const labels = { ...label, offset: assigned.labelOffset! };
      const laidOut = await layOutClusters(deps, context, { ...fitted, labels, roles, codes: output }, signal);
      layout = await storeLayout(deps, laidOut);
      counts = laidOut.sizes;
    } else counts = await fillClusters(deps, context, fitted, output, signal);
    const index = tables.findIndex((table) => table.segmentation === segmentation);
    tables[index] = { ...tables[index]!, segments: clusterSegments(model, counts) };
  }
  return {
    tables: await deps.store.putJson(tables),
    codes: await deps.store.putFile(output, { move: true, flush: 'later' }),
    segments: tables.reduce((sum, table) => sum + table.segments.length, 0),
    clusters,
    layout,
  };
}

/** Every row into its cluster, by as many processes as there are. @returns rows by cluster, and at the end those that miss a feature */
async function fillClusters(
  deps: ActivityDependencies,
  { snapshot, manifest }: RunContext,
  { model, offset }: FittedClusters,
  codes: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const path = await deps.store.localPath(snapshot);
  const counted = await Promise.all(
    shares(manifest.data.rows, deps.threads).map((share) =>
      deps.compute.assignClusters({ snapshot: path, model, ...share, codes, offset }, signal),
    ),
  );
  return counted.reduce((sums, share) => sums.map((sum, cluster) => sum + share[cluster]!));
}

interface LayoutOfClusters extends FittedClusters {
  readonly labels: NonNullable<LayoutJob['labels']>;
  /** Whose features are laid out. */
  readonly roles: readonly Role[];
  readonly codes: string;
}

/** The same of the partition that inference follows, with features and labels on the way: the rows are read once for all of it. */
async function layOutClusters(
  deps: ActivityDependencies,
  context: RunContext,
  { model, offset, labels, roles, codes }: LayoutOfClusters,
  signal: AbortSignal,
): Promise<LaidOutRows> {
  const { rows } = context.manifest.data;
  const snapshot = await deps.store.localPath(context.snapshot);
  const by = { clusters: model, offset };
  const segments = model.centres.length + 1;
  return layOut(deps, { snapshot, codes, by, labels, segments, rows, ...wantedFeatures(context, roles) }, signal);
}

function artifactsOf({ tables, codes, clusters }: Segmented): readonly ArtifactRef[] {
  return [tables, codes, ...Object.values(clusters)];
}

/** With its place in the pipeline: what file names cannot hold may be all that tells two segmentations apart. */
function centresFile(name: string, index: number): string {
  return `clusters-${name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)}-${index + 1}.json`;
}
