import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MeasureJob, measureSegmentation } from '../../../adapters/measures/measure-segmentation.js';
import type { LabelSource } from '../../../adapters/measures/labels.js';
import { collectPredictions } from '../../../adapters/onnx/collect-predictions.js';
import { inferRows } from '../../../adapters/onnx/infer-rows.js';
import { inspectModel } from '../../../adapters/onnx/session.js';
import { readSignature } from '../../../adapters/onnx/signature.js';
import { assignSegments } from '../../../adapters/segments/assign-segments.js';
import { writeLayout } from '../../../adapters/layout/write-layout.js';
import { planTasks, taskSizeFor } from '../../../domain/plan.js';
import type { MetricName, Segmentation } from '../../../domain/pipeline.js';
import type { Estimate, SegmentResult } from '../../../domain/result.js';
import { newFolder } from '../../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../../snapshot.js';

/** What scikit-learn found, made by `test/golden/flight_delays_scikit_learn.py`; null is "undefined". */
interface GoldenSegment {
  readonly segmentation: string;
  readonly segment: string;
  readonly rows: number;
  readonly candidate: Readonly<Record<string, number | null>>;
  readonly baseline: Readonly<Record<string, number | null>>;
}

const GOLDEN = JSON.parse(
  readFileSync(new URL('../../golden/flight-delays-scikit-learn.json', import.meta.url), 'utf8'),
) as { readonly threshold: number; readonly segments: readonly GoldenSegment[] };
const DEMO = fileURLToPath(new URL('../../../examples/flight-delays/', import.meta.url));
const VERSIONS = { candidate: '2', baseline: '1' };
const METRICS = Object.keys(GOLDEN.segments[0]!.candidate) as MetricName[];
const SEGMENTATIONS: readonly Segmentation[] = [
  { kind: 'columns', name: 'origin', columns: ['origin'] },
  { kind: 'columns', name: 'carrier', columns: ['carrier'] },
  { kind: 'columns', name: 'carrier, origin', columns: ['carrier', 'origin'] },
  { kind: 'where', name: 'low visibility', where: 'visib < 3' },
  { kind: 'columns', name: 'month', columns: ['month'] },
];

const LABEL: LabelSource = { column: 'late', coding: { task: 'binary', positive: null, classes: [] } };

let folder: string;
let snapshot: Snapshot;
let measured: ReadonlyMap<string, SegmentResult>;
const key = (segmentation: string, segment: string): string => JSON.stringify([segmentation, segment]);

beforeAll(async () => {
  folder = await newFolder(afterAll);
  snapshot = await newSnapshot(folder, `SELECT * FROM read_parquet('${join(DEMO, 'flights.parquet')}')`);
  const codes = join(folder, 'codes.arrow');
  const { path, rows } = snapshot;
  const { tables } = await assignSegments({
    snapshot: path,
    rows,
    label: { ...LABEL, kept: 'now' },
    segmentations: SEGMENTATIONS,
    seed: 0,
    threads: 2,
    output: codes,
  });
  const predictions = await inferBySegment(codes, tables[2]!);
  const results = new Map<string, SegmentResult>();
  for (const table of tables) {
    const job: MeasureJob = {
      snapshot: path,
      rows,
      label: LABEL,
      codes,
      table,
      ...predictions,
      metrics: METRICS,
      threshold: GOLDEN.threshold,
      confidence: 0.95,
      seed: 0,
    };
    for (const result of await measureSegmentation(job)) {
      results.set(key(result.segmentation, result.segment), result);
    }
  }
  measured = results;
});

/** Both models over all rows, in tasks by carrier, as a run does it. */
async function inferBySegment(codes: string, table: Awaited<ReturnType<typeof assignSegments>>['tables'][number]) {
  const models = await Promise.all(
    Object.entries(VERSIONS).map(async ([role, version]) => {
      const file = join(DEMO, 'registry/late-flight', version, 'model.onnx');
      const signature = readSignature(role, await inspectModel(file, role), null, null);
      return { title: role, sha256: role, path: file, signature, names: { classes: null, positive: null } };
    }),
  );
  const features = models.flatMap((model) => model.signature.features);
  const half = Math.floor(snapshot.rows / 2);
  const files: string[] = [];
  for (const [from, to] of [
    [0, half],
    [half, snapshot.rows],
  ] as const) {
    const output = join(folder, `${from}.layout`);
    const [column, segments] = [table.codes!, table.segments.length];
    await writeLayout({
      snapshot: snapshot.path,
      codes,
      by: { column },
      segments,
      features,
      title: 'both',
      from,
      to,
      output,
    });
    files.push(output);
  }
  const starts = [0];
  for (const { rows } of table.segments) starts.push(starts.at(-1)! + rows);
  const tasks = planTasks(table.segmentation, table.segments, taskSizeFor(snapshot.rows));
  const part = (role: string, task: number): string => join(folder, `${role}-${task}.arrow`);
  for (const { index, from, to } of tasks) {
    await inferRows({
      task: 'binary',
      source: { layout: { files, starts: Int32Array.from(starts) } },
      from,
      to,
      models: models.map((model) => ({ ...model, output: part(model.title, index) })),
    });
  }
  const collect = (role: string): string => {
    const output = join(folder, `${role}.arrow`);
    collectPredictions({ parts: tasks.map(({ index }) => part(role, index)), rows: snapshot.rows, output });
    return output;
  };
  return { candidate: collect('candidate'), baseline: collect('baseline') };
}

/** The value, or null with a reason. */
function valueOf(estimate: Estimate | undefined): number | null {
  if (estimate === undefined) throw new Error('there is no estimate');
  if (!('undefined' in estimate)) return estimate.value;
  expect(estimate.undefined).not.toBe('');
  return null;
}

describe('the metrics of the demo', () => {
  it('are compared on all segments that scikit-learn has measured', () => {
    expect(existsSync(snapshot.path)).toBe(true);
    expect(GOLDEN.segments).toHaveLength(65);
    expect(METRICS).toHaveLength(10);
  });

  it.each(GOLDEN.segments)("equal scikit-learn's on $segmentation: $segment", (golden) => {
    // The golden file joins crossed values with a comma.
    const segment = golden.segment.replace(', ', ' x ');
    const found = measured.get(
      key(golden.segmentation, golden.segmentation === 'low visibility' ? 'low visibility' : segment),
    );
    expect(found?.rows).toBe(golden.rows);
    for (const metric of METRICS) {
      for (const role of ['candidate', 'baseline'] as const) {
        const expected = golden[role][metric];
        const value = valueOf(found?.metrics[metric]?.[role]);
        if (expected === null || expected === undefined || value === null) expect(value, metric).toBe(expected);
        else expect(Math.abs(value - expected), `${role} ${metric}`).toBeLessThanOrEqual(1e-9);
      }
    }
  });

  it('have differences that are the candidate minus the baseline', () => {
    for (const { segment, metrics } of measured.values()) {
      for (const [metric, { candidate, baseline, difference }] of Object.entries(metrics)) {
        const [first, second, change] = [candidate, baseline, difference].map(valueOf);
        if (change !== null) expect(change, `${segment} ${metric}`).toBeCloseTo(first! - second!, 12);
      }
    }
  });
});
