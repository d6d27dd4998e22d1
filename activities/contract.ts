/**
 * What the stages take and give: small, plain values. Everything big is an artifact and goes by its address, so that no
 * payload comes near Temporal's limits however many rows or segments there are.
 */
import type { ArtifactRef } from '../domain/artifact.js';
import type { LatencyCounts } from '../domain/latency.js';
import type { InferTask } from '../domain/plan.js';
import type { ActionName, Severity } from '../domain/pipeline.js';
import type { AliasEffect } from '../domain/registry.js';
import type { ActionResult, Timings, Verdict } from '../domain/result.js';
import type { Stage } from '../domain/stages.js';

/** What somebody asks for: the input of `requestEvaluation`, the same from the CLI, a schedule, a CI job or the Temporal UI. */
export interface EvaluationRequest {
  /** Path of the pipeline file, as the worker sees it; relative paths inside it count from its folder. */
  readonly pipeline: string;
  /** The file's text, so that a worker needs no copy of it. Without it the worker reads the path. */
  readonly text?: string;
  /** In place of the pipeline's own: a version or an alias. */
  readonly candidate?: string;
  readonly baseline?: string;
  /** End of the data window, ISO 8601; only with `data.time`, and never without where there is a `data.window`. "nominal": the time that the schedule meant. */
  readonly asOf?: string;
  /** False: decide, but do nothing. Default true. */
  readonly act?: boolean;
  /** Who asks, for the audit log: "ann on host-7", "schedule nightly". As they say; nothing proves it. */
  readonly requestedBy?: string;
}

/** A request whose names have become facts. The input of `evaluateModel`, whose workflow id is `run`. */
export interface Evaluation {
  /** Made from everything that is evaluated: the same evaluation has the same run. */
  readonly run: string;
  /** One line for people: "late-flight: version 2 against 1 on flights.parquet". */
  readonly title: string;
  /** The request with aliases replaced by versions, as an artifact together with the resolved pipeline. */
  readonly resolution: ArtifactRef;
  /** What the request's names became. Absent in histories of older versions. */
  readonly versions?: ResolvedVersions;
}

/** Null: its predictions are a column of the data, or there is none. */
export interface ResolvedVersions {
  readonly candidate: string | null;
  readonly baseline: string | null;
}

/** A pinned run; every later stage starts from it. */
export interface PinnedRun {
  readonly run: string;
  /** {@link RunContext}. */
  readonly context: ArtifactRef;
  readonly rows: number;
  /** Names of the segmentations, `overall` first. Empty for stages that do not need them: `infer` and `measure`. */
  readonly segmentations: readonly string[];
  readonly onFail: readonly ActionName[];
  readonly onPass: readonly ActionName[];
  readonly act: boolean;
}

export interface ValidatedData {
  readonly valid: boolean;
  readonly rules: number;
  /** Rules that are broken and only warn; absent: none. */
  readonly warned?: number;
  /** What is wrong, when it is not valid; one sentence each. */
  readonly reasons: readonly string[];
  /** {@link RuleResult}[] */
  readonly findings: ArtifactRef;
}

export interface SegmentedData {
  /** SegmentationTable[] */
  readonly tables: ArtifactRef;
  /** Column file with each row's segment per segmentation, and its label. */
  readonly codes: ArtifactRef;
  readonly segments: number;
  /** The models' features by cluster, where rows were laid out on their way into the clusters. */
  readonly layout?: ArtifactRef;
}

/** Predictions of a whole snapshot in its row order, per model. */
export interface Predictions {
  readonly candidate: ArtifactRef;
  readonly baseline: ArtifactRef | null;
  /** Rows of either model that have none, for people; the files say which. Absent: every row has its predictions. */
  readonly unpredicted?: readonly Omit<Unpredicted, 'segment'>[];
  /** Absent where every prediction was there already, and in histories of older versions. */
  readonly scored?: Scored;
}

/** What inference had to do. */
export interface Scored {
  /** Of each model that was not known, together. */
  readonly rows: number;
  /** Of the batches that went through ONNX Runtime, whichever model they were for. */
  readonly latency: LatencyCounts;
}

/** Rows for which a model gives no prediction, because it broke on them. */
export interface Unpredicted {
  readonly segment: string;
  readonly rows: number;
  readonly role: 'candidate' | 'baseline';
  readonly reason: string;
}

export interface InferencePlan {
  /** Predictions that were already there, by role. */
  readonly known: { readonly candidate: ArtifactRef | null; readonly baseline: ArtifactRef | null };
  /** Rows in the order of the tasks; null when nothing is left to infer. */
  readonly layout: ArtifactRef | null;
  /** All tasks, where they are few enough to travel with the plan; else none, and `chunks` has them. */
  readonly tasks: readonly InferTask[];
  readonly chunks?: readonly TaskChunk[];
}

