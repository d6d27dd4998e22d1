/** How the coordinates of clusters come out of a table: numbers, with NaN for everything that has no place on a scale. */
import type { ClusterModel } from '../../domain/slices/clusters.js';
import type { Database } from '../duckdb/database.js';
import { type SqlFragment, identifier, raw } from '../duckdb/sql-file.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { clusterFeature } from './fit-clusters.js';

/** A coordinate: `own` is its expression, or null where the `shared`-th of the columns that are read anyway is the same numbers. */
export interface ClusterColumn {
  readonly own: SqlFragment | null;
  readonly shared: number;
}

/** @param read columns that the query has already, as they are fed to models */
export async function clusterColumns(
  database: Database,
  table: SqlFragment,
  { features }: ClusterModel,
  read: readonly FeatureColumn[] = [],
): Promise<readonly ClusterColumn[]> {
  const described = await database.describe(`SELECT * FROM ${table.sql}`);
  const types = new Map(described.map(({ name, type }) => [name, type]));
  return features.map((feature) => {
    const type = types.get(feature);
    const element = type === 'FLOAT' ? 'float32' : type === 'DOUBLE' ? 'float64' : null;
    const shared = read.findIndex((column) => column.column === feature && column.element === element);
    if (element !== null && shared >= 0) return { own: null, shared };
    // Numbers as they are stored, which nothing has to be done to; a FLOAT is the same number as a DOUBLE.
    const asItIs = `coalesce(${identifier(feature).sql}, 'nan'::${type})`;
    return { own: raw(element === null ? clusterFeature(feature) : asItIs), shared };
  });
}
