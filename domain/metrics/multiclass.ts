/** Metrics of a predicted class. */
import type { Estimate, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { moments } from '../statistics/moments.js';
import { proportionMethod } from '../statistics/proportion.js';
import { ACCURACY_RATE, measureRate } from './binary-rates.js';
import { compared } from './comparison.js';
import type { Metric } from './metric.js';
import type { MulticlassPredictions } from './predictions.js';
import type { MulticlassRows, Side } from './rows.js';

export const ACCURACY: Metric = {
  name: ACCURACY_RATE.name,
  description: ACCURACY_RATE.description,
  direction: ACCURACY_RATE.direction,
  range: [0, 1],
  measure: {
    binary: (rows) => measureRate(ACCURACY_RATE, rows),
    multiclass: (rows) =>
      compared({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameProbabilities,
        n: rows.n,
        prepare: (side) => rightRows(rows, side),
        estimate: (right) => {
          const [successes, n] = [right.reduce((sum, hit) => sum + hit, 0), rows.n];
          const basis = { kind: 'proportion', successes, n } as const;
          return estimateOf({ value: successes / n, n, method: proportionMethod(n), basis }, rows.confidence);
        },
        difference: (candidate, baseline) => {
          const cells = [0, 0, 0, 0];
          for (let i = 0; i < rows.n; i++) cells[2 * candidate[i]! + baseline[i]!]!++;
          const [d, c, b, a] = cells as [number, number, number, number];
          const basis = { kind: 'paired', a, b, c, d } as const;
          return estimateOf({ value: (b - c) / rows.n, n: rows.n, method: 'tango', basis }, rows.confidence);
        },
      }),
  },
};

export const MACRO_F1: Metric = {
  name: 'macro_f1',
  description: 'mean over the classes, seen or predicted, of their F1',
  direction: 'higher',
  range: [0, 1],
  measure: {
    multiclass: (rows) =>
      compared({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameProbabilities,
        n: rows.n,
        prepare: (side) => macroF1(rows, side),
        estimate: (macro) => macroEstimate(macro, { min: 0, max: 1 }, rows.confidence),
        difference: (candidate, baseline) =>
          macroEstimate(
            {
              value: candidate.value - baseline.value,
              influence: candidate.influence.map((own, i) => own - baseline.influence[i]!),
              smallest: Math.min(candidate.smallest, baseline.smallest),
            },
            { min: -1, max: 1 },
            rows.confidence,
          ),
      }),
  },
};

function usable({ n }: MulticlassRows, { problem }: Side<MulticlassPredictions>): string | null {
  return problem ?? (n === 0 ? 'no rows' : null);
}

/** 1 where the predicted class is the label, else 0. */
function rightRows(rows: MulticlassRows, side: Side<MulticlassPredictions>): Uint8Array | UndefinedEstimate {
  const problem = usable(rows, side);
  if (problem !== null) return undefinedBecause(problem);
  const right = new Uint8Array(rows.n);
  for (let i = 0; i < rows.n; i++) right[i] = Number(rows.labels[i] === side.predictions.classes[i]);
  return right;
}

interface MacroF1 {
  readonly value: number;
  /** Of each row, mean 0 (delta method; Takahashi et al. 2022, Applied Intelligence 52:4961). */
  readonly influence: Float64Array;
  /** Rows of the class with the fewest. */
  readonly smallest: number;
}

function macroF1(rows: MulticlassRows, side: Side<MulticlassPredictions>): MacroF1 | UndefinedEstimate {
  const problem = usable(rows, side);
  if (problem !== null) return undefinedBecause(problem);
  const { n, labels } = rows;
  const { classes } = side.predictions;
  let k = 0;
  for (let i = 0; i < n; i++) k = Math.max(k, labels[i]! + 1, classes[i]! + 1);
  const [hits, labelled, predicted] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  for (let i = 0; i < n; i++) {
    const [label, guess] = [labels[i]!, classes[i]!];
    labelled[label]!++;
    predicted[guess]!++;
    if (label === guess) hits[label]!++;
  }
  // A class that occurs has 2 tp + fp + fn = labelled + predicted > 0: its F1 always exists.
  const total = labelled.map((count, j) => count + predicted[j]!);
  const f1 = hits.map((count, j) => (total[j] === 0 ? 0 : (2 * count) / total[j]!));
  const occurring = total.filter((count) => count > 0).length;
  const influence = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [label, guess] = [labels[i]!, classes[i]!];
    const event = label === guess ? 1 : 0;
    influence[i] = (n / occurring) * ((event - f1[label]!) / total[label]! + (event - f1[guess]!) / total[guess]!);
  }
  const smallest = labelled.reduce((least, count, j) => Math.min(least, Math.max(count, predicted[j]!) || Infinity), n);
  return { value: f1.reduce((sum, own) => sum + own, 0) / occurring, influence, smallest };
}

/**
 * Where every row has the same influence (all right, or all wrong) the spread says nothing: then the interval is what the
 * smallest class can have missed.
 */
function macroEstimate(
  { value, influence, smallest }: MacroF1,
  range: { min: number; max: number },
  confidence: number,
): Estimate {
  const { n, variance, alike } = moments(influence);
  if (n === 1 || alike) {
    const basis = { kind: 'constant', n: smallest, ...range } as const;
    return estimateOf({ value, n, method: 'rule-of-three', basis }, confidence);
  }
  const basis = { kind: 't', se: Math.sqrt(variance / n), df: n - 1, ...range } as const;
  return estimateOf({ value, n, method: 'delta', basis }, confidence);
}
