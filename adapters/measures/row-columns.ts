/** What the pipeline says about each row beside its label and predictions, as numbers read from the snapshot. */
import type { Cost } from '../../domain/pipeline.js';
import { readColumn } from '../duckdb/columns.js';
import { type Database, ROW_COLUMN, USER_SQL_LIMIT_MS, explainValue } from '../duckdb/database.js';
import { type SqlFragment, identifier, raw, statement } from '../duckdb/sql-file.js';
import { costOfMistake, describeCost } from './costs.js';
import type { LabelSource } from './labels.js';
import { type Members, picked } from './members.js';

/** Where each comes from; absent: the pipeline does not say it. */
export interface RowSources {
  /** Columns. */
  readonly weight?: string;
  readonly clusterBy?: string;
  readonly group?: string;
  readonly cost?: Cost;
}

export interface RowColumns {
  readonly weights: Float64Array | null;
  readonly costs: Float64Array | null;
  /** Rows of one value have one number. */
  readonly clusters: Int32Array | null;
  readonly groups: Int32Array | null;
}

/** Of a pipeline that says nothing but labels. */
export const NO_ROW_COLUMNS: RowColumns = { weights: null, costs: null, clusters: null, groups: null };

/** In the snapshot's order. NULL among weights and costs is NaN, which no metric takes. */
export async function readRowColumns(
  database: Database,
  { weight, clusterBy, group, cost }: RowSources,
  label: LabelSource,
  rows: number,
): Promise<RowColumns> {
  const numbers = async (value: SqlFragment, what: string): Promise<Float64Array> => {
    try {
      const known = raw(`coalesce(${value.sql}, 'nan'::DOUBLE)`);
      const query = statement('measure/column', { value: known });
      // A cost is the pipeline's own SQL.
      return await database.guarded(
        () => readColumn(database.connection, query, new Float64Array(rows)),
        USER_SQL_LIMIT_MS,
      );
    } catch (error) {
      throw explainValue(error, what);
    }
  };
  const codes = (column: string): Promise<Int32Array> =>
    readColumn(database.connection, statement('measure/column', { value: codeOf(column) }), new Int32Array(rows));
  return {
    weights:
      weight === undefined
        ? null
        : await numbers(raw(`CAST(${identifier(weight).sql} AS DOUBLE)`), `data.weight: ${weight}`),
    costs:
      cost === undefined
        ? null
        : await numbers(costOfMistake(cost, label.column, label.coding.positive), describeCost(cost)),
    clusters: clusterBy === undefined ? null : await codes(clusterBy),
    groups: group === undefined ? null : await codes(group),
  };
}

/**
 * One number per distinct value of a column of any type. Every NULL is a value of its own: that two rows name no user does not
 * make them rows of one, and thousands of such rows as one cluster would drown all others.
 */
function codeOf(column: string): SqlFragment {
  const name = identifier(column).sql;
  const alone = `CASE WHEN ${name} IS NULL THEN ${identifier(ROW_COLUMN).sql} END`;
  return raw(`CAST(dense_rank() OVER (ORDER BY ${name}, ${alone}) - 1 AS INTEGER)`);
}

/** Of some rows only, in their order. */
export function pickRows({ weights, costs, clusters, groups }: RowColumns, rows: Members): RowColumns {
  return {
    weights: weights && picked(weights, rows),
    costs: costs && picked(costs, rows),
    clusters: clusters && picked(clusters, rows),
    groups: groups && picked(groups, rows),
  };
}
