/** The items of each group in the order of their scores. */
import { exactSum } from '../statistics/exact-sum.js';
import type { Units } from '../statistics/linearised.js';
import { ascendingOrder } from '../statistics/radix-order.js';
import type { Numbers } from './predictions.js';

/** Items that share a score, and so their places. */
export interface Run {
  readonly size: number;
  /** How many of them have a label above 0. */
  readonly relevant: number;
  /** Sum of their labels. */
  readonly gain: number;
}

export class Ranked {
  constructor(
    /** Highest score first. */
    readonly runs: readonly Run[],
    /** The same items in the order of their labels, highest first. */
    readonly ideal: readonly Run[],
  ) {}

  get relevant(): number {
    return this.runs.reduce((sum, run) => sum + run.relevant, 0);
  }

  /** Sum of gain times the worth of its place (from 0), over all items; tied items share their places' worth. */
  sumOver(runs: readonly Run[], worth: (place: number) => number): number {
    let [place, sum] = [0, 0];
    for (const { size, gain } of runs) {
      let worths = 0;
      for (let i = 0; i < size; i++) worths += worth(place++);
      sum += (gain / size) * worths;
    }
    return sum;
  }

  /** Expected worth of the place of the first relevant item, over the orders that the ties leave open; 0 if there is none. */
  firstHit(worth: (place: number) => number): number {
    let place = 0;
    for (const { size, relevant } of this.runs) {
      if (relevant > 0) {
        let [expected, none] = [0, 1];
        // P(the first relevant of `size` shuffled items is the i-th).
        for (let i = 0; i <= size - relevant; i++) {
          const here = relevant / (size - i);
          expected += none * here * worth(place + i);
          none *= 1 - here;
        }
        return expected;
      }
      place += size;
    }
    return 0;
  }
}

/** Sorted once over all groups: O(n log n) at most. */
export function* rankedGroups(
  labels: Float64Array,
  scores: Numbers,
  { of, count }: Units,
): Generator<{ readonly group: number; readonly rows: Uint32Array; readonly ranked: Ranked }> {
  const byScore = grouped(ascendingOrder(scores), of, count);
  const byLabel = grouped(ascendingOrder(labels), of, count);
  for (let group = 0; group < count; group++) {
    const [rows, ideal] = [byScore(group), byLabel(group)];
    yield { group, rows, ranked: new Ranked(runsOf(rows, scores, labels), runsOf(ideal, labels, labels)) };
  }
}

/** Rows of each group, in the order given. */
function grouped(order: Uint32Array, of: Int32Array, count: number): (group: number) => Uint32Array {
  const starts = new Uint32Array(count + 1);
  for (const group of of) starts[group + 1]!++;
  for (let group = 0; group < count; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice();
  const rows = new Uint32Array(order.length);
  for (const row of order) rows[next[of[row]!]!++] = row;
  return (group) => rows.subarray(starts[group], starts[group + 1]);
}

function runsOf(ascending: Uint32Array, keys: Numbers, labels: Float64Array): Run[] {
  const runs: Run[] = [];
  for (let end = ascending.length; end > 0;) {
    let start = end - 1;
    while (start > 0 && keys[ascending[start - 1]!] === keys[ascending[end - 1]!]) start--;
    const gains = Float64Array.from(ascending.subarray(start, end), (row) => labels[row]!);
    runs.push({ size: end - start, relevant: gains.filter((gain) => gain > 0).length, gain: exactSum(gains) });
    end = start;
  }
  return runs;
}
