/** What `checks` must keep beyond its shape, and its complete form: one bound per check, everything inherited filled in. */
import { metricOf } from '../../../domain/metrics/table.js';
import { isMetric, withBrackets } from '../../../domain/metrics/metric-name.js';
import {
  type Bound,
  type Check,
  type Evidence,
  type MetricName,
  type ModelUnderTest,
  type OnInconclusive,
  OVERALL,
  type Versus,
} from '../../../domain/pipeline.js';
import { advise, formatPath, type Path, type Report, show } from '../problems.js';
import { BOUND_KINDS, type CheckDraft, type OnInconclusiveDraft, WRITTEN_BOUNDS } from '../schema/checks.js';
import { meantInstead, whyPointless } from './can-fire.js';
import type { Item } from './items.js';
import { wrongMetric } from './metric.js';
import { repeatedAt } from './repeated.js';

/** What checks depend on elsewhere in the file; null where that part is wrong itself, and what depends on it is not judged. */
export interface Surroundings {
  readonly model: ModelUnderTest | null;
  /** Whether the file says what a mistake costs, rightly or not. */
  readonly costs: boolean;
  readonly weighted: boolean;
  readonly segmentations: readonly string[] | null;
  readonly evidence: Evidence;
  /** As the file gives it for all checks. */
  readonly onInconclusive: OnInconclusiveDraft | undefined;
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

/** With the metric's id, or a text that is no metric and has been reported. */
type Draft = Omit<CheckDraft, 'metric'> & { readonly metric: MetricName };

export function completeChecks(
  drafts: readonly Item<CheckDraft>[],
  around: Surroundings,
  report: Report,
): readonly Check[] {
  const checks: Check[] = [];
  const seen = new Map<string, Path>();
  for (const { path, draft: written } of drafts) {
    refuseMetric(written.metric, [...path, 'metric'], around, report);
    const draft: Draft = { ...written, metric: withBrackets(written.metric) as MetricName };
    refuseUnknownSegments(draft, path, around.segmentations, report);
    refuseWrongComparison(draft, path, around, report);
    refuseRepeatedRequired(draft, path, report);
    for (const bound of boundsOf(draft, path, report)) {
      judgeBound(draft, bound, path, around.model, report);
      const check = complete(draft, bound, around);
      const key = JSON.stringify({ ...check, name: undefined });
      const before = seen.get(key);
      if (before !== undefined)
        report(path, `${formatPath(path)} is the same as ${formatPath(before)}: remove one of them`);
      seen.set(key, path);
      checks.push(check);
    }
  }
  return withUniqueNames(checks);
}

function complete(draft: Draft, bound: Bound, around: Surroundings): Check {
  const where = draft.segments === undefined ? '' : ` in ${draft.segments.join(', ')}`;
  const versus = versusOf(draft, bound);
  const reference = referenceOf(draft);
  const against = versus === 'rest' ? ' versus the rest' : reference === null ? '' : ` versus ${reference}`;
  const evidence = draft.evidence ?? around.evidence;
  return {
    name: `${draft.metric} ${bound.kind} ${bound.value}${against}${where}`,
    metric: draft.metric,
    versus,
    reference,
    bound,
    perSegment: perSegmentOf(draft, bound),
    required: draft.required ?? [],
    minEffect: draft.minEffect,
    segments: draft.segments ?? null,
    severity: draft.severity,
    evidence,
    onInconclusive: completeOnInconclusive(
      draft.onInconclusive,
      completeOnInconclusive(around.onInconclusive, defaultOnInconclusive(evidence)),
    ),
  };
}

function versusOf({ versus }: Draft, bound: Bound): Versus {
  if (versus === 'rest') return 'rest';
  if (typeof versus === 'object') return 'segment';
  return isAbsolute(bound) ? null : 'baseline';
}

function referenceOf({ versus }: Draft): string | null {
  return typeof versus === 'object' ? versus.segment : null;
}

function comparesSegments({ versus }: Draft): boolean {
  return versus === 'rest' || typeof versus === 'object';
}

function perSegmentOf({ perSegment, maxGap }: Draft, { kind }: Bound): Readonly<Record<string, number>> {
  const written = maxGap === undefined ? kind : 'maxGap';
  const own = Object.entries(perSegment ?? {}).flatMap(([segment, bounds]) => {
    const value = bounds[written];
    return value === undefined ? [] : [[segment, value] as const];
  });
  return Object.fromEntries(own);
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

function boundsOf(draft: Draft, path: Path, report: Report): readonly Bound[] {
  const bounds = BOUND_KINDS.flatMap((kind): Bound[] => {
    const value = draft[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
  refuseOtherSegmentBounds(draft, path, report);
  const [first, second] = bounds;
  if (draft.maxGap !== undefined && first === undefined) {
    const value = draft.maxGap;
    return [
      { kind: 'maxDrop', value },
      { kind: 'maxIncrease', value },
    ];
  }
  if (draft.maxGap !== undefined) {
    report(
      [...path, 'maxGap'],
      `a check has one bound, but this has maxGap and ${bounds.map(({ kind }) => kind).join(' and ')}: make two checks of it`,
      'key',
    );
    return [];
  }
  if (first === undefined) {
    report(path, `the check on ${draft.metric} has no bound; give one of ${WRITTEN_BOUNDS.join(', ')}`);
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

/** A segment's own bound is of the check's kind: another kind would be another check. */
function refuseOtherSegmentBounds(draft: Draft, path: Path, report: Report): void {
  const kinds = WRITTEN_BOUNDS.filter((kind) => draft[kind] !== undefined);
  for (const [segment, own] of Object.entries(draft.perSegment ?? {})) {
    const at = [...path, 'perSegment', segment];
    const given = WRITTEN_BOUNDS.filter((kind) => own[kind] !== undefined);
    const other = given.find((kind) => !kinds.includes(kind));
    if (given.length === 0) report(at, `${formatPath(at)} has no bound; give ${kinds.join(' or ')}`);
    else if (other !== undefined) {
      report(
        [...at, other],
        `${formatPath(at)} bounds ${other}, but the check bounds ${kinds.join(' and ')}: make two checks of it`,
        'key',
      );
    }
    for (const kind of given) {
      const value = own[kind];
      if (kind !== 'min' && kind !== 'max' && value !== undefined && value < 0)
        report([...at, kind], `${formatPath([...at, kind])} is ${value}; it must not be negative`);
    }
  }
}

function judgeBound(draft: Draft, bound: Bound, path: Path, model: ModelUnderTest | null, report: Report): void {
  if (!isMetric(draft.metric)) return;
  const at = [...path, draft.maxGap === undefined ? bound.kind : 'maxGap'];
  for (const [segment, value] of [[null, bound.value], ...Object.entries(perSegmentOf(draft, bound))] as const) {
    const own = { kind: bound.kind, value } as Bound;
    const pointless = whyPointless(draft.metric, own);
    const where = segment === null ? at : [...path, 'perSegment', segment];
    // The second half of a gap says the same as the first.
    if (pointless !== null && !(draft.maxGap !== undefined && bound.kind === 'maxIncrease'))
      report(where, `${draft.metric} ${bound.kind} ${value} ${pointless}`);
  }
  if (comparesSegments(draft)) {
    if (!AGAINST_ROWS.includes(bound.kind)) {
      report(
        at,
        `${bound.kind} does not compare segments; versus ${draft.versus === 'rest' ? 'rest' : 'a segment'} goes with ${AGAINST_ROWS.join(', ')} or maxGap`,
        'key',
      );
    } else if (bound.kind.endsWith('Ratio') && metricOf(draft.metric).range[0] < 0) {
      report(
        at,
        `${draft.metric} can be negative, and a ratio of it means nothing; bound the difference with maxDrop or maxIncrease`,
        'key',
      );
    }
    return;
  }
  if (bound.kind === 'minRatio' || bound.kind === 'maxRatio' || draft.maxGap !== undefined) {
    if (bound.kind === 'maxIncrease') return;
    report(
      at,
      `${draft.maxGap === undefined ? bound.kind : 'maxGap'} compares segments: add versus: rest or versus: { segment: name }, or bound the change from the baseline with maxDrop, maxIncrease, maxRelativeDrop or maxRelativeIncrease`,
      'key',
    );
    return;
  }
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
      `${draft.metric} is better when ${metricOf(draft.metric).direction}, so ${bound.kind} would fail a model for becoming better; ` +
        `did you mean ${meant}? (As a warning it is possible: severity: warn)`,
      'key',
    );
  }
}

/** Bounds on how far a segment is from other rows. */
const AGAINST_ROWS: readonly Bound['kind'][] = ['maxDrop', 'maxIncrease', 'minRatio', 'maxRatio'];

/** `overall` has no rest; a reference segment belongs to one segmentation. */
function refuseWrongComparison(draft: Draft, path: Path, { segmentations }: Surroundings, report: Report): void {
  if (!comparesSegments(draft)) return;
  const overall = draft.segments?.indexOf(OVERALL) ?? -1;
  if (overall >= 0) {
    report([...path, 'segments', overall], `"${OVERALL}" is all rows: there is nothing beside it to compare it with`);
  }
  if (draft.segments === undefined && segmentations?.length === 0) {
    report([...path, 'versus'], 'versus compares segments, and segments.by names none', 'key');
  }
  if (typeof draft.versus === 'object' && draft.segments?.length !== 1) {
    report(
      [...path, 'versus'],
      `versus { segment: ${draft.versus.segment} } needs the segmentation that it belongs to, and no other: add segments: [name]`,
      'key',
    );
  }
}

function refuseRepeatedRequired(draft: Draft, path: Path, report: Report): void {
  const repeated = repeatedAt(draft.required ?? []);
  if (repeated !== null) report([...path, 'required', repeated], `${show(draft.required?.[repeated])} is there twice`);
}

/** Metrics belong to tasks (there is no auc of a regression), and some to what else the file says. */
export function refuseMetric(
  metric: CheckDraft['metric'],
  path: Path,
  { model, costs, weighted }: Pick<Surroundings, 'model' | 'costs' | 'weighted'>,
  report: Report,
): void {
  if (model === null) return;
  const { task } = model;
  const wrong = wrongMetric(path, metric, task);
  if (wrong !== null) {
    report(path, wrong);
  } else if (metric === 'cost' && !costs) {
    const example = task === 'binary' ? 'cost: { false_positive: 1, false_negative: 10 }' : 'cost: "amount"';
    report(path, `${formatPath(path)} is "cost", and the file does not say what a mistake costs; add ${example}`);
  } else if (metric === 'median_ae' && weighted) {
    report(path, `${formatPath(path)} is "median_ae", which takes no weights; remove it or data.weight, or use mae`);
  }
}

function refuseUnknownSegments(draft: Draft, path: Path, known: readonly string[] | null, report: Report): void {
  if (draft.segments === undefined) return;
  const repeated = repeatedAt(draft.segments);
  if (repeated !== null) report([...path, 'segments', repeated], `${show(draft.segments[repeated])} is there twice`);
  if (known === null) return;
  const allowed = [OVERALL, ...known];
  for (const [index, name] of draft.segments.entries()) {
    if (allowed.includes(name)) continue;
    report(
      [...path, 'segments', index],
      `unknown segmentation ${show(name)} in ${formatPath([...path, 'segments'])}${advise(name, allowed)}`,
    );
  }
}
