/** What a model's output tensor means for the task: scores per row, class probabilities, values, or labels. */
import type { Tensor } from 'onnxruntime-node';
import { placeOf } from '../../domain/class-order.js';
import { SegmentryError } from '../../domain/errors.js';
import type { Task } from '../../domain/pipeline.js';
import { OrderProof } from './order-proof.js';
import { PositiveLabel } from './positive-label.js';

/**
 * How predictions are kept in a column file, one entry per row:
 *
 * - `score`: binary, the probability (or score) of the positive class
 * - `class`: binary 0/1 or the index of the predicted class
 * - `p0`..`pK-1`: multiclass probabilities
 * - `value`: regression and ranking
 */
export type PredictionColumns = Record<string, Float32Array | Float64Array | Int32Array>;

/** What is read of an output. */
export type Output = Pick<Tensor, 'data' | 'dims'>;

/** How a model's classes are called, as text. */
export interface ClassNames {
  /** In the order of the probabilities; null: binary [negative, positive], the usual order; multiclass: not known yet. */
  readonly classes: readonly string[] | null;
  /** Binary: the positive class; null: 1 or true. */
  readonly positive: string | null;
  /** Binary: the model's labels that mean the positive class; absent: `positive` itself, or a code of it. */
  readonly positives?: readonly string[];
  /** Multiclass: how the model's own labels call these classes; absent: the same, as far as anybody knows. */
  readonly said?: readonly string[];
  /** Multiclass: what nobody but the model's own labels can prove: an order that model.json names, or that of the data's labels. */
  readonly unproven?: 'model.json' | 'assumed';
  /** Multiclass: the number of each of these classes in the run, and how many the run has; absent: their places here, and no others. */
  readonly numbers?: { readonly places: readonly number[]; readonly count: number };
}

/** Collects a model's outputs, batch by batch, into columns of `rows` entries. */
export class PredictionCollector {
  readonly columns: PredictionColumns = {};
  /** Binary: which of two probabilities is the positive class's; null until a batch shows it. */
  private place: number | null;
  private readonly label: PositiveLabel;
  /** Multiclass: null where the order of the probabilities is beyond doubt. */
  private readonly proof: OrderProof | null;

  constructor(
    private readonly model: string,
    private readonly task: Task,
    private readonly kind: 'scores' | 'label',
    private readonly names: ClassNames,
    private readonly rows: number,
  ) {
    const { classes, positive } = names;
    // Without a word on the positive class, labels are 0 and 1, and the probabilities in that order.
    this.place = positive === null ? 1 : (classes?.indexOf(positive) ?? null);
    this.label = new PositiveLabel(model, positive, names.positives);
    const { unproven } = names;
    this.proof = classes === null || unproven === undefined ? null : new OrderProof(model, classes, unproven);
  }

  /** Whether the model's own labels would help: exporters put the classes in alphabetical order, not negative first. */
  get wantsLabels(): boolean {
    if (this.kind !== 'scores') return false;
    if (this.task === 'multiclass') return this.proof !== null;
    return this.task === 'binary' && this.place === null;
  }

  /**
   * Takes the first `count` rows of the output (the rest is padding) as rows `at`.. of the columns.
   *
   * @param labels the model's labels for the same rows, where it gives any and they are wanted
   */
  take(output: Output, at: number, count: number, labels: Output | null = null): void {
    if (this.kind === 'label') this.takeLabels(output, at, count);
    else if (this.task === 'binary') this.takeBinary(output, at, count, labels);
    else if (this.task === 'multiclass') this.takeProbabilities(output, at, count, labels);
    else this.copy('value', output, at, count, this.width(output, [1]), 0);
  }

  /** After the last row. @throws SegmentryError (data): the model's labels say that its probabilities are of other classes */
  finish(): void {
    this.proof?.judge();
  }

  private takeBinary(output: Output, at: number, count: number, labels: Output | null): void {
    const width = this.width(output, [1, 2]);
    if (width === 2 && this.place === null && labels !== null) this.place = this.positivePlace(output, labels, count);
    this.copy('score', output, at, count, width, width === 2 ? (this.place ?? 1) : 0);
  }

