/** Segments of a table, and each row's place in them. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readColumnFile } from '../../../adapters/column-file.js';
import { assignClusters } from '../../../adapters/segments/assign-clusters.js';
import { assignSegments, clusterSegments } from '../../../adapters/segments/assign-segments.js';
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
    label: null,
    segmentations: [segmentation],
    seed,
    threads,
    output,
  });
  const [table] = tables.slice(1);
  const [fitted] = clusters;
  if (fitted === undefined) return { table: table!, codes: codesIn(output), clusters: undefined };
  const { model, offset } = fitted;
  const middle = Math.floor(rows / 3);
  const [first, second] = await Promise.all(
    [
      { from: 0, to: middle },
      { from: middle, to: rows },
    ].map((share) => assignClusters({ snapshot: path, model, ...share, codes: output, offset })),
  );
  const sizes = first!.map((size, index) => size + second![index]!);
  return {
    table: { ...table!, segments: clusterSegments(model, sizes) },
    codes: codesIn(output),
    clusters: model,
  };
}

const codesIn = (path: string): readonly number[] => Array.from(readColumnFile(path)['s0']!);
