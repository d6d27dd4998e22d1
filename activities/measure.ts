/** measure: what each segment of one segmentation says about the models. */
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { MeasureJob } from '../adapters/measures/measure-segmentation.js';
import type { RowSources } from '../adapters/measures/row-columns.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { OVERALL, type MetricName, type Pipeline } from '../domain/pipeline.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { MeasuredSegmentation, PinnedRun, Predictions, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { keyOf, recallWhole } from './remembered.js';
import { type RunContext, labelOf, loadContext } from './run-context.js';
import { withTemporaryFile } from './temporary-file.js';

/** @param index of the segmentation, `overall` being 0; the run comes without their names */
export async function measure(
  deps: ActivityDependencies,
  run: PinnedRun,
  segmented: SegmentedData,
  predictions: Predictions,
  index: number,
): Promise<MeasuredSegmentation> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const tables = await deps.store.readJson<readonly SegmentationTable[]>(segmented.tables);
    const table = tables[index];
    if (table === undefined) throw new Error(`there is no segmentation ${index}`);
    const measured = { codes: segmented.codes, predictions, table };
    const key = keyOf({ ...measureFacts(context, measured), build: deps.build ?? null });
    const known = await recallWhole<MeasuredSegmentation>(deps.store, MEASURES, key, (found) => [found.segments]);
    if (known !== null) return known;
    const job = await measureJob(deps.store, context, measured);
    const made = await withTemporaryFile(deps.store, 'measures.json', async (output) => {
      const { digest, count } = await deps.compute.writeMeasures({ ...job, output }, signal);
      return { segments: await deps.store.putFile(output, { move: true, digest, flush: 'later' }), count };
    });
    await deps.store.remember(MEASURES, key, made);
    return made;
  });
}

/** Where measures are remembered, by {@link measureFacts}: a run with other bounds measures nothing. */
const MEASURES = 'measures';

interface Measured {
  readonly codes: ArtifactRef;
  readonly predictions: Predictions;
  readonly table: SegmentationTable;
}

/** What the measures of one segmentation are computed from, where it lies on this machine. */
export async function measureJob(store: ArtifactStore, context: RunContext, measured: Measured): Promise<MeasureJob> {
  const { codes, predictions } = measured;
  return {
    ...settingsOf(context, measured),
    snapshot: await store.localPath(context.snapshot),
    codes: await store.localPath(codes),
    candidate: await store.localPath(predictions.candidate),
    baseline: predictions.baseline === null ? null : await store.localPath(predictions.baseline),
  };
}

/** The same, as what it is wherever it lies. Bounds and severities of checks are not among it. */
function measureFacts(context: RunContext, measured: Measured): object {
  const { codes, predictions } = measured;
  return {
    ...settingsOf(context, measured),
    snapshot: context.snapshot.sha256,
    codes: codes.sha256,
    candidate: predictions.candidate.sha256,
    baseline: predictions.baseline?.sha256 ?? null,
    versions: context.manifest.versions,
  };
}

function settingsOf(
  context: RunContext,
  { table }: Measured,
): Omit<MeasureJob, 'snapshot' | 'codes' | 'candidate' | 'baseline'> {
  const { pipeline, manifest } = context;
  return {
    rows: manifest.data.rows,
    label: labelOf(context),
    sources: sourcesOf(pipeline),
    table,
    metrics: pipeline.metrics,
    rest: metricsOfRest(pipeline, table.segmentation),
    threshold: pipeline.model.threshold,
    confidence: pipeline.confidence,
    ...(pipeline.proportions === undefined ? {} : { proportions: pipeline.proportions }),
    seed: pipeline.seed,
  };
}

function sourcesOf({ data, cost }: Pipeline): RowSources {
  const { weight, clusterBy, group } = data;
  return {
    ...(weight === undefined ? {} : { weight }),
    ...(clusterBy === undefined ? {} : { clusterBy }),
    ...(group === undefined ? {} : { group }),
    ...(cost === undefined ? {} : { cost }),
  };
}

/** What a check compares with the rest of the rows. Measuring a complement takes all rows, so nothing else is. */
function metricsOfRest({ checks }: Pipeline, segmentation: string): readonly MetricName[] {
  if (segmentation === OVERALL) return [];
  const asking = checks.filter(
    ({ versus, segments }) => versus === 'rest' && (segments === null || segments.includes(segmentation)),
  );
  return [...new Set(asking.map(({ metric }) => metric))];
}
