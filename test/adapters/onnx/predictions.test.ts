import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type ClassNames, PredictionCollector } from '../../../adapters/onnx/predictions.js';

/** Two rows: the first is more likely of the first class, the second of the second. */
const PROBABILITIES = new Tensor('float32', Float32Array.of(0.75, 0.25, 0.375, 0.625), [2, 2]);
const FIRST = [0.75, 0.375];
const SECOND = [0.25, 0.625];

function scores(names: Partial<ClassNames>, labels: Tensor | null = null): number[] {
  const complete = { classes: null, positive: null, ...names };
  const collector = new PredictionCollector('churn version 1', 'binary', 'scores', complete, 2);
  collector.take(PROBABILITIES, 0, 2, collector.wantsLabels ? labels : null);
  return Array.from(collector.columns['score']!);
}

describe('the score of the positive class', () => {
  const words = new Tensor('string', ['churn', 'stay'], [2]);
  const coded = new Tensor('int64', BigInt64Array.of(0n, 1n), [2]);

  it('is the second probability where labels are 0 and 1', () => {
    expect(scores({})).toEqual(SECOND);
    expect(scores({}, coded)).toEqual(SECOND);
    expect(scores({ positive: '1' }, coded)).toEqual(SECOND);
  });

  it("is at the positive class's place among the classes that model.json names", () => {
    expect(scores({ classes: ['churn', 'stay'], positive: 'churn' })).toEqual(FIRST);
    expect(scores({ classes: ['churn', 'stay'], positive: 'stay' })).toEqual(SECOND);
  });

  it("is found by the model's own labels where nobody names the classes: exporters sort them", () => {
    expect(scores({ positive: 'churn' }, words)).toEqual(FIRST);
    expect(scores({ positive: 'stay' }, words)).toEqual(SECOND);
    expect(scores({ positive: '0' }, coded)).toEqual(FIRST);
  });

  it('is the second probability of a model that was trained on 0 and 1, where the positive label is a word for yes', () => {
    for (const positive of ['yes', 'Y', 'true']) expect(scores({ positive }, coded)).toEqual(SECOND);
  });

  it('is not guessed where the model says none of the words of the data', () => {
    expect(() => scores({ positive: 'churn' }, coded)).toThrow(
      'churn version 1 says the label 0, which is not the positive label "churn"; name the one that means it under "positive" in the ' +
        'version\'s model.json, or both classes, in the order of its probabilities, under "classes" there',
    );
    expect(() => scores({ positive: 'Churn' }, words)).toThrow(
      /says churn and stay, of which none is the positive label "Churn"/,
    );
    expect(() => scores({ positive: '2' }, coded)).toThrow(/says 0 and 1, of which none is/);
    expect(scores({ positive: 'churn', positives: ['churn', '0'] }, coded)).toEqual(FIRST);
  });

  it('is the second probability where the model has no labels to tell by', () => {
    expect(scores({ positive: 'churn' })).toEqual(SECOND);
  });
});
