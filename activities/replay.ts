/**
 * A finished run computed again from its artifacts: measured, decided and digested anew, without Temporal and without the
 * models, the registry or the source. Reads only: nothing of the run is changed.
 */
import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { MeasureJob } from '../adapters/measures/measure-segmentation.js';
import { readResult } from '../adapters/result-file/schema.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { canonicalJson } from '../domain/canonical-json.js';
import { SegmentryError } from '../domain/errors.js';
import type { Manifest } from '../domain/manifest.js';
import {
  RESULT_FILE,
  type Decision,
  type Result,
  type RuleResult,
  type SegmentResult,
  type Verdict,
} from '../domain/result.js';
import type { SegmentationTable } from '../domain/slices/segment-table.js';
import { decisionOf } from './decide.js';
import { measureJob } from './measure.js';
import { composeResult } from './report.js';
import { digestOf } from './result-text.js';
import { type RunArtifacts, readRunArtifacts } from './run-artifacts.js';
import type { RunContext } from './run-context.js';

export interface ReplayDependencies {
  readonly store: ArtifactStore;
  readonly measureSegmentation: (job: MeasureJob) => Promise<readonly SegmentResult[]>;
  readonly versions: Manifest['versions'];
}

interface Compared<T> {
  readonly recorded: T;
  readonly recomputed: T;
}

export interface Replay {
  readonly run: string;
  readonly same: boolean;
  readonly verdict: Compared<Verdict>;
  readonly digest: Compared<string>;
  /** Artifacts whose bytes were proven to be the ones that the run used. */
  readonly artifacts: number;
  /** What came out otherwise, one sentence each. */
  readonly differences: readonly string[];
  /** Versions that are others than the run's: "segmentry 0.1.0, now 0.2.0". */
  readonly versions: readonly string[];
}

/** @throws SegmentryError that names the digest, when an artifact or the result has other bytes than the run left */
export async function replay(deps: ReplayDependencies, run: string): Promise<Replay> {
  const { store } = deps;
  const artifacts = await readRunArtifacts(store, run);
  const recorded = await readRecorded(store, artifacts);
  const proven = await proveAll(store, artifacts);
  const { context, findings } = proven;
  refuseForeign(run, recorded, context);

  const differences: string[] = [];
  const segments = await measureAgain(deps, artifacts, context, differences);
  const decision = artifacts.decision === null ? null : plain<Decision>(decisionOf(context, segments));
  const stored = artifacts.decision === null ? null : await store.readJson<Decision>(artifacts.decision);
  if (decision !== null && stored !== null) differences.push(...changedChecks(stored, decision));
  const recomputed = composeResult({ context, findings, segments, decision, actions: [], timings: {} });

  const digest = { recorded: recorded.digest, recomputed: recomputed.digest };
  const same = digest.recorded === digest.recomputed;
  return {
    run,
    same,
    verdict: { recorded: recorded.verdict, recomputed: recomputed.verdict },
    digest,
    artifacts: proven.count,
    differences: same ? [] : differences,
    versions: changedVersions(context.manifest.versions, deps.versions),
  };
}

/** The result as the run wrote it: its bytes are the ones that it wrote, and its digest is that of its content. */
async function readRecorded(store: ArtifactStore, { run, result }: RunArtifacts): Promise<Result> {
  const bytes = await store.readRunFile(run, RESULT_FILE);
  if (bytes === null)
    throw new SegmentryError(`the run ${run} has no ${RESULT_FILE} in ${store.uri}`, 'infrastructure');
  const found = sha256(bytes);
  if (found !== result.sha256) {
    throw new SegmentryError(
      `${RESULT_FILE} of the run ${run} was changed: its bytes hash to ${found}, and the run wrote ${result.sha256}`,
      'infrastructure',
    );
  }
  const recorded = readResult(new TextDecoder().decode(bytes));
  if (digestOf(recorded) !== recorded.digest) {
    throw new SegmentryError(
      `${RESULT_FILE} of the run ${run} contradicts itself: its content has the digest ${digestOf(recorded)}, and it says ${recorded.digest}`,
      'infrastructure',
    );
  }
  return recorded;
}

