/** Short ways to write measure inputs. */
import { measureRows } from '../../../domain/metrics/measure.js';
import type { BinaryPredictions, MeasureInput } from '../../../domain/metrics/predictions.js';
import { metricsFor } from '../../../domain/metrics/table.js';
import type { MetricName, Task } from '../../../domain/pipeline.js';
import type { DefinedEstimate, Estimate, MetricEstimates } from '../../../domain/result.js';

export type AnyScores = Float64Array | Float32Array;

export function byScore(scores: AnyScores, threshold = 0.5): BinaryPredictions {
  return { kind: 'binary', scores, positive: Uint8Array.from(scores, (score) => Number(score >= threshold)) };
}

export function flags(positive: readonly number[]): BinaryPredictions {
  return { kind: 'binary', scores: null, positive: Uint8Array.from(positive) };
}

/** Every metric of the task, at 95 %. */
export function measureAll(
  task: Task,
  parts: Pick<MeasureInput, 'labels' | 'candidate' | 'baseline' | 'rowIds'>,
): Record<MetricName, MetricEstimates> {
  const metrics = metricsFor(task)
    .map(({ name }) => name)
    // Without costs it is always undefined; its own tests are in uneven.test.ts.
    .filter((name) => name !== 'cost');
  return measureRows({ task, metrics, confidence: 0.95, seed: 1, ...parts }) as Record<MetricName, MetricEstimates>;
}

export function binary(
  labels: readonly number[],
  candidate: BinaryPredictions,
  baseline: BinaryPredictions | null = null,
) {
  return measureAll('binary', { labels: Uint8Array.from(labels), candidate, baseline });
}

export function valueOf(estimate: Estimate | undefined): number {
  return defined(estimate).value;
}

export function defined(estimate: Estimate | undefined): DefinedEstimate {
  if (estimate === undefined) throw new Error('no estimate');
  if ('undefined' in estimate) throw new Error(`undefined: ${estimate.undefined}`);
  return estimate;
}

export function reasonOf(estimate: Estimate | undefined): string | null {
  return estimate !== undefined && 'undefined' in estimate ? estimate.undefined : null;
}
