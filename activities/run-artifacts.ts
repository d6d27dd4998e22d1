/** `runs/<run>/artifacts.json`: where everything is that a run's result was computed from, so that it can be computed again. */
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { AuditHead } from '../adapters/audit-log/index.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { SegmentryError } from '../domain/errors.js';
import type { Predictions, ReportInput, SegmentedData } from './contract.js';
import type { RunContext } from './run-context.js';

export const ARTIFACTS_FILE = 'artifacts.json';
export const ARTIFACTS_FORMAT = 'segmentry/artifacts/v1';

/** A field is added, never renamed. */
export interface RunArtifacts {
  readonly format: typeof ARTIFACTS_FORMAT;
  readonly run: string;
  /** The bytes of the run's `result.json`, a file of the run and no artifact of the store. */
  readonly result: ArtifactRef;
  /** The pipeline, the manifest and the models. */
  readonly context: ArtifactRef;
  readonly findings: ArtifactRef;
  /** Null for a run that ended with its data. */
  readonly segmented: Pick<SegmentedData, 'tables' | 'codes'> | null;
  readonly predictions: Predictions | null;
  /** One per segmentation, in the order of the tables. */
  readonly measures: readonly ArtifactRef[];
  readonly decision: ArtifactRef | null;
  /** Where the audit log ended with the run's verdict, so that a log that is cut shows. Missing in older runs. */
  readonly audit?: AuditHead;
}

export function artifactsOf(input: ReportInput, result: ArtifactRef): RunArtifacts {
  const { run, validated, segmented, predictions, measures, decided } = input;
  return {
    format: ARTIFACTS_FORMAT,
    run: run.run,
    result,
    context: run.context,
    findings: validated.findings,
    segmented: segmented == null ? null : { tables: segmented.tables, codes: segmented.codes },
    predictions: predictions == null ? null : { candidate: predictions.candidate, baseline: predictions.baseline },
    measures: measures.map(({ segments }) => segments),
    decision: decided?.decision ?? null,
  };
}

/** The artifacts that a replay of the run reads, and that may not be on the disk yet. */
export function evidenceOf({ snapshot }: Pick<RunContext, 'snapshot'>, input: ReportInput): readonly ArtifactRef[] {
  const { run, validated, segmented, predictions, measures, decided } = input;
  return [
    snapshot,
    run.context,
    validated.findings,
    segmented?.tables,
    segmented?.codes,
    predictions?.candidate,
    predictions?.baseline,
    ...measures.map(({ segments }) => segments),
    decided?.decision,
  ].filter((ref) => ref != null);
}

export async function readRunArtifacts(store: ArtifactStore, run: string): Promise<RunArtifacts> {
  const bytes = await store.readRunFile(run, ARTIFACTS_FILE);
  if (bytes === null) {
    throw new SegmentryError(
      `the run ${run} has no ${ARTIFACTS_FILE} in ${store.uri}: it was made by an older version, and cannot be replayed`,
      'usage',
    );
  }
  let found: unknown;
  try {
    found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(run, 'it is not JSON');
  }
  if (!isRunArtifacts(found)) throw damaged(run, `it is not of the format ${ARTIFACTS_FORMAT}`);
  if (found.run !== run) throw damaged(run, `it belongs to the run ${found.run}`);
  return found;
}

function damaged(run: string, what: string): SegmentryError {
  return new SegmentryError(`${ARTIFACTS_FILE} of the run ${run} is damaged: ${what}`, 'infrastructure');
}

function isRunArtifacts(value: unknown): value is RunArtifacts {
  if (!isObject(value) || value['format'] !== ARTIFACTS_FORMAT || typeof value['run'] !== 'string') return false;
  const { segmented, predictions, measures, decision } = value;
  const { result, context, findings } = value;
  return (
    [result, context, findings].every(isRef) &&
    (segmented === null || (isObject(segmented) && isRef(segmented['tables']) && isRef(segmented['codes']))) &&
    (predictions === null ||
      (isObject(predictions) && isRef(predictions['candidate']) && isRefOrNull(predictions['baseline']))) &&
    Array.isArray(measures) &&
    measures.every(isRef) &&
    isRefOrNull(decision)
  );
}

function isRefOrNull(value: unknown): boolean {
  return value === null || isRef(value);
}

function isRef(value: unknown): value is ArtifactRef {
  if (!isObject(value)) return false;
  const { sha256, bytes } = value;
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(bytes);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
