/** Inference over a range of rows: each piece is read once and goes through every model. */
import { performance } from 'node:perf_hooks';
import type { InferenceSession } from 'onnxruntime-node';
import { SegmentryError } from '../../domain/errors.js';
import type { Task } from '../../domain/pipeline.js';
import { type NumericColumn, writeColumnFile } from '../column-file.js';
import { BatchRefused } from '../compute-errors.js';
import { ENOUGH } from '../duckdb/columns.js';
import { explainValue } from '../duckdb/database.js';
import { Batch, MIN_BATCH_ROWS } from './batch.js';
import { type FeatureSource, type PieceColumn, forEachPiece } from './feature-rows.js';
import { dropForest, forestOf, forestScores, isSame } from './forest/forest-of.js';
import type { ForestScorer } from './forest/forest-scorer.js';
import { type ClassNames, type Output, PredictionCollector } from './predictions.js';
import { firstLine, sessionOf } from './session.js';
import type { FeatureColumn, ModelSignature } from './signature.js';

/**
 * Rows a batch: measured flat between 512 and 65,536 for ensembles of trees. What a network computes on the way (1,024 numbers a row and
 * layer, say) stays in the cache with so few: with 16,384 rows it takes a third longer, and 60 MB more a layer.
 */
export const BATCH_ROWS = 1_024;

export interface InferModel {
  /** How it is called in messages: "late-flight version 2". */
  readonly title: string;
  readonly sha256: string;
  readonly path: string;
  readonly signature: ModelSignature;
  readonly names: ClassNames;
  /** Column file to write: `row` and the prediction columns. Must not exist. */
  readonly output: string;
}

export interface InferJob {
  readonly task: Task;
  readonly source: FeatureSource;
  /** Rows with from <= position < to. */
  readonly from: number;
  readonly to: number;
  /** So many of them, from the first that comes on, are done already. @default 0 */
  readonly skip?: number;
  readonly models: readonly InferModel[];
  /**
   * After how many milliseconds the job ends at the next multiple of {@link BATCH_ROWS}, with the rows that it has by then;
   * at least so many rows are inferred. Absent: all of them.
   */
  readonly budgetMilliseconds?: number;
}

export interface InferStatistics {
  /** From the job's first that was not skipped; fewer than it has where the time ran out. */
  readonly rows: number;
  /** Milliseconds that each batch took in its model. */
  readonly batchMilliseconds: readonly number[];
}

export async function inferRows(job: InferJob): Promise<InferStatistics> {
  const began = performance.now();
  const isOver = (): boolean => performance.now() - began >= (job.budgetMilliseconds ?? Infinity);
  const { source, from, to, skip = 0 } = job;
  const rows = to - from - skip;
  const columns = distinctColumns(job.models.map((model) => model.signature.features));
  const runners = await Promise.all(job.models.map((model) => Runner.open(model, job.task, columns, rows)));
  const rowNumbers = new Int32Array(rows);
  const batchMilliseconds: number[] = [];
  let read = 0;

  try {
    await forEachPiece(source, columns, { from, to, skip }, async (piece) => {
      // Only ever between two batches of an undisturbed job, so that time decides nothing but where a part ends.
      const untilBoundary = (BATCH_ROWS - (read % BATCH_ROWS)) % BATCH_ROWS;
      const toBoundary = read === 0 ? BATCH_ROWS : untilBoundary;
      const ended = isOver() && toBoundary <= piece.rows;
      const taken = ended ? toBoundary : piece.rows;
      rowNumbers.set(piece.numbers.subarray(0, taken), read);
      read += taken;
      for (const runner of runners) await runner.add(piece.columns, taken, batchMilliseconds);
      return ended ? ENOUGH : undefined;
    });
  } catch (error) {
    const titles = job.models.map((model) => model.title).join(' and ');
    throw explainValue(error, `the features of ${titles}`);
  }
  for (const runner of runners) await runner.finish(batchMilliseconds);

  for (const runner of runners) {
    const columns = Object.entries({ row: rowNumbers, ...runner.predictions });
    const done = columns.map(([name, values]) => [name, read === rows ? values : values.slice(0, read)]);
    writeColumnFile(runner.model.output, Object.fromEntries(done) as Record<string, NumericColumn>);
  }
  return { rows: read, batchMilliseconds };
}

