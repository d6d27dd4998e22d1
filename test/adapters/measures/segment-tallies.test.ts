import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SegmentTally, tallySegments } from '../../../adapters/measures/segment-tallies.js';
import { ColumnReader, type NumericColumn, writeColumnFile } from '../../../adapters/column-file.js';
import { measureRows } from '../../../domain/metrics/measure.js';
import { metricOf, metricsFor } from '../../../domain/metrics/table.js';
import { canTally, measureTally } from '../../../domain/metrics/tally.js';
import type { MeasuredMetrics } from '../../../domain/result.js';
import { newFolder } from '../../scratch-folder.js';

const SEGMENTS = 3;
const THRESHOLD = 0.5;
const METRICS = metricsFor('binary')
  .filter(({ ofTally }) => ofTally !== undefined)
  .map(({ name }) => name)
  .concat('f_beta(2)');

interface Row {
  readonly score: number;
  /** -1: none. */
  readonly label: number;
  /** -1: in no segment. */
  readonly code: number;
}

const score = fc.oneof(
  fc.constantFrom(0, -0, THRESHOLD, 1),
  fc.nat(9).map((tenths) => tenths / 10),
  fc.float({ min: 0, max: 1, noNaN: true }),
);
const row = fc.record({
  score,
  label: fc.integer({ min: -1, max: 1 }),
  code: fc.integer({ min: -1, max: SEGMENTS - 1 }),
});
const rows = fc.array(row, { minLength: 1, maxLength: 200 });

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

/** What the rows are tallied to; null: they cannot be. */
function tallied(all: readonly Row[], predictions: Record<string, NumericColumn>, sortedRows?: number) {
  const paths = [0, 1].map((file) => join(folder, `${files}-${file}.arrow`));
  files++;
  writeColumnFile(paths[0]!, predictions);
  writeColumnFile(paths[1]!, { s0: Int32Array.from(all, ({ code }) => code) });
  const found: SegmentTally[] = [];
  const measured: MeasuredMetrics[] = [];
  const done = ColumnReader.with(paths[0]!, (predicted) =>
    ColumnReader.with(paths[1]!, (file) =>
      tallySegments(
        {
          rows: all.length,
          labels: Int8Array.from(all, ({ label }) => label),
          predictions: predicted,
          codes: { file, column: 's0' },
          segments: SEGMENTS,
          threshold: THRESHOLD,
        },
        (tally, segment) => {
          expect(segment).toBe(found.length);
          found.push(tally);
          const { counts, problem, order } = tally;
          const n = tally.rows - tally.unlabelled;
          const shared = { confidence: 0.95, exactShares: false, sameScores: false, baseline: null };
          measured.push(measureTally({ ...shared, n, counts, candidate: { problem }, order }, METRICS));
        },
        sortedRows,
      ),
    ),
  );
  return done ? { found, measured } : null;
}

/** The same by the rows themselves. */
function byRows(all: readonly Row[], scored: boolean) {
  return Array.from({ length: SEGMENTS }, (_, segment) => {
    const own = all.filter(({ code, label }) => code === segment && label >= 0);
    const scores = Float32Array.from(own, (one) => one.score);
    return measureRows({
      task: 'binary',
      metrics: METRICS,
      confidence: 0.95,
      seed: 0,
      labels: Uint8Array.from(own, ({ label }) => label),
      candidate: {
        kind: 'binary',
        scores: scored ? scores : null,
        positive: Uint8Array.from(scores, (value) => Number(value >= THRESHOLD)),
      },
      baseline: null,
    });
  });
}

const scoresOf = (all: readonly Row[]) => ({ score: Float32Array.from(all, (one) => one.score) });

describe('segments that are tallied', () => {
  it('have the estimates of their rows, to the last bit, however few rows are sorted at once', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 250 }), (all, sortedRows) => {
        const { found, measured } = tallied(all, scoresOf(all), sortedRows)!;
        expect(measured).toEqual(byRows(all, true));
        expect(found.map((tally) => [tally.rows, tally.unlabelled])).toEqual(
          found.map((_, segment) => {
            const own = all.filter(({ code }) => code === segment);
            return [own.length, own.filter(({ label }) => label < 0).length];
          }),
        );
      }),
    );
  });

  it('are undefined for the reason that their rows give where scores are no numbers, and only there', () => {
    const bad = fc.constantFrom(NaN, Infinity, -Infinity);
    fc.assert(
      fc.property(rows, bad, fc.nat(), (all, value, at) => {
        const spoiled = all.map((one, index) => (index === at % all.length ? { ...one, score: value } : one));
        expect(tallied(spoiled, scoresOf(spoiled), 20)!.measured).toEqual(byRows(spoiled, true));
      }),
    );
  });

  it('may be of a model that gives labels only', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const classes = Int32Array.from(all, (one) => Number(Math.fround(one.score) >= THRESHOLD));
        expect(tallied(all, { class: classes })!.measured).toEqual(byRows(all, false));
      }),
    );
  });

  it('are left to others where a labelled row scores below 0', () => {
    const all: readonly Row[] = [0.5, -0.5, 0.25, 1].map((one, index) => ({ score: one, label: index % 2, code: 0 }));
    expect(tallied(all, scoresOf(all))).toBeNull();
    const unlabelled = all.map((one) => (one.score < 0 ? { ...one, label: -1 } : one));
    expect(tallied(unlabelled, scoresOf(unlabelled))!.measured).toEqual(byRows(unlabelled, true));
  });
});

it('what needs the rows says so', () => {
  expect(canTally(['accuracy', 'auc', 'f_beta(2)'])).toBe(true);
  expect(canTally(['accuracy', 'log_loss'])).toBe(false);
  expect(metricOf('log_loss').ofTally).toBeUndefined();
});
