/** report: the whole run as one result.json, and what people read, rendered from it. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.js';
import { latencyPercentile } from '../domain/latency.js';
import {
  RESULT_FILE,
  RESULT_FORMAT,
  type Decision,
  type Result,
  type RuleResult,
  type Timings,
} from '../domain/result.js';
import { renderHtml } from '../report/html.js';
import { recordDeed } from './audit.js';
import type { ReportInput, RunOutcome } from './contract.js';
import { firstReasons, readSegments } from './decide.js';
import type { ActivityDependencies } from './dependencies.js';
import { letBeatsOut, whileBeating } from './heartbeat.js';
import { type ResultLists, digestOf, resultJson, segmentsText } from './result-text.js';
import { ARTIFACTS_FILE, artifactsOf, evidenceOf } from './run-artifacts.js';
import { type RunContext, loadContext } from './run-context.js';

export const REPORT_FILE = 'report.html';

export async function report(deps: ActivityDependencies, input: ReportInput): Promise<RunOutcome> {
  return whileBeating(() => writeReport(deps, input));
}

async function writeReport(deps: ActivityDependencies, input: ReportInput): Promise<RunOutcome> {
  const { run, decided, validated } = input;
  const context = await loadContext(deps.store, run.context);
  const findings = await deps.store.readJson<readonly RuleResult[]>(validated.findings);
  const decision = decided === null ? null : await deps.store.readJson<Decision>(decided.decision);
  const segments = await readSegments(deps, input.measures);
  const { actions } = input;
  const timings = { ...input.timings, ...throughputOf(input) };
  // What the verdict rests on is on the disk before the verdict is.
  await deps.store.flush(evidenceOf(context, input));
  const lists = {
    segments: await segmentsText(deps.store, input.measures),
    checks: canonicalJson(decision?.checks ?? []),
  };
  const result = composeResult({ context, findings, segments, decision, actions, timings }, lists);
  await letBeatsOut();
  const encoder = new TextEncoder();
  const bytes = encoder.encode(resultJson(result, lists));
  const resultFile = await deps.store.writeRunFile(run.run, RESULT_FILE, bytes);
  const written = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
  const audit = await recordDeed(deps, {
    action: 'verdict',
    subject: context.pipeline.name,
    run: run.run,
    details: { verdict: result.verdict, digest: result.digest, result: written.sha256 },
  });
  await deps.store.writeRunFile(
    run.run,
    ARTIFACTS_FILE,
    encoder.encode(`${JSON.stringify({ ...artifactsOf(input, written), audit }, null, 2)}\n`),
  );
  const page = encoder.encode(renderHtml(result));
  await letBeatsOut();
  const reportFile = await deps.store.writeRunFile(run.run, REPORT_FILE, page);
  deps.telemetry.reported(result);
  return {
    run: run.run,
    pinned: decided === null ? null : run,
    verdict: result.verdict,
    digest: result.digest,
    reasons: firstReasons(result.reasons),
    actions: input.actions,
    resultFile,
    reportFile,
  };
}

/** What share of the batches took at most so long, by the time's name among the timings. */
const BATCH_PERCENTILES = { 'batch P50': 0.5, 'batch P90': 0.9, 'batch P95': 0.95 };

/** What was done a second, and how long batches took, in seconds; of a stage that had nothing to do, nothing. */
function throughputOf({ predictions, measures, timings }: ReportInput): Timings {
  const { infer = 0, measure = 0 } = timings;
  const segments = measures.reduce((sum, { count }) => sum + count, 0);
  const found: Record<string, number> = {};
  if (predictions?.scored !== undefined) {
    const { rows, latency } = predictions.scored;
    if (infer > 0) found['rows per second'] = rows / infer;
    for (const [name, share] of Object.entries(BATCH_PERCENTILES)) {
      const milliseconds = latencyPercentile(latency, share);
      if (milliseconds !== null) found[name] = milliseconds / 1_000;
    }
  }
  if (measure > 0 && segments > 0) found['segments per second'] = segments / measure;
  return found;
}

interface ResultParts extends Pick<Result, 'segments' | 'actions' | 'timings'> {
  readonly context: RunContext;
  readonly findings: readonly RuleResult[];
  /** Null when the data were not valid. */
  readonly decision: Decision | null;
}

/** @param lists of the parts' segments and checks, where they are known */
export function composeResult(
  { context, findings, segments, decision, actions, timings }: ResultParts,
  lists?: ResultLists,
): Result {
  // An error never becomes a verdict on the model: data that cannot be judged on end as ERROR, with the reason.
  const reasons =
    decision?.reasons ?? findings.filter(({ outcome }) => outcome === 'fail').map(({ message }) => message);
  const withoutDigest = {
    format: RESULT_FORMAT,
    run: context.run,
    pipeline: context.pipeline.name,
    verdict: decision?.verdict ?? 'ERROR',
    reasons,
    manifest: context.manifest,
    validation: findings,
    segments,
    checks: decision?.checks ?? [],
    discovered: [],
    actions,
    timings,
  } satisfies Omit<Result, 'digest'>;
  return { ...withoutDigest, digest: digestOf(withoutDigest, lists) };
}
