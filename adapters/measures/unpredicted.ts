/** Segments with rows that a model gave no prediction for: what needs those predictions has no value, and says why. */
import { grouped } from '../../domain/decide/sentences.js';
import type { Estimate, MetricEstimates, SegmentResult, UnpredictedRows } from '../../domain/result.js';
import { undefinedBecause } from '../../domain/statistics/estimate.js';
import { type NumericColumn, readColumnNotes } from '../column-file.js';
import { UNPREDICTED } from '../onnx/prediction-parts.js';
import { type Members, picked } from './members.js';

/** One model's rows without a prediction. */
interface Absent {
  /** By row: 0, or the number of the reason from 1. */
  readonly numbers: NumericColumn;
  readonly reasons: readonly string[];
  readonly total: number;
}

interface PredictionSource {
  readonly path: string;
  readonly columns: Readonly<Record<string, NumericColumn>>;
}

export class UnpredictedSegments {
  private readonly candidate: Absent | null;
  private readonly baseline: Absent | null;

  constructor(
    private readonly rows: number,
    candidate: PredictionSource,
    baseline: PredictionSource | null,
  ) {
    this.candidate = absentIn(candidate);
    this.baseline = baseline === null ? null : absentIn(baseline);
  }

  /** The segment as it was measured, with no estimate that rests on rows without a prediction. */
  apply(segment: SegmentResult, members: Members): SegmentResult {
    const { candidate, baseline } = this;
    if (candidate === null && baseline === null) return segment;
    const first = lost(candidate, members);
    const second = lost(baseline, members);
    const rest = candidate === null ? null : this.restReason(candidate, members, first.rows);
    if (first.rows + second.rows === 0 && rest === null) return segment;
    const metrics = Object.entries<MetricEstimates>(segment.metrics).map(([name, estimates]) => [
      name,
      without(estimates, first.reason, second.reason, rest),
    ]);
    const reason = first.reason ?? second.reason;
    const unpredicted: UnpredictedRows | null =
      reason === null ? null : { candidate: first.rows, baseline: second.rows, reason };
    return {
      ...segment,
      ...(unpredicted === null ? {} : { unpredicted }),
      metrics: Object.fromEntries(metrics) as SegmentResult['metrics'],
    };
  }

  /** Why nothing can be said of the rows that are not in the segment, or null. */
  private restReason({ numbers, reasons, total }: Absent, members: Members, inside: number): string | null {
    const outside = total - inside;
    if (outside === 0 || members === null) return null;
    const isMember = new Set(members);
    const first = numbers.findIndex((number, row) => number !== 0 && !isMember.has(row));
    return sentence(outside, this.rows - members.length, reasons[numbers[first]! - 1]!, 0);
  }
}

function absentIn({ path, columns }: PredictionSource): Absent | null {
  const numbers = columns[UNPREDICTED];
  if (numbers === undefined) return null;
  let total = 0;
  for (const number of numbers) total += Number(number !== 0);
  return { numbers, reasons: readColumnNotes(path), total };
}

function lost(absent: Absent | null, members: Members): { readonly rows: number; readonly reason: string | null } {
  if (absent === null) return { rows: 0, reason: null };
  const numbers = picked(absent.numbers, members);
  const found = new Set<number>();
  let rows = 0;
  for (const number of numbers) {
    if (number === 0) continue;
    rows++;
    found.add(number);
  }
  if (rows === 0) return { rows, reason: null };
  const least = Math.min(...found);
  return { rows, reason: sentence(rows, numbers.length, absent.reasons[least - 1]!, found.size - 1) };
}

/** "2,143 of 2,143 rows have no prediction: late-flight version 2 ended its process on them (SIGFPE)" */
function sentence(rows: number, all: number, reason: string, more: number): string {
  const others = more === 0 ? '' : ` (and for ${more} other ${more === 1 ? 'reason' : 'reasons'})`;
  return `${grouped(rows)} of ${grouped(all)} rows have no prediction: ${reason}${others}`;
}

function without(
  estimates: MetricEstimates,
  candidate: string | null,
  baseline: string | null,
  rest: string | null,
): MetricEstimates {
  const either = candidate ?? baseline;
  const unless = (reason: string | null, estimate: Estimate): Estimate =>
    reason === null ? estimate : undefinedBecause(reason);
  return {
    ...estimates,
    candidate: unless(candidate, estimates.candidate),
    ...(estimates.baseline === undefined ? {} : { baseline: unless(baseline, estimates.baseline) }),
    ...(estimates.difference === undefined ? {} : { difference: unless(either, estimates.difference) }),
    ...(estimates.rest === undefined ? {} : { rest: unless(rest, estimates.rest) }),
  };
}
