/** What the decision gets wrong by chance, and what it finds: whole runs, measured and decided as the stages do it. */
import { parsePipeline } from '../../adapters/pipeline-file/parse.js';
import { decide } from '../../domain/decide.js';
import { measureRows } from '../../domain/metrics/measure.js';
import type { MeasureInput, Predictions } from '../../domain/metrics/predictions.js';
import type { Pipeline } from '../../domain/pipeline.js';
import type { DefinedEstimate, SegmentResult } from '../../domain/result.js';
import { groupRows } from '../../domain/slices/segment-table.js';
import { criticalZ } from '../../domain/statistics/normal.js';
import { powerOf } from '../../domain/statistics/power.js';
import { type Sample, drawBinary } from './populations.js';
import { type Random, randomFrom } from './random.js';

/** Five columns of ten values: 50 segments, and each row in five of them. */
const COLUMNS = ['a', 'b', 'c', 'd', 'e'] as const;
const VALUES = 10;
const ROWS = 10_000;

export const FALSE_BLOCK_SETTING = `${ROWS.toLocaleString('en')} rows, ${COLUMNS.length * VALUES} overlapping segments of ${(ROWS * share(VALUES - 1)).toFixed(0)} to ${(ROWS * share(0)).toLocaleString('en', { maximumFractionDigits: 0 })} rows, and overall`;

/** The hardest null: no drop is allowed, and there is none. */
const CHECKS = {
  accuracy: '{ metric: accuracy, maxDrop: 0 }',
  auc: '{ metric: auc, maxDrop: 0 }',
  log_loss: '{ metric: log_loss, maxIncrease: 0 }',
} as const;

export interface FalseBlocks {
  readonly checks: string;
  readonly correction: string;
  readonly comparisons: number;
  readonly runs: number;
  readonly blocked: number;
}

const FAMILIES: readonly (readonly (keyof typeof CHECKS)[])[] = [
  ['accuracy'],
  ['auc'],
  ['log_loss'],
  ['accuracy', 'auc', 'log_loss'],
];

/** Runs of two models of equal quality whose errors are independent: every FAIL is a false one. */
export function falseBlocks(runs: number, seed: number, corrections: readonly string[]): FalseBlocks[] {
  const cases = FAMILIES.flatMap((family) =>
    corrections.map((correction) => ({
      checks: family.join(', '),
      correction,
      pipeline: pipelineOf(
        family.map((name) => CHECKS[name]),
        COLUMNS.map((name) => `{ columns: [${name}] }`),
        correction,
      ),
      comparisons: 0,
      blocked: 0,
    })),
  );
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed, 100, run);
    const equal = { prevalence: 0.3, candidate: 1.2, baseline: 1.2, correlation: 0 };
    const sample = drawBinary(ROWS, random, equal);
    const segments = [
      measureSegment('overall', 'overall', sample, ROWS),
      ...COLUMNS.flatMap((column) => segmentsOf(column, sample, random)),
    ];
    for (const one of cases) {
      const { verdict, checks } = decide(one.pipeline, segments);
      one.comparisons = checks.length;
      if (verdict === 'FAIL') one.blocked++;
    }
  }
  return cases.map(({ checks, correction, comparisons, blocked }) => ({
    checks,
    correction,
    comparisons,
    runs,
    blocked,
  }));
}

const SMALL_SEGMENTS = 20;
const SMALL_ROWS = 150;
const CLUSTER_ROWS = 5;

export const RARE_SETTING = `${SMALL_SEGMENTS} segments of ${SMALL_ROWS} rows, and overall`;

/** How rows count: once each, by weights that are all 1, in clusters of rows that do not depend on one another. */
const COUNTED: readonly (readonly [name: string, uneven: (rows: number) => Partial<MeasureInput>])[] = [
  ['rows', () => ({})],
  ['weights', (rows) => ({ weights: new Float64Array(rows).fill(1) })],
  ['clusters', (rows) => ({ clusters: Int32Array.from({ length: rows }, (_, row) => Math.floor(row / CLUSTER_ROWS)) })],
];

const RARE_METRICS = ['auc', 'average_precision', 'balanced_accuracy', 'mcc', 'f1', 'precision', 'recall'] as const;

export interface RareFalseBlocks {
  readonly metric: string;
  /** Share of positive rows. */
  readonly prevalence: number;
  readonly counted: string;
  readonly blocked: number;
  readonly runs: number;
}

/** The same of a model of rare events and small segments, some of which have one positive row or none. */
export function rareFalseBlocks(runs: number, seed: number, prevalence: number): RareFalseBlocks[] {
  const cases = RARE_METRICS.flatMap((metric) =>
    COUNTED.map(([counted, uneven]) => ({
      metric,
      counted,
      uneven,
      pipeline: pipelineOf([`{ metric: ${metric}, maxDrop: 0 }`], ['{ columns: [a] }'], 'holm'),
      blocked: 0,
    })),
  );
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed, 300, run);
    const equal = { prevalence, candidate: 1.2, baseline: 1.2, correlation: 0 };
    const sample = drawBinary(SMALL_SEGMENTS * SMALL_ROWS, random, equal);
    const parts = Array.from({ length: SMALL_SEGMENTS }, (_, place) =>
      pick(
        sample,
        Int32Array.from({ length: SMALL_ROWS }, (_, row) => place * SMALL_ROWS + row),
      ),
    );
    for (const one of cases) {
      const measured = (segment: string, part: Sample): SegmentResult => {
        const rows = part.labels.length;
        const input = { task: 'binary', metrics: [one.metric], confidence: 0.95, seed: 1, ...part } as const;
        const metrics = measureRows({ ...input, ...one.uneven(rows) });
        const segmentation = segment === 'overall' ? segment : 'a';
        return { segmentation, segment, rule: segment, rows, share: 1, unlabelled: 0, metrics };
      };
      const segments = [measured('overall', sample), ...parts.map((part, place) => measured(`a${place}`, part))];
      if (decide(one.pipeline, segments).verdict === 'FAIL') one.blocked++;
    }
  }
  return cases.map(({ metric, counted, blocked }) => ({ metric, prevalence, counted, blocked, runs }));
}

