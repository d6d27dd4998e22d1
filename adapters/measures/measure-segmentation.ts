/** Measures every segment of one segmentation, from counts where those are enough, else from its rows. */
import { canTally, measureTally } from '../../domain/metrics/tally.js';
import type { MetricName } from '../../domain/pipeline.js';
import type { SegmentResult } from '../../domain/result.js';
import type { SegmentationTable } from '../../domain/slices/segment-table.js';
import { ColumnReader } from '../column-file.js';
import { Database } from '../duckdb/database.js';
import { UNPREDICTED } from '../onnx/prediction-parts.js';
import { withCodes } from './codes.js';
import { type LabelSource, keptLabels, readLabels } from './labels.js';
import { NO_ROW_COLUMNS, type RowSources, readRowColumns } from './row-columns.js';
import { type LabelledColumns, measureSegmentRows } from './segment-rows.js';
import { tallySegments } from './segment-tallies.js';

export interface MeasureJob {
  readonly snapshot: string;
  readonly rows: number;
  readonly label: LabelSource;
  /** Weights, costs, clusters and groups; absent: the pipeline says none of them. */
  readonly sources?: RowSources;
  /** Column file with the segment codes, and the labels. */
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
  const columns = await readColumns(job);
  const { labels } = columns;
  const tallied = labels instanceof Int8Array ? measureTallies(job, labels) : null;
  return tallied ?? measureSegmentRows(job, columns);
}

async function readColumns({ label, rows, sources = {}, ...job }: MeasureJob): Promise<LabelledColumns> {
  const kept = keptLabels(job.codes);
  if (kept !== null && kept.length !== rows)
    throw new Error(`${job.codes} has labels of ${kept.length} rows, ${rows} were expected`);
  if (kept !== null && Object.keys(sources).length === 0) return { labels: kept, ...NO_ROW_COLUMNS };
  return Database.with(Database.openSnapshot(job.snapshot, { threads: 1 }), async (database) => ({
    labels: kept ?? (await readLabels(database, label.column, label.coding, rows)),
    ...(await readRowColumns(database, sources, label, rows)),
  }));
}

/** The same as from the rows, without holding them; null where that cannot be. */
function measureTallies(job: MeasureJob, labels: Int8Array): readonly SegmentResult[] | null {
  const { baseline, sources = {}, rest = [], metrics, rows, table, threshold } = job;
  if (baseline !== null || Object.keys(sources).length > 0 || rest.length > 0 || !canTally(metrics)) return null;
  return ColumnReader.with(job.candidate, (predictions) => {
    const isWhole = !predictions.columns.has(UNPREDICTED);
    const isDouble = predictions.columns.has('score') && predictions.allocate('score', 0) instanceof Float64Array;
    if (!isWhole || isDouble) return null;
    return withCodes(job, (codes) => {
      const results: SegmentResult[] = [];
      const columns = { rows, labels, predictions, codes, segments: table.segments.length, threshold };
      const done = tallySegments(columns, ({ rows: members, unlabelled, counts, problem, order }, index) => {
        const segment = table.segments[index]!;
        const tally = {
          n: members - unlabelled,
          confidence: job.confidence,
          exactShares: job.proportions === 'exact',
          counts,
          sameScores: false,
          candidate: { problem },
          baseline: null,
          order,
        };
        // In the order of canonical JSON, for which thousands of them need not be copied then.
        results.push({
          metrics: measureTally(tally, metrics),
          rows: members,
          rule: segment.rule,
          segment: segment.name,
          segmentation: table.segmentation,
          share: members / rows,
          unlabelled,
        });
      });
      return done ? results : null;
    });
  });
}
