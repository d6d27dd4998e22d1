/** measure: what each segment of one segmentation says about the models. */
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { MeasureJob } from '../adapters/measures/measure-segmentation.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { OVERALL, type MetricName, type Pipeline } from '../domain/pipeline.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { MeasuredSegmentation, PinnedRun, Predictions, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { type RunContext, loadContext } from './run-context.js';

/** @param index of the segmentation in `run.segmentations` */
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
    const job = await measureJob(deps.store, context, { codes: segmented.codes, predictions, table });
    const segments = await deps.compute.measureSegmentation(job, signal);
    return { segments: await deps.store.putJson(segments), count: segments.length };
  });
}

interface Measured {
  readonly codes: ArtifactRef;
  readonly predictions: Predictions;
  readonly table: SegmentationTable;
}

/** Everything that the measures of one segmentation are computed from. */
export async function measureJob(
  store: ArtifactStore,
  { pipeline, coding, snapshot, manifest }: RunContext,
  { codes, predictions, table }: Measured,
): Promise<MeasureJob> {
  return {
    snapshot: await store.localPath(snapshot),
    rows: manifest.data.rows,
    label: { column: pipeline.data.label, coding },
    codes: await store.localPath(codes),
    table,
    candidate: await store.localPath(predictions.candidate),
    baseline: predictions.baseline === null ? null : await store.localPath(predictions.baseline),
    metrics: pipeline.metrics,
    rest: metricsOfRest(pipeline, table.segmentation),
    threshold: pipeline.model.threshold,
    confidence: pipeline.confidence,
    seed: pipeline.seed,
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