/** Segments of unequal size: the first has ten times the rows of the last. */
function share(value: number): number {
  const weight = (v: number): number => 10 ** (-v / (VALUES - 1));
  let total = 0;
  for (let v = 0; v < VALUES; v++) total += weight(v);
  return weight(value) / total;
}

function segmentsOf(column: string, sample: Sample, random: Random): SegmentResult[] {
  const codes = new Int32Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    let u = random.uniform();
    let value = 0;
    while (value < VALUES - 1 && u >= share(value)) u -= share(value++);
    codes[row] = value;
  }
  const { rows, starts } = groupRows(codes, VALUES);
  return Array.from({ length: VALUES }, (_, value) =>
    measureSegment(column, `${column}${value}`, pick(sample, rows.subarray(starts[value], starts[value + 1])), ROWS),
  );
}

export interface PowerCase {
  readonly metric: string;
  readonly comparisons: number;
  readonly runs: number;
  /** Runs that failed because of the planted segment. */
  readonly caught: number;
  /** What the reports promised: the chance that their own `detectable` gives to the planted drop. */
  readonly promised: number;
  /** Mean of the reports' `detectable`. */
  readonly detectable: number;
}

const PLANTED_ROWS = 400;
export const PLANTED_DROP = 0.05;

/** A segment of 400 rows in which the candidate is right 5 points less often, among others without any change. */
export function plantedDrop(others: number, discordant: number, runs: number, seed: number): PowerCase {
  const names = ['planted', ...Array.from({ length: others }, (_, i) => `other ${i + 1}`)];
  const pipeline = pipelineOf(
    [`{ metric: accuracy, maxDrop: 0, segments: [${names.join(', ')}] }`],
    names.map((name) => `{ name: ${name}, where: "true" }`),
    'holm',
  );
  const level = (1 - pipeline.confidence) / 2 / names.length;
  let [caught, promised, detectable] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed, 200 + others, run);
    const segments = names.map((name, place) => {
      const sample = drawAgreement(PLANTED_ROWS, random, discordant, place === 0 ? PLANTED_DROP : 0);
      return measureSegment(name, name, sample, PLANTED_ROWS * names.length);
    });
    const found = decide(pipeline, segments).checks[0]!;
    if (found.outcome === 'fail') caught++;
    detectable += found.detectable! / runs;
    const { low, high } = found.observed!;
    const { basis } = segments[0]!.metrics.accuracy!.difference as DefinedEstimate;
    const se = (high - low) / (2 * criticalZ(pipeline.confidence));
    promised += powerOf({ bound: 0, side: 'atLeast', se, basis }, PLANTED_DROP, level) / runs;
  }
  return { metric: 'accuracy', comparisons: names.length, runs, caught, promised, detectable };
}

/** Two models that are right on 80 % of the rows together; on a share of `discordant` rows only one of them is. */
function drawAgreement(n: number, random: Random, discordant: number, drop: number): Sample {
  const labels = new Uint8Array(n);
  const [candidate, baseline] = [new Uint8Array(n), new Uint8Array(n)];
  for (let row = 0; row < n; row++) {
    const u = random.uniform();
    const label = Number(random.uniform() < 0.5);
    const onlyBaseline = u < (discordant + drop) / 2;
    const onlyCandidate = !onlyBaseline && u < discordant;
    const both = u >= discordant && random.uniform() < 0.8;
    labels[row] = label;
    candidate[row] = both || onlyCandidate ? label : 1 - label;
    baseline[row] = both || onlyBaseline ? label : 1 - label;
  }
  const predictions = (positive: Uint8Array): Predictions => ({ kind: 'binary', scores: null, positive });
  return { labels, candidate: predictions(candidate), baseline: predictions(baseline) };
}

function measureSegment(segmentation: string, segment: string, sample: Sample, all: number): SegmentResult {
  const rows = sample.labels.length;
  const scored = sample.candidate.kind === 'binary' && sample.candidate.scores !== null;
  const metrics = measureRows({
    task: 'binary',
    metrics: scored ? ['accuracy', 'auc', 'log_loss'] : ['accuracy'],
    confidence: 0.95,
    seed: 1,
    ...sample,
  });
  return { segmentation, segment, rule: segment, rows, share: rows / all, unlabelled: 0, metrics };
}

function pick({ labels, candidate, baseline }: Sample, rows: Int32Array): Sample {
  const of = (predictions: Predictions): Predictions => {
    if (predictions.kind !== 'binary' || predictions.scores === null) throw new Error('binary scores are expected');
    const { scores, positive } = predictions;
    return { kind: 'binary', scores: Float64Array.from(rows, (row) => scores[row]!), positive: picked(positive, rows) };
  };
  return { labels: picked(labels, rows), candidate: of(candidate), baseline: of(baseline) };
}

function picked(values: ArrayLike<number>, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => values[row]!);
}

function pipelineOf(checks: readonly string[], by: readonly string[], correction: string): Pipeline {
  const text = [
    'pipeline: calibration',
    'data: { source: none.parquet, label: y }',
    'model: { task: binary, candidate: { column: p }, baseline: { column: q } }',
    `segments: { minRows: 100, by: [${by.join(', ')}] }`,
    `checks: [${checks.join(', ')}]`,
    ...(correction === 'holm' ? [] : [`correction: ${correction}`]),
  ].join('\n');
  return parsePipeline(text, 'calibration');
}
