import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../scratch-folder.js';
import { queryRows } from '../snapshot.js';
import { type ColumnRun, PIPELINE, VISITS, columnRun } from './column-run.js';

let made: ColumnRun;
beforeAll(async () => {
  made = await columnRun(await newFolder(afterAll));
});

describe('predictions that are columns of the data', () => {
  it('are judged with the text that counts as positive', async () => {
    const right = (score: string): string => `avg(CAST((${score} >= 0.5) = (answer = 'yes') AS INTEGER))`;
    const expected = await queryRows(
      `SELECT coalesce(ward, '(missing)'), count(*), ${right('new')}, ${right('old')}
       FROM (${VISITS}) WHERE answer IS NOT NULL GROUP BY ALL ORDER BY 1`,
    );
    const wards = made.result.segments.filter(({ segmentation }) => segmentation === 'ward');
    const found = wards.map(({ segment, rows, unlabelled, metrics: { accuracy } }) => [
      segment,
      rows - unlabelled,
      valueOf(accuracy?.candidate),
      valueOf(accuracy?.baseline),
    ]);
    expect(found).toEqual(expected.map(([ward, rows, a, b]) => [ward, Number(rows), a, b]));
  });

  it('fail the ward that broke, and no other', () => {
    const failed = made.result.checks.filter(({ outcome }) => outcome === 'fail');
    expect(failed.map(({ segment }) => segment)).toContain('b');
    expect(failed.map(({ segment }) => segment)).not.toContain('a');
    expect(made.outcome.verdict).toBe('FAIL');
    expect(made.result.manifest.models).toEqual({
      candidate: { kind: 'column', column: 'new' },
      baseline: { kind: 'column', column: 'old' },
    });
  });
});

describe('scores in single precision', () => {
  it.each(['FLOAT', 'DOUBLE', 'DECIMAL(3, 2)'])('meet a decimal threshold as DuckDB says, as %s', async (type) => {
    const pipeline = `
data: { source: SOURCE, label: late }
model: { task: binary, candidate: { column: score }, threshold: 0.7 }
metrics: [selection_rate]
checks: [{ metric: selection_rate, max: 0.5 }]
`;
    const query = `SELECT i % 2 AS late, CAST(i % 10 / 10.0 AS ${type}) AS score FROM range(200) rows(i)`;
    const [[expected] = []] = await queryRows(`SELECT avg(CAST(score >= 0.7 AS INTEGER)) FROM (${query})`);
    const { result } = await columnRun(await newFolder(), pipeline, query);
    expect(expected).toBe(0.3);
    expect(valueOf(result.segments[0]!.metrics.selection_rate?.candidate)).toBe(expected);
  });
});

describe('classes that are columns of the data', () => {
  it('may be none that a label has: such predictions are wrong, and not undefined', async () => {
    const pipeline = `
data: { source: SOURCE, label: kind }
model: { task: multiclass, candidate: { column: new } }
metrics: [accuracy, macro_precision]
checks: [{ metric: accuracy, min: 0.5 }]
`;
    const query = `SELECT ['ant', 'bee'][1 + i % 2] AS kind, CASE WHEN i % 10 = 0 THEN 'cat' ELSE kind END AS new FROM range(200) rows(i)`;
    const { result, outcome } = await columnRun(await newFolder(), pipeline, query);
    const { accuracy, macro_precision } = result.segments[0]!.metrics;
    expect(valueOf(accuracy?.candidate)).toBe(0.9);
    // Of three classes: nothing that is predicted to be a cat is one.
    expect(valueOf(macro_precision?.candidate)).toBeCloseTo(2 / 3, 14);
    expect(outcome.verdict).toBe('PASS');
  });
});

describe('every row is accounted for', () => {
  it('the rows of a partition add up, those without a label too', async () => {
    const [[total, unlabelled] = []] = await queryRows(`SELECT count(*), count(*) - count(answer) FROM (${VISITS})`);
    const { segments } = made.result;
    for (const segmentation of ['overall', 'ward']) {
      const own = segments.filter((segment) => segment.segmentation === segmentation);
      const sum = (of: (segment: (typeof own)[number]) => number): number =>
        own.reduce((all, segment) => all + of(segment), 0);
      expect(sum(({ rows }) => rows)).toBe(Number(total));
      expect(sum((segment) => segment.unlabelled)).toBe(Number(unlabelled));
      expect(sum(({ share }) => share)).toBeCloseTo(1, 12);
    }
  });

  it('a metric counts the labelled rows, and no others', () => {
    for (const { rows, unlabelled, metrics } of made.result.segments) {
      expect(unlabelled).toBeGreaterThan(0);
      expect(metrics.accuracy?.candidate).toMatchObject({ n: rows - unlabelled });
      expect(metrics.auc?.difference).toMatchObject({ n: rows - unlabelled });
    }
  });
});

describe('a segment against the rest', () => {
  it('is measured on all rows that are not in it', async () => {
    const folder = await newFolder();
    const checks = `checks:
  - { metric: selection_rate, versus: rest, minRatio: 0.8 }
  - { metric: accuracy, versus: rest, maxGap: 0.05, segments: [ward] }
  - { metric: accuracy, min: 0.1 }
`;
    const { result } = await columnRun(folder, PIPELINE.replace(/checks:[^]*/, checks));
    const rows = await queryRows(
      `SELECT ${['a', 'b'].map((ward) => `avg(CAST((new >= 0.5) = (answer = 'yes') AS INTEGER)) FILTER (ward IS DISTINCT FROM '${ward}')`).join()}
       FROM (${VISITS}) WHERE answer IS NOT NULL`,
    );
    const wards = result.segments.filter(({ segmentation }) => segmentation === 'ward').slice(1);
    expect(wards.map(({ metrics }) => valueOf(metrics.accuracy?.rest))).toEqual(rows[0]);
    // Only what a check asks for, and nothing beside all rows.
    expect(result.segments[0]!.metrics.accuracy).not.toHaveProperty('rest');
    expect(wards[0]!.metrics.auc).not.toHaveProperty('rest');
    const failed = result.checks.filter(({ outcome }) => outcome === 'fail');
    expect(failed.map(({ check, segment }) => `${check}: ${segment}`)).toEqual([
      'accuracy maxDrop 0.05 versus the rest in ward: b',
      'accuracy maxIncrease 0.05 versus the rest in ward: a',
    ]);
  });
});

function valueOf(estimate: object | undefined): number | null {
  return estimate !== undefined && 'value' in estimate ? (estimate.value as number) : null;
}
