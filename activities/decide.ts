/** decide: the checks against the measures. Recorded as an activity's result, so that new code never alters an old verdict. */
import { decide as decideByChecks, decideInSteps } from '../domain/decide.js';
import type { Severity } from '../domain/pipeline.js';
import type { Decision, SegmentResult } from '../domain/result.js';
import { requireMeasuresFit } from '../domain/result-size.js';
import { shortened } from '../domain/shortened.js';
import { type Decided, type MeasuredSegmentation, type PinnedRun, REASON_LENGTH, SHOWN_REASONS } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { inPieces, letBeatsOut, whileBeating } from './heartbeat.js';
import { isSame } from './resolve.js';
import { type RunContext, loadContext } from './run-context.js';

export async function decide(
  deps: ActivityDependencies,
  run: PinnedRun,
  measures: readonly MeasuredSegmentation[],
): Promise<Decided> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const count = measures.reduce((sum, measured) => sum + measured.count, 0);
    const measured = measures.reduce((sum, { segments }) => sum + segments.bytes, 0);
    requireMeasuresFit(count, measured);
    const segments = await readSegments(deps, measures);
    await letBeatsOut();
    const decision = explained(context, await inPieces(decideInSteps(context.pipeline, segments), signal));
    const stored = await deps.store.putJson(decision);
    requireMeasuresFit(count, measured + stored.bytes);
    const failed: Record<Severity, number> = { block: 0, warn: 0, shadow: 0 };
    for (const check of decision.checks) if (check.outcome === 'fail') failed[check.severity]++;
    return {
      decision: stored,
      verdict: decision.verdict,
      failed,
      reasons: firstReasons(decision.reasons),
    };
  });
}

/** Those that travel with an outcome. */
export function firstReasons(reasons: readonly string[]): readonly string[] {
  return reasons.slice(0, SHOWN_REASONS).map((reason) => shortened(reason, REASON_LENGTH));
}

export function decisionOf(
  context: Pick<RunContext, 'pipeline' | 'candidate' | 'baseline'>,
  segments: readonly SegmentResult[],
): Decision {
  return explained(context, decideByChecks(context.pipeline, segments));
}

function explained({ candidate, baseline }: Pick<RunContext, 'candidate' | 'baseline'>, decision: Decision): Decision {
  if (!isSame(candidate, baseline)) return decision;
  // So after a rollback, when both aliases name the version that was restored.
  const same = 'candidate and baseline are the same version: there is no change to judge, only absolute bounds';
  return { ...decision, reasons: [same, ...decision.reasons] };
}

/** All segments in the order of the pipeline. */
export async function readSegments(
  deps: ActivityDependencies,
  measures: readonly MeasuredSegmentation[],
): Promise<readonly SegmentResult[]> {
  const key = measures.map(({ segments }) => segments.sha256).join(' ');
  const known = lastRead?.key === key ? lastRead.segments.deref() : undefined;
  if (known !== undefined) return known;
  const lists: (readonly SegmentResult[])[] = [];
  for (const measured of measures) lists.push(await deps.store.readJson<readonly SegmentResult[]>(measured.segments));
  const segments = lists.flat();
  lastRead = { key, segments: new WeakRef(segments) };
  return segments;
}

/**
 * What was read last: the report wants the segments a moment after the decision, and reading ten thousand takes a quarter of a second.
 * Weak, so that no memory is kept for a report that another worker makes.
 */
let lastRead: { readonly key: string; readonly segments: WeakRef<readonly SegmentResult[]> } | undefined;
