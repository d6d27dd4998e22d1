/** Segments of a table, and each row's place in them. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readColumnFile } from '../../../adapters/column-file.js';
import { assignSegments } from '../../../adapters/segments/assign-segments.js';
import type { Segmentation } from '../../../domain/pipeline.js';
import type { ClusterModel } from '../../../domain/slices/clusters.js';
import type { SegmentationTable } from '../../../domain/slices/segment-table.js';
import type { Snapshot } from '../../snapshot.js';

export interface Segmented {
  readonly table: SegmentationTable;
  /** Per row, the segment's index in the table, or -1. */
  readonly codes: readonly number[];
  readonly clusters: ClusterModel | undefined;
}

export async function segmented(
  folder: string,
  snapshot: Snapshot,
  segmentation: Segmentation,
  options: { readonly seed?: number; readonly threads?: number } = {},
): Promise<Segmented> {
  const output = join(folder, `${randomUUID()}.arrow`);
  const { seed = 0, threads = 2 } = options;
  const { path, rows } = snapshot;
  const { tables, clusters } = await assignSegments({
    snapshot: path,
    rows,
    segmentations: [segmentation],
    seed,
    threads,
    output,
  });
  return {
    table: tables[1]!,
    codes: Array.from(readColumnFile(output)['s0']!),
    clusters: clusters[segmentation.name],
  };
}
