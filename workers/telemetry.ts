/** Numbers for Prometheus. Labels are bounded: a pipeline has ever so many segments, a time series database has not. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Telemetry } from '../activities/dependencies.js';
import type { DefinedEstimate, Estimate, Result, SegmentResult } from '../domain/result.js';
import { STAGES } from '../domain/stages.js';

/** Segments whose metric values are exported per pipeline: beside `overall` the ones with the least margin. */
const EXPORTED_SEGMENTS = 20;

/** Seconds: a batch of 1,024 rows takes from less than a millisecond (linear models) to some seconds (the largest networks). */
const BATCH_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const VERDICTS = ['PASS', 'FAIL', 'INCONCLUSIVE', 'ERROR'] as const;
const OUTCOMES = ['done', 'conflict', 'skipped', 'failed'] as const;

export interface WorkerTelemetry extends Telemetry {
  readonly registry: Registry;
}

export function createTelemetry(): WorkerTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const runs = new Counter({
    name: 'segmentry_runs_total',
    help: 'Runs that ended, by verdict.',
    labelNames: ['pipeline', 'verdict'],
    registers,
  });
  const actions = new Counter({
    name: 'segmentry_actions_total',
    help: 'Actions that followed a verdict, by outcome; action="rollback", outcome="done" are the rollbacks.',
    labelNames: ['pipeline', 'action', 'outcome'],
    registers,
  });
  const metric = new Gauge({
    name: 'segmentry_segment_metric',
    help: `Metric of the last run, for overall and the ${EXPORTED_SEGMENTS} segments with the least margin.`,
    labelNames: ['pipeline', 'metric', 'role', 'segmentation', 'segment'],
    registers,
  });
  const segments = new Gauge({
    name: 'segmentry_checks',
    help: 'Checks on segments in the last run, by outcome and severity.',
    labelNames: ['pipeline', 'outcome', 'severity'],
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'segmentry_last_success_timestamp_seconds',
    help: 'When the last run came to a verdict.',
    labelNames: ['pipeline'],
    registers,
  });
  const stage = new Gauge({
    name: 'segmentry_stage_duration_seconds',
    help: 'How long each stage of the last run took, but for report.',
    labelNames: ['pipeline', 'stage'],
    registers,
  });
  const rows = new Counter({ name: 'segmentry_inferred_rows_total', help: 'Rows that models scored.', registers });
  const seconds = new Counter({
    name: 'segmentry_inference_seconds_total',
    help: 'Seconds that inference tasks took; rows per second is the quotient of the rates.',
    registers,
  });
  const batch = new Histogram({
    name: 'segmentry_inference_batch_duration_seconds',
    help: 'Time of one batch in the model.',
    buckets: BATCH_SECONDS,
    registers,
  });

  return {
    registry,
    inferred(count, duration, batchMilliseconds) {
      rows.inc(count);
      seconds.inc(duration);
      for (const milliseconds of batchMilliseconds) batch.observe(milliseconds / 1_000);
    },
    reported(result: Result) {
      const { pipeline } = result;
      // All series exist from the first run on: a counter that appears with its first increment hides it from rate().
      for (const verdict of VERDICTS) runs.inc({ pipeline, verdict }, Number(verdict === result.verdict));
      for (const outcome of OUTCOMES) actions.inc({ pipeline, action: 'rollback', outcome }, 0);
      for (const { action, outcome } of result.actions) actions.inc({ pipeline, action, outcome });
      if (result.verdict !== 'ERROR') lastSuccess.set({ pipeline }, Date.now() / 1_000);
      for (const name of STAGES) {
        const duration = result.timings[name];
        if (duration !== undefined) stage.set({ pipeline, stage: name }, duration);
      }
      forget(metric, pipeline);
      for (const segment of worstSegments(result)) exportSegment(metric, pipeline, segment);
      forget(segments, pipeline);
      for (const { outcome, severity } of result.checks) segments.inc({ pipeline, outcome, severity });
    },
  };
}

/** Series of segments that are gone must not go on showing their last value. */
function forget(gauge: Gauge, pipeline: string): void {
  const { hashMap } = gauge as unknown as {
    readonly hashMap: Record<string, { readonly labels: Record<string, string> }>;
  };
  for (const { labels } of Object.values(hashMap)) if (labels['pipeline'] === pipeline) gauge.remove(labels);
}

function exportSegment(gauge: Gauge, pipeline: string, segment: SegmentResult): void {
  for (const [metric, estimates] of Object.entries(segment.metrics)) {
    for (const role of ['candidate', 'baseline', 'difference'] as const) {
      const value = defined(estimates[role])?.value;
      const labels = { pipeline, metric, role, segmentation: segment.segmentation, segment: segment.segment };
      if (value !== undefined) gauge.set(labels, value);
    }
  }
}

/** `overall`, then the segments of the checks with the least margin. */
function worstSegments(result: Result): readonly SegmentResult[] {
  const margins = new Map<string, number>();
  for (const { segmentation, segment, margin } of result.checks) {
    const key = JSON.stringify([segmentation, segment]);
    if (margin !== null) margins.set(key, Math.min(margin, margins.get(key) ?? Infinity));
  }
  const [overall, ...rest] = result.segments;
  const worst = rest
    .map((segment) => ({
      segment,
      margin: margins.get(JSON.stringify([segment.segmentation, segment.segment])) ?? Infinity,
    }))
    .sort((a, b) => (a.margin === b.margin ? 0 : a.margin - b.margin))
    .slice(0, EXPORTED_SEGMENTS)
    .map(({ segment }) => segment);
  return overall === undefined ? worst : [overall, ...worst];
}

function defined(estimate: Estimate | undefined): DefinedEstimate | undefined {
  return estimate === undefined || 'undefined' in estimate ? undefined : estimate;
}