/** Tasks that one child workflow fans out, so that no history grows with the number of tasks. */
export interface TaskChunk {
  readonly index: number;
  /** InferTask[] */
  readonly tasks: ArtifactRef;
  readonly count: number;
  readonly rows: number;
}

/** The input of the workflow `inferChunk`. */
export interface ChunkWork {
  readonly run: PinnedRun;
  readonly plan: TaskPlan;
  readonly chunk: TaskChunk;
  /** What was done before it continued as new: tasks in order, and where their results are (InferredTask[] each). */
  readonly done: { readonly tasks: number; readonly results: readonly ArtifactRef[] };
}

/** What a chunk's tasks came to. */
export interface InferredChunk {
  readonly rows: number;
  /** InferredTask[] each */
  readonly results: readonly ArtifactRef[];
}

/** What every task needs of the plan. */
export interface TaskPlan extends Pick<InferencePlan, 'known' | 'layout'> {
  /** SegmentationTable[], which tell where a task's segments lie. Absent: in a run that an older version began. */
  readonly tables?: ArtifactRef;
}

export interface InferredTask {
  readonly task: number;
  readonly rows: number;
  /** Column files with the predictions of the task's rows, for the models that were not known. */
  readonly candidate: ArtifactRef | null;
  readonly baseline: ArtifactRef | null;
  /** The first rows that a model broke on, by segment; the files say which rows. Absent: none. */
  readonly broken?: readonly Unpredicted[];
  /** Of its batches; of the attempt that ended it, where there were several. Absent in histories of older versions. */
  readonly latency?: LatencyCounts;
}

export interface MeasuredSegmentation {
  /** SegmentResult[] */
  readonly segments: ArtifactRef;
  readonly count: number;
}

export interface Decided {
  readonly decision: ArtifactRef;
  readonly verdict: Exclude<Verdict, 'ERROR'>;
  /** Failed checks by severity, for the summary. */
  readonly failed: Readonly<Record<Severity, number>>;
  /** The first ones. Absent in histories of older versions. */
  readonly reasons?: readonly string[];
}

export interface ActionRequest {
  readonly run: PinnedRun;
  readonly action: AliasEffect;
  readonly verdict: Exclude<Verdict, 'ERROR'>;
}

/** The input of the workflow `notifyVerdict`. */
export interface VerdictNotice {
  readonly run: PinnedRun;
  readonly verdict: Exclude<Verdict, 'ERROR'>;
  /** The first ones. */
  readonly reasons: readonly string[];
  /** What was done before it is told. */
  readonly actions: readonly ActionResult[];
}

export interface ReportInput {
  readonly run: PinnedRun;
  readonly validated: ValidatedData;
  /** What the measures were taken from, so that the run can be replayed; null when it ended with its data. */
  readonly segmented?: SegmentedData | null;
  readonly predictions?: Predictions | null;
  readonly measures: readonly MeasuredSegmentation[];
  readonly decided: Decided | null;
  readonly actions: readonly ActionResult[];
  readonly timings: Timings;
}

/** Reasons that travel in a payload; all of them are in `result.json`. */
export const SHOWN_REASONS = 5;

/** Characters of a reason that travels in a payload: names in it come from the data. The whole is in `result.json`. */
export const REASON_LENGTH = 1_000;

/** What a run ends with, small enough for a workflow's result; the whole is in `resultFile`. */
export interface RunOutcome {
  readonly run: string;
  /** To act on the verdict again, where another request joins the run later; null when the data were not valid. */
  readonly pinned: PinnedRun | null;
  readonly verdict: Verdict;
  readonly digest: string;
  /** The first ones. */
  readonly reasons: readonly string[];
  readonly actions: readonly ActionResult[];
  /** Where a person finds the files. */
  readonly resultFile: string;
  readonly reportFile: string;
  /** How its stages ended. Absent in histories of older versions. */
  readonly progress?: RunProgress;
}

/** How far a run is. */
export interface RunProgress {
  readonly title: string;
  /** All of them, in their order. */
  readonly stages: readonly StageProgress[];
}

export interface StageProgress {
  readonly stage: Stage;
  readonly state: 'waiting' | 'running' | 'done' | 'skipped' | 'cancelled' | 'failed';
  /** Of a stage that is cut into parts: rows inferred, segments measured. */
  readonly done: number | null;
  readonly total: number | null;
  readonly unit: string | null;
  /** What it found, when it is done. */
  readonly note: string | null;
  readonly seconds: number | null;
}

/** How a run ended that another request joins. */
export interface JoinedRun extends RunOutcome {
  /** Files of the run that are gone from the store since; absent: none. The run has to be made again. */
  readonly lost?: readonly string[];
}

/** What a request ends with. */
export interface RequestOutcome extends RunOutcome {
  /** The same evaluation was there already: this request started nothing. */
  readonly joined: boolean;
}
