/** Measures every segment of one segmentation: rows are grouped once, then each segment is measured on its own. */
import { SegmentryError } from '../../domain/errors.js';
import { measureRows } from '../../domain/metrics/measure.js';
import type { Labels, MeasureInput, Predictions } from '../../domain/metrics/predictions.js';
import type { MetricName } from '../../domain/pipeline.js';
import type { SegmentResult } from '../../domain/result.js';
import { type SegmentationTable, groupRows } from '../../domain/slices/segment-table.js';
import { type NumericColumn, readColumnFile } from '../column-file.js';
import { Database } from '../duckdb/database.js';
import { type LabelCoding, UNLABELLED, readLabels } from './labels.js';
import { type RowColumns, type RowSources, pickRows, readRowColumns } from './row-columns.js';
import { withTotals } from './totals.js';
import { UnpredictedSegments } from './unpredicted.js';

export interface MeasureJob {
  readonly snapshot: string;
  readonly rows: number;
  readonly label: { readonly column: string; readonly coding: LabelCoding };
  /** Weights, costs, clusters and groups; absent: the pipeline says none of them. */
  readonly sources?: RowSources;
  /** Column file with the segment codes. */
  readonly codes: string;
  readonly table: SegmentationTable;
  /** Column files with the predictions of every row. */
  readonly candidate: string;
  readonly baseline: string | null;
  readonly metrics: readonly MetricName[];
  /** Metrics of the candidate that are wanted on each segment's complement too. Each takes a pass over all rows per segment. */
  readonly rest?: readonly MetricName[];
  /** Binary: scores from here on are positive. */
  readonly threshold: number;
  readonly confidence: number;
  readonly proportions?: 'exact';
  readonly seed: number;
}

export async function measureSegmentation(job: MeasureJob): Promise<readonly SegmentResult[]> {
  const { coding, column } = job.label;
  const data = await Database.with(
    Database.openSnapshot(job.snapshot, { threads: 1 }),
    async (database): Promise<Columns> => ({
      labels: await readLabels(database, column, coding, job.rows),
      ...(await readRowColumns(database, job.sources ?? {}, job.label, job.rows)),
      candidate: readColumnFile(job.candidate),
      baseline: job.baseline === null ? null : readColumnFile(job.baseline),
    }),
  );
  const groups = groupsOf(job);
  const unpredicted = new UnpredictedSegments(
    job.rows,
    { path: job.candidate, columns: data.candidate },
    job.baseline === null || data.baseline === null ? null : { path: job.baseline, columns: data.baseline },
  );

  return job.table.segments.map((segment, index) => {
    const members = groups(index);
    const labelled = withLabel(members, data.labels);
    const input = inputOf(job, data, labelled, job.metrics);
    const metrics = withTotals(measureRows(input), labelled.length, input.weights ?? null);
    const measured: SegmentResult = {
      segmentation: job.table.segmentation,
      segment: segment.name,
      rule: segment.rule,
      rows: members.length,
      share: members.length / job.rows,
      unlabelled: members.length - labelled.length,
      ...(input.groups == null ? {} : { groups: new Set(input.groups).size }),
      metrics: withRest(job, metrics, data, members),
    };
    return unpredicted.apply(measured, members);
  });
}

/** Everything that is known about all rows, in the snapshot's order. */
interface Columns extends RowColumns {
  readonly labels: Float64Array;
  readonly candidate: PredictionFile;
  readonly baseline: PredictionFile | null;
}

type PredictionFile = Readonly<Record<string, NumericColumn>>;

function inputOf(job: MeasureJob, data: Columns, rows: Int32Array, metrics: readonly MetricName[]): MeasureInput {
  const { coding } = job.label;
  return {
    task: coding.task,
    metrics,
    confidence: job.confidence,
    seed: job.seed,
    rowIds: rows,
    classNames: coding.classes,
    labels: pickLabels(coding, data.labels, rows),
    candidate: pickPredictions(job, data.candidate, rows),
    baseline: data.baseline === null ? null : pickPredictions(job, data.baseline, rows),
    ...pickRows(data, rows),
    proportions: job.proportions ?? 'default',
  };
}

