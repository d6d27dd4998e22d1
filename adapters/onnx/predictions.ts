/** What a model's output tensor means for the task: scores per row, class probabilities, values, or labels. */
import type { Tensor } from 'onnxruntime-node';
import { SegmentryError } from '../../domain/errors.js';
import type { Task } from '../../domain/pipeline.js';

/**
 * How predictions are kept in a column file, one entry per row:
 *
 * - `score`: binary, the probability (or score) of the positive class
 * - `class`: binary 0/1 or the index of the predicted class
 * - `p0`..`pK-1`: multiclass probabilities
 * - `value`: regression
 */
export type PredictionColumns = Record<string, Float32Array | Float64Array | Int32Array>;

/** How a model's classes are called, as text. */
export interface ClassNames {
  /** In the order of the probabilities; null: binary [negative, positive], the usual order. */
  readonly classes: readonly string[] | null;
  /** Binary: the positive class; null: 1 or true. */
  readonly positive: string | null;
}

/** What a binary label may look like when nothing says which class is positive. */
const DEFAULT_POSITIVE: readonly string[] = ['1', 'true'];

/** Collects a model's outputs, batch by batch, into columns of `rows` entries. */
export class PredictionCollector {
  readonly columns: PredictionColumns = {};

  constructor(
    private readonly model: string,
    private readonly task: Task,
    private readonly kind: 'scores' | 'label',
    private readonly names: ClassNames,
    private readonly rows: number,
  ) {}

  /** Takes the first `count` rows of the output (the rest is padding) as rows `at`.. of the columns. */
  take(output: Tensor, at: number, count: number): void {
    if (this.kind === 'label') this.takeLabels(output, at, count);
    else if (this.task === 'binary') this.takeBinary(output, at, count);
    else if (this.task === 'multiclass') this.takeProbabilities(output, at, count);
    else this.copy('value', output, at, count, this.width(output, [1]), 0);
  }

  private takeBinary(output: Tensor, at: number, count: number): void {
    const width = this.width(output, [1, 2]);
    const { classes, positive } = this.names;
    const place = classes === null || positive === null ? 1 : classes.indexOf(positive);
    this.copy('score', output, at, count, width, width === 2 ? place : 0);
  }

  private takeProbabilities(output: Tensor, at: number, count: number): void {
    const width = this.width(output, this.names.classes === null ? null : [this.names.classes.length]);
    const data = output.data as Float32Array;
    for (let column = 0; column < width; column++) this.copy(`p${column}`, output, at, count, width, column);
    const classes = (this.columns['class'] ??= new Int32Array(this.rows)) as Int32Array;
    for (let row = 0; row < count; row++) {
      let best = 0;
      for (let column = 1; column < width; column++) {
        if (data[row * width + column]! > data[row * width + best]!) best = column;
      }
      classes[at + row] = best;
    }
  }

  private takeLabels(output: Tensor, at: number, count: number): void {
    const classes = (this.columns['class'] ??= new Int32Array(this.rows)) as Int32Array;
    const data = output.data as BigInt64Array | readonly string[];
    if (this.task === 'regression') {
      throw new SegmentryError(`${this.model}: its output is a label; a regression model gives a float`, 'data');
    }
    for (let row = 0; row < count; row++) {
      const label = String(data[row]);
      if (this.task === 'binary') {
        classes[at + row] = Number(
          (this.names.positive === null ? DEFAULT_POSITIVE : [this.names.positive]).includes(label),
        );
        continue;
      }
      const index = this.names.classes?.indexOf(label) ?? -1;
      if (index < 0) {
        throw new SegmentryError(
          `${this.model} predicted the label "${label}", which is none of ${this.names.classes?.join(', ') ?? 'its classes'}`,
          'data',
        );
      }
      classes[at + row] = index;
    }
  }

  private copy(name: string, output: Tensor, at: number, count: number, width: number, column: number): void {
    const data = output.data as Float32Array | Float64Array;
    const target = (this.columns[name] ??=
      data instanceof Float64Array ? new Float64Array(this.rows) : new Float32Array(this.rows));
    for (let row = 0, from = column; row < count; row++, from += width) target[at + row] = data[from]!;
  }

  /** Entries per row of the output. */
  private width(output: Tensor, allowed: readonly number[] | null): number {
    const [rows = 1, width = 1] = output.dims;
    if (output.dims.length > 2 || rows === 0) {
      throw new SegmentryError(
        `${this.model}: its output has shape [${output.dims.join(', ')}], not [N] or [N, K]`,
        'data',
      );
    }
    if (allowed !== null && !allowed.includes(width)) {
      throw new SegmentryError(
        `${this.model}: its output gives ${width} numbers a row; ${this.task} wants ${allowed.join(' or ')}`,
        'data',
      );
    }
    return width;
  }
}
