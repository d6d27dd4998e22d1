/** A whole run over predictions that are columns of the data: every stage, everything real but Temporal and threads. */
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Decided, Predictions, RunOutcome, SegmentedData } from '../../activities/contract.js';
import type { ActivityDependencies, Compute } from '../../activities/dependencies.js';
import { createActivities } from '../../activities/index.js';
import { type ArtifactStore, createArtifactStore } from '../../adapters/artifact-store/index.js';
import { createAuditLog } from '../../adapters/audit-log/index.js';
import { copyRows } from '../../adapters/duckdb/copy-rows.js';
import { writeMeasures } from '../../adapters/measures/write-measures.js';
import { inspectData } from '../../adapters/preflight/inspect-data.js';
import { readResult } from '../../adapters/result-file/schema.js';
import { assignClusters } from '../../adapters/segments/assign-clusters.js';
import { assignSegments } from '../../adapters/segments/assign-segments.js';
import { validateData } from '../../adapters/validation/validate-data.js';
import type { Result } from '../../domain/result.js';
import { versions } from '../../workers/versions.js';
import { newFile } from '../snapshot.js';

export interface ColumnRun {
  readonly store: ArtifactStore;
  readonly outcome: RunOutcome;
  readonly result: Result;
  readonly segmented: SegmentedData;
  readonly predictions: Predictions;
  readonly decided: Decided;
}

/**
 * 600 visits of two wards, every 50th without an answer: `old` is right on all but a few, `new` is wrong on every third of the
 * ward "b" beside. The answer is a text.
 */
export const VISITS = `
  SELECT i AS visit, CASE WHEN i % 3 = 0 THEN 'b' WHEN i % 7 = 0 THEN NULL ELSE 'a' END AS ward,
    CASE WHEN i % 50 = 0 THEN NULL WHEN i % 2 = 0 THEN 'yes' ELSE 'no' END AS answer,
    CASE WHEN i % 23 = 0 THEN 1 - truth ELSE truth END * 0.8 + 0.1 + (i % 11) / 200.0 AS old,
    CASE WHEN i % 29 = 0 OR (i % 9 = 0) THEN 1 - truth ELSE truth END * 0.8 + 0.1 + (i % 13) / 200.0 AS new,
    1.0 + i % 3 AS weight
  FROM (SELECT i, CAST(i % 2 = 0 AS INTEGER) AS truth FROM range(600) rows(i))`;

export const PIPELINE = `
data: { source: SOURCE, id: visit, label: answer }
model: { task: binary, candidate: { column: new }, baseline: { column: old }, positive: "yes" }
segments: { minRows: 50, by: [{ columns: [ward] }] }
metrics: [accuracy, auc]
checks:
  - { metric: accuracy, maxDrop: 0.02 }
  - { metric: auc, min: 0.5 }
`;

/**
 * @param others in place of the real jobs
 * @param build that the worker says its code is
 */
export async function columnRun(
  folder: string,
  pipeline = PIPELINE,
  query = VISITS,
  others: Partial<Compute> = {},
  build: string | null = null,
): Promise<ColumnRun> {
  const source = await newFile(folder, query);
  const store = createArtifactStore(join(folder, 'artifacts'));
  const never = (): never => {
    throw new Error('nothing is inferred from a column');
  };
  const compute: Compute = {
    inspectModel: never,
    inspectData,
    copyRows,
    validateData,
    assignSegments,
    assignClusters,
    writeLayout: never,
    inferRows: never,
    proveModel: never,
    joinPredictions: never,
    collectPredictions: never,
    writeMeasures,
    ...others,
  };
  const deps: ActivityDependencies = {
    store,
    audit: createAuditLog(store.uri),
    compute,
    notifier: null,
    telemetry: { inferred: () => undefined, reported: () => undefined },
    threads: 1,
    versions: versions(),
    build,
    actor: 'test',
    awaitRun: never,
    applyEffect: never,
  };
  const stages = createActivities(deps);
  const stage = <I extends unknown[], O>(activity: (...input: I) => Promise<O>, ...input: I): Promise<O> =>
    new MockActivityEnvironment().run(activity, ...input);

  const text = `pipeline: visits${pipeline.replace('SOURCE', JSON.stringify(source))}`;
  const evaluation = await stage(stages.resolve, { pipeline: join(folder, 'pipeline.yaml'), text });
  const run = await stage(stages.pin, evaluation);
  const validated = await stage(stages.validate, run);
  if (!validated.valid) throw new Error(validated.reasons.join('; '));
  const segmented = await stage(stages.segment, run);
  const plan = await stage(stages.planInference, run, segmented);
  const predictions = await stage(stages.collectPredictions, run, plan, []);
  const measures = [];
  for (const index of run.segmentations.keys())
    measures.push(await stage(stages.measure, run, segmented, predictions, index));
  const decided = await stage(stages.decide, run, measures);
  const outcome = await stage(stages.report, {
    run,
    validated,
    segmented,
    predictions,
    measures,
    decided,
    actions: [],
    timings: { pin: 1 },
  });
  const bytes = await store.readRunFile(outcome.run, 'result.json');
  return {
    store,
    outcome,
    result: readResult(new TextDecoder().decode(bytes ?? undefined)),
    segmented,
    predictions,
    decided,
  };
}
