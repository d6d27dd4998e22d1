/** Refuses scores that are no probabilities where the threshold, which is one, would have to cut them. */
import { ColumnReader } from '../adapters/column-file.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { SegmentryError } from '../domain/errors.js';
import { type BeyondProbability, beyondProbability, metricsOfThreshold } from '../domain/threshold.js';
import type { ActivityDependencies } from './dependencies.js';
import type { ModelBinding, RunContext } from './run-context.js';

/** Scores that are in memory at a time: 8 MB of doubles. */
const SCORES_AT_ONCE = 1_000_000;

/**
 * @param predictions of the model
 * @throws SegmentryError (data): precision and its like would be of logits or per cents cut at 0.5, and nobody would see it
 */
export async function requireProbabilities(
  { store }: Pick<ActivityDependencies, 'store'>,
  { pipeline }: RunContext,
  model: ModelBinding,
  predictions: ArtifactRef,
): Promise<void> {
  const { task, threshold } = pipeline.model;
  const asking = task === 'binary' ? metricsOfThreshold(pipeline.metrics) : [];
  if (asking.length === 0) return;
  const path = await store.localPath(predictions);
  const found = ColumnReader.with(path, beyondIn);
  if (found === null) return;
  const { count, rows, row, score } = found;
  const whose = model.kind === 'registry' ? model.title : `the column ${model.pinned.column}`;
  throw new SegmentryError(
    `${whose}: ${count.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} scores ${count === 1 ? 'lies' : 'lie'} outside of 0 to 1, ` +
      `such as ${score} in row ${row}, so they are no probabilities, and cutting them at the threshold ${threshold} says nothing; ` +
      `${asking.join(', ')} ${asking.length === 1 ? 'needs' : 'need'} it. Give probabilities (export the model with its Sigmoid, divide ` +
      'per cents by 100), or list only metrics and checks that need no threshold: auc, average_precision, ks',
    'data',
  );
}

function beyondIn(file: ColumnReader): (BeyondProbability & { readonly rows: number }) | null {
  // Labels have no scores.
  if (!file.columns.has('score')) return null;
  const { rows } = file;
  let found: BeyondProbability | null = null;
  for (let from = 0; from < rows; from += SCORES_AT_ONCE) {
    found = beyondProbability(file.read('score', from, Math.min(rows, from + SCORES_AT_ONCE)), from, found);
  }
  return found === null ? null : { ...found, rows };
}