interface Proven {
  readonly context: RunContext;
  readonly findings: readonly RuleResult[];
  readonly count: number;
}

/** Reads every artifact once; the store refuses, naming the digest, what has other bytes. */
async function proveAll(store: ArtifactStore, artifacts: RunArtifacts): Promise<Proven> {
  // Not through the memory of contexts: it is what lies in the store now that has to be right.
  const context = await store.readJson<RunContext>(artifacts.context);
  const findings = await store.readJson<readonly RuleResult[]>(artifacts.findings);
  const { segmented, predictions, measures, decision } = artifacts;
  const models = [context.candidate, context.baseline].flatMap((model) =>
    model?.kind === 'registry' ? [model.file] : [],
  );
  const files = [
    context.snapshot,
    ...models,
    ...(segmented === null ? [] : [segmented.tables, segmented.codes]),
    ...(predictions === null ? [] : [predictions.candidate, predictions.baseline]),
    ...measures,
    decision,
  ].filter((ref): ref is ArtifactRef => ref !== null);
  for (const ref of files) await store.localPath(ref);
  const proven = new Set([artifacts.context, artifacts.findings, ...files].map(({ sha256: digest }) => digest));
  return { context, findings, count: proven.size };
}

/** Artifacts that are whole, but another run's. */
function refuseForeign(run: string, recorded: Result, context: RunContext): void {
  const { manifest, snapshot } = context;
  const problem =
    recorded.run !== run || context.run !== run
      ? `they belong to the runs ${recorded.run} and ${context.run}`
      : canonicalJson(recorded.manifest) !== canonicalJson(manifest)
        ? 'the manifest of the result is not that of the run'
        : snapshot.sha256 !== manifest.data.snapshot
          ? `the snapshot is ${snapshot.sha256}, and the manifest says ${manifest.data.snapshot}`
          : null;
  if (problem !== null)
    throw new SegmentryError(`the artifacts of the run ${run} do not belong together: ${problem}`, 'infrastructure');
}

async function measureAgain(
  { store, measureSegmentation }: ReplayDependencies,
  { segmented, predictions, measures }: RunArtifacts,
  context: RunContext,
  differences: string[],
): Promise<readonly SegmentResult[]> {
  if (segmented === null || predictions === null) return [];
  const tables = await store.readJson<readonly SegmentationTable[]>(segmented.tables);
  const all: (readonly SegmentResult[])[] = [];
  for (const [index, table] of tables.entries()) {
    const job = await measureJob(store, context, { ...segmented, predictions, table });
    const segments = plain<readonly SegmentResult[]>(await measureSegmentation(job));
    if (sha256(Buffer.from(canonicalJson(segments), 'utf8')) !== measures[index]?.sha256)
      differences.push(`the measures of ${table.segmentation} are others`);
    all.push(segments);
  }
  return all.flat();
}

function changedChecks(stored: Decision, decision: Decision): string[] {
  const differences: string[] = [];
  decision.checks.forEach((check, place) => {
    const before = stored.checks[place];
    const where = `${check.check} on ${check.segmentation} ${check.segment}`;
    if (before === undefined) differences.push(`${where} is new: ${check.outcome}`);
    else if (before.outcome !== check.outcome) differences.push(`${where} was ${before.outcome}, now ${check.outcome}`);
  });
  if (differences.length === 0 && canonicalJson(stored) !== canonicalJson(decision))
    differences.push('the outcomes are the same, and their numbers or reasons are others');
  return differences;
}

function changedVersions(before: Manifest['versions'], now: Manifest['versions']): string[] {
  return (['segmentry', 'duckdb', 'onnxruntime'] as const)
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} ${before[name]}, now ${now[name]}`);
}

/** As it comes back from the store. */
function plain<T>(value: T): T {
  return JSON.parse(canonicalJson(value)) as T;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
