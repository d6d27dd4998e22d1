/** measure: what each segment of one segmentation says about the models. */
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import type { MeasuredSegmentation, PinnedRun, Predictions, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { loadContext } from './run-context.js';

/** @param index of the segmentation in `run.segmentations` */
export async function measure(
  deps: ActivityDependencies,
  run: PinnedRun,
  segmented: SegmentedData,
  predictions: Predictions,
  index: number,
): Promise<MeasuredSegmentation> {
  return whileBeating(async (signal) => {
    const { pipeline, coding, snapshot } = await loadContext(deps.store, run.context);
    const tables = await deps.store.readJson<readonly SegmentationTable[]>(segmented.tables);
    const table = tables[index];
    if (table === undefined) throw new Error(`there is no segmentation ${index}`);
    const segments = await deps.compute.measureSegmentation(
      {
        snapshot: await deps.store.localPath(snapshot),
        rows: run.rows,
        label: { column: pipeline.data.label, coding },
        codes: await deps.store.localPath(segmented.codes),
        table,
        candidate: await deps.store.localPath(predictions.candidate),
        baseline: predictions.baseline === null ? null : await deps.store.localPath(predictions.baseline),
        metrics: pipeline.metrics,
        threshold: pipeline.model.threshold,
        confidence: pipeline.confidence,
        seed: pipeline.seed,
      },
      signal,
    );
    return { segments: await deps.store.putJson(segments), count: segments.length };
  });
}