  /** The place whose probability is the higher one where the model says "positive"; null when no row tells. */
  private positivePlace(output: Output, labels: Output, count: number): number | null {
    const scores = output.data as Float32Array;
    const said = labels.data as BigInt64Array | readonly string[];
    let votes = 0;
    for (let row = 0; row < count; row++) {
      const second = Math.sign(scores[2 * row + 1]! - scores[2 * row]!);
      const isPositive = this.label.isPositive(String(said[row]));
      if (!Number.isNaN(second)) votes += isPositive ? second : -second;
    }
    return votes === 0 ? null : Number(votes > 0);
  }

  private takeProbabilities(output: Output, at: number, count: number, labels: Output | null): void {
    const { classes: names } = this.names;
    const width = this.width(output, null);
    if (names !== null && names.length !== width) throw this.wrongNumber(width, names);
    const { places, count: known } = this.numbers(width);
    const data = output.data as Float32Array;
    for (let column = 0; column < width; column++) {
      this.copy(`p${places[column]!}`, output, at, count, width, column);
    }
    for (let number = 0; number < known; number++) this.columns[`p${number}`] ??= this.zeros(output);
    const classes = (this.columns['class'] ??= new Int32Array(this.rows)) as Int32Array;
    const said = labels === null ? null : (labels.data as BigInt64Array | readonly string[]);
    for (let row = 0; row < count; row++) {
      let best = 0;
      for (let column = 1; column < width; column++) {
        if (data[row * width + column]! > data[row * width + best]!) best = column;
      }
      classes[at + row] = places[best]!;
      if (said !== null) this.proof?.add(best, String(said[row]));
    }
  }

  private numbers(width: number): NonNullable<ClassNames['numbers']> {
    return this.names.numbers ?? { places: Array.from({ length: width }, (_, place) => place), count: width };
  }

  /** The probabilities of a class of the run that this model does not know. */
  private zeros({ data }: Output): Float32Array | Float64Array {
    return data instanceof Float64Array ? new Float64Array(this.rows) : new Float32Array(this.rows);
  }

  private wrongNumber(width: number, names: readonly string[]): SegmentryError {
    const whose =
      this.names.unproven === 'assumed'
        ? `the data have the ${names.length} labels ${names.join(', ')}, and nothing says which of the numbers is which class's: ` +
          'list the classes in the order of its numbers'
        : `it has the ${names.length} classes ${names.join(', ')}: list those that it has, in the order of its numbers,`;
    return new SegmentryError(
      `${this.model}: its output gives ${width} numbers a row, but ${whose} under "classes" in the version's model.json`,
      'data',
    );
  }

  private takeLabels(output: Output, at: number, count: number): void {
    const classes = (this.columns['class'] ??= new Int32Array(this.rows)) as Int32Array;
    const data = output.data as BigInt64Array | readonly string[];
    if (this.task === 'regression' || this.task === 'ranking') {
      throw new SegmentryError(`${this.model}: its output is a label; a ${this.task} model gives a float`, 'data');
    }
    for (let row = 0; row < count; row++) {
      const label = String(data[row]);
      if (this.task === 'binary') {
        classes[at + row] = Number(this.label.isPositive(label));
        continue;
      }
      const own = this.names.said ?? this.names.classes ?? [];
      const index = placeOf(own, label);
      if (index < 0) {
        throw new SegmentryError(
          `${this.model} predicted the label "${label}", which is none of ${own.length === 0 ? 'its classes' : own.join(', ')}`,
          'data',
        );
      }
      classes[at + row] = this.names.numbers?.places[index] ?? index;
    }
  }

  private copy(name: string, output: Output, at: number, count: number, width: number, column: number): void {
    const data = output.data as Float32Array | Float64Array;
    const target = (this.columns[name] ??=
      data instanceof Float64Array ? new Float64Array(this.rows) : new Float32Array(this.rows));
    for (let row = 0, from = column; row < count; row++, from += width) target[at + row] = data[from]!;
  }

  /** Entries per row of the output. */
  private width(output: Output, allowed: readonly number[] | null): number {
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
