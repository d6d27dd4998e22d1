/** Segments measured from their rows: those are grouped once, then each segment is measured on its own. */
import { SegmentryError } from '../../domain/errors.js';
import { measureRows } from '../../domain/metrics/measure.js';
import {
  inPrecisionOf,
  type Labels,
  type MeasureInput,
  type Numbers,
  type Predictions,
} from '../../domain/metrics/predictions.js';
import type { MetricName } from '../../domain/pipeline.js';
import type { SegmentResult } from '../../domain/result.js';
import { groupRows } from '../../domain/slices/segment-table.js';
import { type NumericColumn, readColumnFile } from '../column-file.js';
import { withCodes } from './codes.js';
import { type LabelColumn, UNLABELLED } from './labels.js';
import type { MeasureJob } from './measure-segmentation.js';
import { type Members, picked } from './members.js';
import { type RowColumns, pickRows } from './row-columns.js';
import { withTotals } from './totals.js';
import { UnpredictedSegments } from './unpredicted.js';

/** What the snapshot says of every row, in its order. */
export interface LabelledColumns extends RowColumns {
  readonly labels: LabelColumn;
}

export function measureSegmentRows(job: MeasureJob, columns: LabelledColumns): readonly SegmentResult[] {
  const candidate = readColumnFile(job.candidate);
  const baseline = job.baseline === null ? null : readColumnFile(job.baseline);
  const data = { ...columns, candidate, baseline };
  const groups = groupsOf(job);
  const has = labelledBy(columns.labels);
  const areAllLabelled = everyRow(job.rows, has);
  const unpredicted = new UnpredictedSegments(
    job.rows,
    { path: job.candidate, columns: candidate },
    job.baseline === null || baseline === null ? null : { path: job.baseline, columns: baseline },
  );

  return job.table.segments.map((segment, index) => {
    const members = groups(index);
    // Mostly every row has a label, and the column as a whole tells so sooner than the rows of each segment.
    const labelled = areAllLabelled ? members : withLabel(members, job.rows, has);
    const rows = members?.length ?? job.rows;
    const labelledRows = labelled?.length ?? job.rows;
    const input = inputOf(job, data, labelled, job.metrics);
    const metrics = withTotals(measureRows(input), labelledRows, input.weights ?? null);
    const measured: SegmentResult = {
      segmentation: job.table.segmentation,
      segment: segment.name,
      rule: segment.rule,
      rows,
      share: rows / job.rows,
      unlabelled: rows - labelledRows,
      ...(input.groups == null ? {} : { groups: new Set(input.groups).size }),
      metrics: withRest(job, metrics, data, members),
    };
    return unpredicted.apply(measured, members);
  });
}

interface Columns extends LabelledColumns {
  readonly candidate: PredictionFile;
  readonly baseline: PredictionFile | null;
}

type PredictionFile = Readonly<Record<string, NumericColumn>>;

function inputOf(job: MeasureJob, data: Columns, rows: Members, metrics: readonly MetricName[]): MeasureInput {
  const { coding } = job.label;
  return {
    task: coding.task,
    metrics,
    confidence: job.confidence,
    seed: job.seed,
    ...(rows === null ? {} : { rowIds: rows }),
    classNames: coding.classes,
    labels: pickLabels(data.labels, rows),
    candidate: pickPredictions(job, data.candidate, rows),
    baseline: data.baseline === null ? null : pickPredictions(job, data.baseline, rows),
    ...pickRows(data, rows),
    proportions: job.proportions ?? 'default',
  };
}

type Metrics = SegmentResult['metrics'];

/** With the candidate on all rows that are not in the segment, where a check asks for it. */
function withRest(job: MeasureJob, metrics: Metrics, data: Columns, members: Members): Metrics {
  const { rest: wanted = [] } = job;
  if (wanted.length === 0) return metrics;
  const rows = withLabel(complementOf(members, job.rows), job.rows, labelledBy(data.labels));
  const rest = measureRows(inputOf(job, { ...data, baseline: null }, rows, wanted));
  const added = wanted.map((name) => [name, { ...metrics[name], rest: rest[name]?.candidate }]);
  return { ...metrics, ...(Object.fromEntries(added) as Metrics) };
}

