/** decide: the checks against the measures. Recorded as an activity's result, so that new code never alters an old verdict. */
import { decide as decideByChecks } from '../domain/decide.js';
import type { Severity } from '../domain/pipeline.js';
import type { SegmentResult } from '../domain/result.js';
import type { Decided, MeasuredSegmentation, PinnedRun } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { isSame } from './resolve.js';
import { loadContext } from './run-context.js';

export async function decide(
  deps: ActivityDependencies,
  run: PinnedRun,
  measures: readonly MeasuredSegmentation[],
): Promise<Decided> {
  const { pipeline, candidate, baseline } = await loadContext(deps.store, run.context);
  const byChecks = decideByChecks(pipeline, await readSegments(deps, measures));
  // So after a rollback, when both aliases name the version that was restored.
  const same = 'candidate and baseline are the same version: there is no change to judge, only absolute bounds';
  const decision = isSame(candidate, baseline) ? { ...byChecks, reasons: [same, ...byChecks.reasons] } : byChecks;
  const failed: Record<Severity, number> = { block: 0, warn: 0, shadow: 0 };
  for (const check of decision.checks) if (check.outcome === 'fail') failed[check.severity]++;
  return { decision: await deps.store.putJson(decision), verdict: decision.verdict, failed };
}

/** All segments in the order of the pipeline. */
export async function readSegments(
  deps: ActivityDependencies,
  measures: readonly MeasuredSegmentation[],
): Promise<readonly SegmentResult[]> {
  const lists: (readonly SegmentResult[])[] = [];
  for (const measured of measures) lists.push(await deps.store.readJson<readonly SegmentResult[]>(measured.segments));
  return lists.flat();
}
