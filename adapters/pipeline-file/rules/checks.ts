/** What `checks` must keep beyond its shape, and its complete form: one bound per check, everything inherited filled in. */
import { METRICS, metricsFor } from '../../../domain/metrics/table.js';
import { nearest } from '../../../domain/nearest.js';
import {
  type Bound,
  type Check,
  type Evidence,
  type ModelUnderTest,
  type OnInconclusive,
  OVERALL,
} from '../../../domain/pipeline.js';
import { formatPath, type Path, type Report, show } from '../problems.js';
import { BOUND_KINDS, type CheckDraft, type OnInconclusiveDraft } from '../schema/checks.js';
import { meantInstead, whyPointless } from './can-fire.js';
import type { Item } from './items.js';
import { repeatedAt } from './repeated.js';

/** What checks depend on elsewhere in the file; null where that part is wrong itself, and what depends on it is not judged. */
export interface Surroundings {
  readonly model: ModelUnderTest | null;
  readonly segmentations: readonly string[] | null;
  readonly evidence: Evidence;
  /** As the file gives it for all checks. */
  readonly onInconclusive: OnInconclusiveDraft | undefined;
  readonly lineOf: (path: Path) => number;
}

/** An inconclusive segment is everyday (segments are small); an inconclusive `overall` means that the run decided nothing. */
const DEFAULT_ON_INCONCLUSIVE: OnInconclusive = { overall: 'inconclusive', segments: 'pass' };

/** Strict evidence asks for a proof, and what has not been proven does not pass. */
const STRICT_ON_INCONCLUSIVE: OnInconclusive = { overall: 'fail', segments: 'fail' };

export function defaultOnInconclusive(evidence: Evidence): OnInconclusive {
  return evidence === 'strict' ? STRICT_ON_INCONCLUSIVE : DEFAULT_ON_INCONCLUSIVE;
}

export function completeOnInconclusive(
  draft: OnInconclusiveDraft | undefined,
  inherited: OnInconclusive,
): OnInconclusive {
  if (draft === undefined) return inherited;
  if (typeof draft === 'string') return { overall: draft, segments: draft };
  return { overall: draft.overall ?? inherited.overall, segments: draft.segments ?? inherited.segments };
}

export function completeChecks(
  drafts: readonly Item<CheckDraft>[],
  around: Surroundings,
  report: Report,
): readonly Check[] {
  const checks: Check[] = [];
  const seen = new Map<string, Path>();
  for (const { path, draft } of drafts) {
    refuseForeignMetric(draft, path, around.model, report);
    refuseUnknownSegments(draft, path, around.segmentations, report);
    for (const bound of boundsOf(draft, path, report)) {
      judgeBound(draft, bound, path, around.model, report);
      const check = complete(draft, bound, path, around);
      const key = JSON.stringify({ ...check, name: undefined, line: undefined });
      const before = seen.get(key);
      if (before !== undefined)
        report(path, `${formatPath(path)} is the same as ${formatPath(before)}: remove one of them`);
      seen.set(key, path);
      checks.push(check);
    }
  }
  return withUniqueNames(checks);
}

function complete(draft: CheckDraft, bound: Bound, path: Path, around: Surroundings): Check {
  const where = draft.segments === undefined ? '' : ` in ${draft.segments.join(', ')}`;
  const evidence = draft.evidence ?? around.evidence;
  return {
    name: `${draft.metric} ${bound.kind} ${bound.value}${where}`,
    metric: draft.metric,
    versus: isAbsolute(bound) ? null : 'baseline',
    bound,
    segments: draft.segments ?? null,
    severity: draft.severity,
    evidence,
    onInconclusive: completeOnInconclusive(
      draft.onInconclusive,
      completeOnInconclusive(around.onInconclusive, defaultOnInconclusive(evidence)),
    ),
    line: around.lineOf(path),
  };
}

