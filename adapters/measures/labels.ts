/** Labels and ready-made predictions as numbers, read from the snapshot. */
import type { Task } from '../../domain/pipeline.js';
import { readColumn } from '../duckdb/columns.js';
import type { Database } from '../duckdb/database.js';
import { type SqlFragment, identifier, list, literal, raw, statement } from '../duckdb/sql-file.js';
import { type NumericColumn, writeColumnFile } from '../column-file.js';

/** How a column of class labels becomes numbers. */
export interface LabelCoding {
  readonly task: Task;
  /** Binary: the value that is positive; null: 1 or true. */
  readonly positive: string | number | boolean | null;
  /** Multiclass: the classes as text; a label's number is its place here. */
  readonly classes: readonly string[];
}

/** Whether a column of this DuckDB type holds a binary model's scores; of any other type it holds labels. */
export const isScore = (type: string): boolean => /^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type);

/** Stands for NULL among coded labels. */
export const UNLABELLED = -1;

/** The condition that a label is the positive one, for a column of any type: other labels are not, whatever they are. */
export function isPositive(column: string, positive: LabelCoding['positive']): SqlFragment {
  const name = identifier(column).sql;
  switch (typeof positive) {
    case 'string': {
      const text = literal(positive).sql;
      // A reader of CSV makes booleans of yes and no; whoever writes the file sees the words.
      return raw(
        `CASE WHEN typeof(${name}) = 'BOOLEAN' THEN TRY_CAST(${name} AS BOOLEAN) = TRY_CAST(${text} AS BOOLEAN) ` +
          `ELSE CAST(${name} AS VARCHAR) = ${text} END`,
      );
    }
    case 'boolean':
      return raw(`TRY_CAST(${name} AS BOOLEAN) = ${literal(positive).sql}`);
    default:
      return raw(`TRY_CAST(${name} AS DOUBLE) = ${literal(positive ?? 1).sql}`);
  }
}

/** Binary: 0 or 1; multiclass: the class's place; both -1 for NULL. Regression and ranking: the value, NaN for NULL. */
export function codedLabel(column: string, coding: LabelCoding): SqlFragment {
  const name = identifier(column).sql;
  switch (coding.task) {
    case 'binary': {
      const positive = isPositive(column, coding.positive).sql;
      return raw(`CAST(CASE WHEN ${name} IS NULL THEN ${UNLABELLED} WHEN ${positive} THEN 1 ELSE 0 END AS DOUBLE)`);
    }
    case 'multiclass': {
      const place = `list_position([${list(coding.classes.map(literal)).sql}], CAST(${name} AS VARCHAR))`;
      return raw(`CAST(CASE WHEN ${name} IS NULL THEN ${UNLABELLED} ELSE coalesce(${place}, 0) - 1 END AS DOUBLE)`);
    }
    case 'regression':
    case 'ranking':
      return raw(`coalesce(CAST(${name} AS DOUBLE), 'nan'::DOUBLE)`);
  }
}

/** The labels of every row in the snapshot's order, coded. */
export async function readLabels(
  database: Database,
  column: string,
  coding: LabelCoding,
  rows: number,
): Promise<Float64Array> {
  const query = statement('measure/column', { value: codedLabel(column, coding) });
  return readColumn(database.connection, query, new Float64Array(rows));
}

/**
 * Predictions that are a column of the data: binary floats are scores; integers, booleans and text are labels.
 *
 * @param type the column's DuckDB type
 */
export async function writeColumnPredictions(
  database: Database,
  column: string,
  type: string,
  coding: LabelCoding,
  rows: number,
  output: string,
): Promise<void> {
  const isValue = coding.task === 'regression' || coding.task === 'ranking';
  const scores = isValue || (coding.task === 'binary' && isScore(type));
  const value = scores
    ? raw(`coalesce(CAST(${identifier(column).sql} AS DOUBLE), 'nan'::DOUBLE)`)
    : codedLabel(column, coding);
  const query = statement('measure/column', { value });
  const values = await readColumn(database.connection, query, new Float64Array(rows));
  const columns: Record<string, NumericColumn> = isValue
    ? { value: values }
    : scores
      ? { score: values }
      : { class: Int32Array.from(values) };
  writeColumnFile(output, columns);
}