type Metrics = SegmentResult['metrics'];

/** With the candidate on all rows that are not in the segment, where a check asks for it. */
function withRest(job: MeasureJob, metrics: Metrics, data: Columns, members: Int32Array): Metrics {
  const { rest: wanted = [] } = job;
  if (wanted.length === 0) return metrics;
  const rows = withLabel(complementOf(members, job.rows), data.labels);
  const rest = measureRows(inputOf(job, { ...data, baseline: null }, rows, wanted));
  const added = wanted.map((name) => [name, { ...metrics[name], rest: rest[name]?.candidate }]);
  return { ...metrics, ...(Object.fromEntries(added) as Metrics) };
}

/** The rows that are not members; members are in row order. */
function complementOf(members: Int32Array, rows: number): Int32Array {
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
function groupsOf(job: MeasureJob): (index: number) => Int32Array {
  if (job.table.codes === null) {
    const all = Int32Array.from({ length: job.rows }, (_value, row) => row);
    return () => all;
  }
  const codes = readColumnFile(job.codes)[job.table.codes];
  if (codes?.length !== job.rows)
    throw new Error(`${job.codes} has no codes of "${job.table.segmentation}" for ${job.rows} rows`);
  const { rows, starts } = groupRows(codes, job.table.segments.length);
  return (index) => rows.subarray(starts[index], starts[index + 1]);
}

function withLabel(rows: Int32Array, labels: Float64Array): Int32Array {
  const has = (row: number): boolean => labels[row] !== UNLABELLED && !Number.isNaN(labels[row]);
  return rows.every(has) ? rows : rows.filter(has);
}

function pickLabels(coding: LabelCoding, labels: Float64Array, rows: Int32Array): Labels {
  const picked =
    coding.task === 'binary'
      ? new Uint8Array(rows.length)
      : coding.task === 'multiclass'
        ? new Int32Array(rows.length)
        : new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index++) picked[index] = labels[rows[index]!]!;
  return picked;
}

function pickPredictions(job: MeasureJob, columns: PredictionFile, rows: Int32Array): Predictions {
  const { task, classes } = job.label.coding;
  if (task === 'regression' || task === 'ranking') return { kind: 'regression', values: pick(columns['value'], rows) };
  if (task === 'multiclass') {
    const predicted = Int32Array.from(pick(columns['class'], rows));
    const k = classes.length;
    const probabilities = columns['p0'] === undefined ? null : new Float64Array(rows.length * k);
    for (let column = 0; probabilities !== null && column < k; column++) {
      const values = columns[`p${column}`];
      if (values === undefined)
        throw new SegmentryError(`the model gives ${column} probabilities a row for ${k} classes`, 'data');
      for (let index = 0; index < rows.length; index++) probabilities[index * k + column] = values[rows[index]!]!;
    }
    return { kind: 'multiclass', classes: predicted, probabilities, k };
  }
  if (columns['score'] === undefined) {
    return { kind: 'binary', scores: null, positive: Uint8Array.from(pick(columns['class'], rows), isPositiveClass) };
  }
  const scores = pick(columns['score'], rows);
  const positive = new Uint8Array(rows.length);
  for (let index = 0; index < rows.length; index++) positive[index] = Number(scores[index]! >= job.threshold);
  return { kind: 'binary', scores, positive };
}

/** Neither is a class that was not predicted, which is no number that a byte holds. */
function isPositiveClass(predicted: number): number {
  return Number(predicted === 1);
}

function pick(values: NumericColumn | undefined, rows: Int32Array): Float64Array {
  if (values === undefined) throw new Error('the predictions lack a column');
  const picked = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index++) picked[index] = values[rows[index]!]!;
  return picked;
}