/** The columns that the models need, once each: candidate and baseline mostly share them. */
function distinctColumns(features: readonly (readonly FeatureColumn[])[]): readonly FeatureColumn[] {
  const distinct = new Map<string, FeatureColumn>();
  for (const feature of features.flat()) distinct.set(`${feature.element} ${feature.column}`, feature);
  return [...distinct.values()];
}

class Runner {
  private scored = 0;
  private isForestProved = false;

  private constructor(
    readonly model: InferModel,
    private readonly session: InferenceSession,
    private readonly batch: Batch,
    private readonly collector: PredictionCollector,
    /** For each feature of the model, its place among the columns that are read. */
    private readonly places: readonly number[],
    /** Scores faster than the session, and the same; null: the session scores. */
    private forest: ForestScorer | null,
  ) {}

  static async open(model: InferModel, task: Task, columns: readonly FeatureColumn[], rows: number): Promise<Runner> {
    const session = await sessionOf(model.sha256, model.path, model.title);
    const { signature } = model;
    const places = signature.features.map((feature) =>
      columns.findIndex(({ column, element }) => column === feature.column && element === feature.element),
    );
    const capacity = signature.fixedBatch ?? Math.max(MIN_BATCH_ROWS, Math.min(BATCH_ROWS, rows));
    const collector = new PredictionCollector(model.title, task, signature.output.kind, model.names, rows);
    const forest = await forestOf(session, model.path, signature, BATCH_ROWS);
    return new Runner(model, session, new Batch(signature, capacity), collector, places, forest);
  }

  get predictions(): Readonly<Record<string, NumericColumn>> {
    return this.collector.columns;
  }

  async add(piece: readonly PieceColumn[], rows: number, milliseconds: number[]): Promise<void> {
    const features = this.places.map((place) => piece[place]!);
    for (let from = 0; from < rows;) {
      const to = Math.min(rows, from + this.batch.capacity - this.batch.rows);
      this.batch.append(features, from, to);
      from = to;
      if (this.batch.rows === this.batch.capacity) await this.flush(milliseconds);
    }
  }

  /** After the last row. */
  async finish(milliseconds: number[]): Promise<void> {
    await this.flush(milliseconds);
    this.collector.finish();
  }

  private async flush(milliseconds: number[]): Promise<void> {
    const { rows } = this.batch;
    if (rows === 0) return;
    const { output, label } = this.model.signature;
    const labels = this.collector.wantsLabels ? label : null;
    const started = performance.now();
    const outputs = await this.score(labels === null ? [output.name] : [output.name, labels]);
    milliseconds.push(performance.now() - started);
    for (const given of Object.values(outputs)) this.requireEveryRow(given);
    this.collector.take(outputs[output.name]!, this.scored, rows, labels === null ? null : outputs[labels]!);
    this.scored += rows;
    this.batch.clear();
  }

  /** A model that answers for fewer rows, or more, would give some of them the answers of others. */
  private requireEveryRow({ dims }: Output): void {
    const { fedRows } = this.batch;
    if (dims[0] === fedRows) return;
    throw new SegmentryError(
      `${this.model.title}: for a batch of ${fedRows} rows it answered for ${dims[0] ?? 1} rows (its output has shape ` +
        `[${dims.join(', ')}]); export the model so that it gives one answer a row`,
      'data',
    );
  }

  /**
   * The first batch of each job goes both ways: a model that came out otherwise here by a single bit would be judged by what it does not
   * say where it serves. It is ONNX Runtime that is believed.
   */
  private async score(outputs: readonly string[]): Promise<Readonly<Record<string, Output>>> {
    const [only] = outputs;
    if (this.forest === null || outputs.length > 1 || only === undefined) return this.run(outputs);
    const scores = await forestScores(this.forest, this.batch.matrix(), this.batch.fedRows);
    if (scores === null) return this.run(outputs);
    if (this.isForestProved) return { [only]: scores };
    const truth = await this.run(outputs);
    this.isForestProved = isSame(scores, truth[only]!);
    if (!this.isForestProved) {
      this.forest = null;
      dropForest(this.session);
    }
    return truth;
  }

  private async run(outputs: readonly string[]): Promise<Readonly<Record<string, Output>>> {
    try {
      return await this.session.run(this.batch.feeds(), outputs);
    } catch (error) {
      throw new BatchRefused(`${this.model.title}: ONNX Runtime failed on a batch: ${firstLine(error)}`);
    }
  }
}