/** The rows that are not members; members are in row order. */
function complementOf(members: Members, rows: number): Int32Array {
  if (members === null) return new Int32Array(0);
  const others = new Int32Array(rows - members.length);
  let next = 0;
  let place = 0;
  for (let row = 0; row < rows; row++) {
    if (members[place] === row) place++;
    else others[next++] = row;
  }
  return others;
}

/** The rows of the segment with this index, in row order. */
function groupsOf(job: MeasureJob): (index: number) => Members {
  const codes = withCodes(job, (found) => (found === null ? null : (found.file.read(found.column) as Int32Array)));
  if (codes === null) return () => null;
  const { rows, starts } = groupRows(codes, job.table.segments.length);
  return (index) => rows.subarray(starts[index], starts[index + 1]);
}

type Has = (row: number) => boolean;

/** Whether a row has a label. */
function labelledBy(labels: LabelColumn): Has {
  if (labels instanceof Float64Array) return (row) => !Number.isNaN(labels[row]);
  return (row) => labels[row] !== UNLABELLED;
}

function everyRow(rows: number, has: Has): boolean {
  for (let row = 0; row < rows; row++) if (!has(row)) return false;
  return true;
}

/** Those of the rows that have a label; of all rows for null. */
function withLabel(members: Members, all: number, has: Has): Int32Array {
  const size = members?.length ?? all;
  const kept = new Int32Array(size);
  let labelled = 0;
  for (let index = 0; index < size; index++) {
    const row = members === null ? index : members[index]!;
    if (has(row)) kept[labelled++] = row;
  }
  return kept.subarray(0, labelled);
}

function pickLabels(labels: LabelColumn, rows: Members): Labels {
  const own = picked(labels, rows);
  // Without the rows that have none a binary label is 0 or 1, whatever the sign of the byte.
  return own instanceof Int8Array ? new Uint8Array(own.buffer, own.byteOffset, own.length) : own;
}

function pickPredictions(job: MeasureJob, columns: PredictionFile, rows: Members): Predictions {
  const { task, classes: names } = job.label.coding;
  const of = (name: string): NumericColumn => {
    const column = columns[name];
    if (column === undefined) throw new Error('the predictions lack a column');
    return picked(column, rows);
  };
  if (task === 'regression' || task === 'ranking') return { kind: 'regression', values: numbers(of('value')) };
  if (task === 'multiclass') {
    const predicted = of('class') as Int32Array;
    const probabilities = columns['p0'] === undefined ? null : pickProbabilities(columns, names.length, rows);
    return { kind: 'multiclass', classes: predicted, probabilities, k: names.length };
  }
  const positive = new Uint8Array(rows?.length ?? job.rows);
  if (columns['score'] === undefined) {
    const predicted = of('class');
    // A class that was not predicted is not positive either.
    for (let index = 0; index < positive.length; index++) positive[index] = Number(predicted[index] === 1);
    return { kind: 'binary', scores: null, positive };
  }
  const scores = numbers(of('score'));
  const threshold = inPrecisionOf(scores, job.threshold);
  for (let index = 0; index < positive.length; index++) positive[index] = Number(scores[index]! >= threshold);
  return { kind: 'binary', scores, positive };
}

/** Row by row, in the precision that the model gave them in. */
function pickProbabilities(columns: PredictionFile, k: number, rows: Members): Numbers {
  const whole = Array.from({ length: k }, (_, column) => {
    const values = columns[`p${column}`];
    if (values === undefined)
      throw new SegmentryError(`the model gives ${column} probabilities a row for ${k} classes`, 'data');
    return numbers(values);
  });
  const length = rows?.length ?? whole[0]!.length;
  const isSingle = whole.every((values) => values instanceof Float32Array);
  const probabilities = isSingle ? new Float32Array(length * k) : new Float64Array(length * k);
  for (const [column, values] of whole.entries())
    for (let index = 0; index < length; index++) probabilities[index * k + column] = values[rows?.[index] ?? index]!;
  return probabilities;
}

function numbers(column: NumericColumn): Numbers {
  if (column instanceof Float32Array || column instanceof Float64Array) return column;
  throw new Error('a column of predictions holds no floats');
}
