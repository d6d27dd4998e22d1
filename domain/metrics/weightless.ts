/** Rows of weight 0 are no evidence. */
import type { MeasureInput, Predictions } from './predictions.js';

/**
 * The input without rows of weight 0, which change no value: counted, they would make whatever is judged by the number of rows look
 * better known than it is. Unchanged where some weight cannot be used or none is above 0 (whoever measures says so), and for rankings, in
 * which such a row takes a place all the same.
 */
export function withoutWeightless(input: MeasureInput): MeasureInput {
  const { task, weights } = input;
  if (task === 'ranking' || !weights?.some((weight) => weight === 0)) return input;
  if (!weights.every((weight) => weight >= 0) || weights.every((weight) => weight === 0)) return input;
  const rows = Int32Array.from(weights.keys()).filter((row) => weights[row]! > 0);
  const { labels, candidate, baseline, rowIds, costs, clusters, groups } = input;
  return {
    ...input,
    labels: of(labels, rows),
    candidate: predicted(candidate, rows),
    baseline: baseline && predicted(baseline, rows),
    rowIds: rowIds === undefined ? rows : of(rowIds, rows),
    weights: of(weights, rows),
    costs: costs ? of(costs, rows) : null,
    clusters: clusters ? of(clusters, rows) : null,
    groups: groups ? of(groups, rows) : null,
  };
}

type Column = Uint8Array | Int32Array | Float32Array | Float64Array;

/** @param width numbers of a row */
function of<C extends Column>(column: C, rows: Int32Array, width = 1): C {
  const Kind = column.constructor as new (length: number) => C;
  const kept = new Kind(rows.length * width);
  rows.forEach((row, place) => {
    for (let i = 0; i < width; i++) kept[place * width + i] = column[row * width + i]!;
  });
  return kept;
}

function predicted(predictions: Predictions, rows: Int32Array): Predictions {
  switch (predictions.kind) {
    case 'binary': {
      const { scores, positive } = predictions;
      return { ...predictions, scores: scores && of(scores, rows), positive: of(positive, rows) };
    }
    case 'multiclass': {
      const { probabilities, classes, k } = predictions;
      return { ...predictions, classes: of(classes, rows), probabilities: probabilities && of(probabilities, rows, k) };
    }
    case 'regression':
      return { ...predictions, values: of(predictions.values, rows) };
  }
}
