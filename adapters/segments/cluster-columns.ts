/** How the coordinates of clusters come out of a table: numbers, with NaN for everything that has no place on a scale. */
import type { ClusterModel } from '../../domain/slices/clusters.js';
import { type SqlFragment, identifier, raw } from '../duckdb/sql-file.js';
import type { HandedFeature } from '../onnx/handed-feature.js';
import { clusterFeature } from './fit-clusters.js';

/** A coordinate: `own` is its expression, or null where the `shared`-th of the columns that are read anyway is the same numbers. */
export interface ClusterColumn {
  readonly own: SqlFragment | null;
  readonly shared: number;
}

const INTEGER = /^U?(TINY|SMALL|BIG)?INT(EGER)?$/;

/**
 * @param types of the table's columns
 * @param read columns that the query has already
 */
export function clusterColumns(
  types: ReadonlyMap<string, string>,
  { features }: ClusterModel,
  read: readonly HandedFeature[] = [],
): readonly ClusterColumn[] {
  return features.map((feature) => {
    const type = types.get(feature);
    const isFloat = type === 'FLOAT' || type === 'DOUBLE';
    const shared = read.findIndex((handed) => handed.column === feature && handed.type === type);
    if (isFloat && shared >= 0) return { own: null, shared };
    const column = identifier(feature).sql;
    // Numbers as they are stored, which nothing has to be done to; a FLOAT is the same number as a DOUBLE.
    if (isFloat) return { own: raw(`coalesce(${column}, 'nan'::${type})`), shared };
    // None of them is infinite, which costs more to ask than to read them.
    if (type !== undefined && INTEGER.test(type))
      return { own: raw(`coalesce(CAST(${column} AS DOUBLE), 'nan'::DOUBLE)`), shared };
    return { own: raw(clusterFeature(feature)), shared };
  });
}