/** Checks may differ in severity or evidence alone; a number tells them apart in reports. */
function withUniqueNames(checks: readonly Check[]): readonly Check[] {
  const count = new Map<string, number>();
  return checks.map((check) => {
    const nth = (count.get(check.name) ?? 0) + 1;
    count.set(check.name, nth);
    return nth === 1 ? check : { ...check, name: `${check.name} #${nth}` };
  });
}

function isAbsolute(bound: Bound): boolean {
  return bound.kind === 'min' || bound.kind === 'max';
}

function boundsOf(draft: CheckDraft, path: Path, report: Report): readonly Bound[] {
  const bounds = BOUND_KINDS.flatMap((kind): Bound[] => {
    const value = draft[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
  const [first, second] = bounds;
  if (first === undefined) {
    report(path, `the check on ${draft.metric} has no bound; give one of ${BOUND_KINDS.join(', ')}`);
    return [];
  }
  if (second === undefined) return bounds;
  if (bounds.length === 2 && bounds.every(isAbsolute)) {
    if (first.value > second.value)
      report([...path, 'min'], `min ${first.value} is above max ${second.value}: no value passes both`);
    return bounds;
  }
  const given = bounds.map(({ kind }) => kind).join(' and ');
  report(
    [...path, second.kind],
    `a check has one bound (or min with max), but this has ${given}: make ${bounds.length} checks of it`,
    'key',
  );
  return [];
}

function judgeBound(draft: CheckDraft, bound: Bound, path: Path, model: ModelUnderTest | null, report: Report): void {
  const at = [...path, bound.kind];
  const pointless = whyPointless(draft.metric, bound);
  if (pointless !== null) report(at, `${draft.metric} ${bound.kind} ${bound.value} ${pointless}`);
  if (isAbsolute(bound)) {
    if (draft.versus !== undefined) {
      report(
        [...path, 'versus'],
        `${bound.kind} bounds the candidate alone and compares with nothing; remove versus, or bound the change with maxDrop or maxIncrease`,
        'key',
      );
    }
    return;
  }
  if (model !== null && model.baseline === null) {
    report(
      at,
      `${bound.kind} compares with a baseline, and model.baseline is not given; add it, or use min or max`,
      'key',
    );
  }
  const meant = meantInstead(draft.metric, bound);
  if (meant !== null && draft.severity === 'block') {
    report(
      at,
      `${draft.metric} is better when ${METRICS[draft.metric].direction}, so ${bound.kind} would fail a model for becoming better; ` +
        `did you mean ${meant}? (As a warning it is possible: severity: warn)`,
      'key',
    );
  }
}

function refuseForeignMetric(draft: CheckDraft, path: Path, model: ModelUnderTest | null, report: Report): void {
  if (model !== null) refuseMetric(draft.metric, [...path, 'metric'], model, report);
}

/** Metrics belong to tasks: there is no auc of a regression. */
export function refuseMetric(metric: CheckDraft['metric'], path: Path, { task }: ModelUnderTest, report: Report): void {
  const allowed = metricsFor(task).map(({ name }) => name);
  if (!allowed.includes(metric)) {
    report(
      path,
      `${formatPath(path)} is "${metric}", which does not exist for task ${task}; allowed: ${allowed.join(', ')}`,
    );
  }
}

function refuseUnknownSegments(draft: CheckDraft, path: Path, known: readonly string[] | null, report: Report): void {
  if (draft.segments === undefined) return;
  const repeated = repeatedAt(draft.segments);
  if (repeated !== null) report([...path, 'segments', repeated], `${show(draft.segments[repeated])} is there twice`);
  if (known === null) return;
  const allowed = [OVERALL, ...known];
  for (const [index, name] of draft.segments.entries()) {
    if (allowed.includes(name)) continue;
    const guess = nearest(name, allowed);
    report(
      [...path, 'segments', index],
      `unknown segmentation ${show(name)} in ${formatPath([...path, 'segments'])}${guess === null ? '' : `; did you mean "${guess}"?`}; allowed: ${allowed.join(', ')}`,
    );
  }
}
