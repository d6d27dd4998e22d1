import { describe, expect, it } from 'vitest';
import {
  EXPECTED_RESULT_BYTES,
  MOST_RESULT_BYTES,
  expectedResultBytes,
  requireMeasuresFit,
  requireResultFits,
} from '../../domain/result-size.js';
import type { SegmentationTable } from '../../domain/slices/segment-table.js';
import { pipelineOf } from '../pipeline-text.js';

/** V8's longest text (`buffer.constants.MAX_STRING_LENGTH` of Node.js 20). */
const LONGEST_TEXT = 2 ** 29 - 24;

const METRICS = ['accuracy', 'precision', 'recall', 'specificity', 'f1', 'mcc', 'auc', 'log_loss', 'brier', 'ece'];

function pipeline(metrics: number, checks: readonly string[]) {
  return pipelineOf({
    model: '{ task: binary, name: iris, candidate: "2", baseline: "1" }',
    metrics: `[${METRICS.slice(0, metrics).join(', ')}]`,
    checks: `[${checks.join(', ')}]`,
  });
}

const CHECKS = [
  '{ metric: accuracy, min: 0.5 }',
  '{ metric: recall, versus: baseline, maxDrop: 0.02 }',
  '{ metric: precision, versus: baseline, maxDrop: 0.02 }',
];

const table = (segmentation: string, count: number, name = 'shop'): SegmentationTable => ({
  segmentation,
  kind: 'columns',
  codes: 's0',
  segments: Array.from({ length: count }, (_, index) => ({
    name: `${name} ${index}`,
    rule: `shop = '${index}'`,
    rows: 9,
  })),
});

describe('the segments of a run', () => {
  it('may be 50,000 with ten metrics, a baseline and three checks, or twice as many with four metrics and two checks', () => {
    requireResultFits(pipeline(10, CHECKS), [table('shop', 50_000)]);
    requireResultFits(pipeline(4, CHECKS.slice(0, 2)), [table('a', 50_000), table('b', 50_000)]);
  });

  it('are refused where no result could hold them, with their number by segmentation and what to do', () => {
    const tables = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => table(name, 10_000 + 1_000 * index));
    expect(() => requireResultFits(pipeline(10, CHECKS), tables)).toThrow(
      /^75000 segments \("f" 15000, "e" 14000, "d" 13000, "c" 12000, "b" 11000, 1 more\) with 10 metrics and 3 checks come to a result of about \d+ MB; at most 450 MB .* Segment by coarser columns.* cut the pipeline into several$/,
    );
    expect(() => requireResultFits(pipeline(10, CHECKS), tables)).toThrow(expect.objectContaining({ kind: 'data' }));
  });

  it('count with the length of their names, of which a result is full', () => {
    const long = '\u5e97'.repeat(500);
    expect(() => requireResultFits(pipeline(10, CHECKS), [table('shop', 40_000, long)])).toThrow(/about \d+ MB/);
    expect(expectedResultBytes(pipeline(1, CHECKS.slice(0, 1)), [table('shop', 1, long)])).toBeGreaterThan(1_500);
  });

  it('are refused by what was measured too, should the estimate be too low', () => {
    requireMeasuresFit(50_000, EXPECTED_RESULT_BYTES);
    expect(MOST_RESULT_BYTES).toBeLessThan(LONGEST_TEXT);
    expect(() => requireMeasuresFit(50_000, MOST_RESULT_BYTES + 1)).toThrow(
      /the measures of 50000 segments .* take 521 MB/,
    );
  });
});
