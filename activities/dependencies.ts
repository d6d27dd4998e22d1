/** What the stages need of the outside world. The worker makes it once; tests make their own. */
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { AuditLog } from '../adapters/audit-log/index.js';
import type { CollectJob, Collected } from '../adapters/onnx/collect-predictions.js';
import type { InferJob, InferStatistics } from '../adapters/onnx/infer-rows.js';
import type { JoinJob } from '../adapters/onnx/join-predictions.js';
import type { RawSignature } from '../adapters/onnx/signature.js';
import type { Notifier } from '../adapters/notify/index.js';
import type { WriteMeasuresJob, WrittenMeasures } from '../adapters/measures/write-measures.js';
import type { ClusterJob } from '../adapters/segments/assign-clusters.js';
import type { AssignJob, AssignedSegments } from '../adapters/segments/assign-segments.js';
import type { LaidOut } from '../adapters/layout/layout-file.js';
import type { LayoutJob } from '../adapters/layout/write-layout.js';
import type { CopyJob } from '../adapters/duckdb/copy-rows.js';
import type { DataJob, InspectedData } from '../adapters/preflight/inspect-data.js';
import type { Finding } from '../adapters/validation/finding.js';
import type { ValidationJob } from '../adapters/validation/validate-data.js';
import type { Manifest } from '../domain/manifest.js';
import type { ActionResult, Result } from '../domain/result.js';
import type { ActionRequest, RunOutcome } from './contract.js';

/**
 * Work that would keep the main thread busy, and whatever the pipeline's own SQL and the models are let do, in processes. On the main
 * thread the first would stop heartbeats, and Temporal would take the task for dead; the second may take all memory or
 * crash, and a worker must outlive it. A job stops when its signal does.
 */
export interface Compute {
  inspectModel(job: { readonly path: string; readonly title: string }, signal?: AbortSignal): Promise<RawSignature>;
  inspectData(job: DataJob, signal?: AbortSignal): Promise<InspectedData>;
  copyRows(job: CopyJob, signal?: AbortSignal): Promise<void>;
  validateData(job: ValidationJob, signal?: AbortSignal): Promise<readonly Finding[]>;
  assignSegments(job: AssignJob, signal?: AbortSignal): Promise<AssignedSegments>;
  assignClusters(job: ClusterJob, signal?: AbortSignal): Promise<readonly number[]>;
  writeLayout(job: LayoutJob, signal?: AbortSignal): Promise<LaidOut>;
  inferRows(job: InferJob, signal?: AbortSignal): Promise<InferStatistics>;
  /** The same of a few rows, for somebody who waits: before what takes long. */
  proveModel(job: InferJob, signal?: AbortSignal): Promise<InferStatistics>;
  joinPredictions(job: JoinJob, signal?: AbortSignal): Promise<void>;
  collectPredictions(job: CollectJob, signal?: AbortSignal): Promise<Collected>;
  writeMeasures(job: WriteMeasuresJob, signal?: AbortSignal): Promise<WrittenMeasures>;
}

/** Who asks for an effect: asking twice under the same name gets the same answer. */
export interface Asked {
  readonly asking: string;
  readonly signal: AbortSignal;
}

/** Which model, and in which registry. */
export interface ModelAddress {
  readonly registry: string;
  readonly name: string;
}

/** Numbers about the work, for Prometheus. */
export interface Telemetry {
  inferred(rows: number, seconds: number, batchMilliseconds: readonly number[]): void;
  reported(result: Result): void;
}

export interface ActivityDependencies {
  readonly store: ArtifactStore;
  readonly audit: AuditLog;
  readonly compute: Compute;
  /** Who is told of verdicts. Null: this worker was given no address. */
  readonly notifier: Notifier | null;
  readonly telemetry: Telemetry;
  /** Compute processes, so that work is cut into as many shares; also the threads that DuckDB may use for one query. */
  readonly threads: number;
  /** How long one part of an inference task takes at most, in milliseconds. @default PART_MS of `infer-task.ts` */
  readonly partMs?: number;
  readonly versions: Manifest['versions'];
  /** Digest of this worker's code: what other code computed is not taken for what this would. Null where nothing was built. */
  readonly build?: string | null;
  /** Who acts, for the registry's log and the audit log: "segmentry on host-7". */
  readonly actor: string;
  /** Waits for a run that somebody else started. */
  readonly awaitRun: (run: string, signal: AbortSignal) => Promise<RunOutcome>;
  /** Has the effect applied by the one workflow that moves this model's aliases, and waits for what came of it. */
  readonly applyEffect: (model: ModelAddress, request: ActionRequest, asked: Asked) => Promise<ActionResult>;
  /** Inference tasks a child workflow, in place of the built-in number: for tests of many chunks. */
  readonly chunkTasks?: number;
}
