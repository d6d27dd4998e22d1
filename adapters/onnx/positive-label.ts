/** Which of a binary model's own labels mean the positive class. */
import { SegmentryError } from '../../domain/errors.js';

/** What a binary model's own labels look like when they are coded. */
const CODED_POSITIVE: readonly string[] = ['1', 'true'];
const CODED_NEGATIVE: readonly string[] = ['0', 'false', '-1'];

/** Words that nobody codes as 0. */
const AFFIRMATIVE = /^(yes|y|true|t|1)$/i;
/** With them, those that DuckDB takes for booleans. */
const NEGATIVE = /^(no|n|false|f|0)$/i;

/**
 * The labels of a model that mean the positive class. Any other word than yes says nothing about codes: a model that was trained on labels
 * in alphabetical order says 0 for "bad" and 1 for "good", another one the opposite.
 *
 * @param positive null: 1 or true
 * @param isBoolean whether the data have booleans, which the word stands for one of: a reader of CSV makes them of yes and no
 */
export function positiveLabels(positive: string | null, isBoolean = false): readonly string[] {
  if (positive === null) return CODED_POSITIVE;
  if (AFFIRMATIVE.test(positive)) return [positive, ...CODED_POSITIVE];
  const isFalse = positive === '0' || positive === 'false' || (isBoolean && NEGATIVE.test(positive));
  return isFalse ? [positive, '0', 'false'] : [positive];
}

/** @param labels that the model says, or can say */
export function noPositive(model: string, labels: readonly string[], positive: string): SegmentryError {
  const said =
    labels.length === 1
      ? `says the label ${labels[0]!}, which is not`
      : `says ${labels.join(' and ')}, of which none is`;
  return new SegmentryError(
    `${model} ${said} the positive label "${positive}"; name the one that means it under "positive" in the version's model.json, or both ` +
      'classes, in the order of its probabilities, under "classes" there',
    'data',
  );
}

/** Tells row by row, and refuses a model whose labels cannot be told. */
export class PositiveLabel {
  private readonly positives: readonly string[];
  /** What the model has said that is not positive: one label, if any. */
  private negative: string | null = null;

  /** @param positive null: 1 or true; any other label than the codes of a binary one is refused then */
  constructor(
    private readonly model: string,
    private readonly positive: string | null,
    positives?: readonly string[],
  ) {
    this.positives = positives ?? positiveLabels(positive);
  }

  /** @throws SegmentryError (data): none of the model's labels is the positive one, as far as anybody can tell */
  isPositive(label: string): boolean {
    if (this.positives.includes(label)) return true;
    if (label === this.negative) return false;
    if (this.positive === null) this.requireCoded(label);
    else if (this.negative !== null) throw noPositive(this.model, [this.negative, label], this.positive);
    else if (isCode(label) && this.positives.every(isWord)) throw noPositive(this.model, [label], this.positive);
    this.negative ??= label;
    return false;
  }

  private requireCoded(label: string): void {
    if (CODED_NEGATIVE.includes(label)) return;
    throw new SegmentryError(
      `${this.model} predicted the label "${label}": say which one is positive, under model.positive in the pipeline ` +
        'file or "positive" in the version\'s model.json',
      'data',
    );
  }
}

export const isCode = (label: string): boolean => CODED_POSITIVE.includes(label) || CODED_NEGATIVE.includes(label);

const isWord = (label: string): boolean => !isCode(label) && Number.isNaN(Number(label));
