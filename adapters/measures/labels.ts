/** Labels and ready-made predictions as numbers, read from the snapshot. */
import type { Task } from '../../domain/pipeline.js';
import { readColumn } from '../duckdb/columns.js';
import { Database } from '../duckdb/database.js';
import { type SqlFragment, identifier, list, literal, raw, statement } from '../duckdb/sql-file.js';
import { ColumnReader, type NumericColumn, writeColumnAt, writeColumnFile } from '../column-file.js';
import type { NumericType } from '../column-frame.js';

/** How a column of class labels becomes numbers. */
export interface LabelCoding {
  readonly task: Task;
  /** Binary: the value that is positive; null: 1 or true. */
  readonly positive: string | number | boolean | null;
  /** Multiclass: the classes as text; a label's number is its place here. */
  readonly classes: readonly string[];
}

export interface LabelSource {
  readonly column: string;
  readonly coding: LabelCoding;
}

/** Whether a column of this DuckDB type holds a binary model's scores; of any other type it holds labels. */
export const isScore = (type: string): boolean => /^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type);

/** The type whose scores are kept and compared in single precision; all others become doubles. */
const SINGLE = 'FLOAT';

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

/** As small as their numbers are: Int8 of a binary task, Int32 of a multiclass one, else Float64. */
export type LabelColumn = Int8Array | Int32Array | Float64Array;

/** Binary: 0 or 1, as TINYINT; multiclass: the class's place, as INTEGER; both -1 for NULL. Regression and ranking: the value as DOUBLE, NaN for NULL. */
export function codedLabel(column: string, coding: LabelCoding): SqlFragment {
  const name = identifier(column).sql;
  switch (coding.task) {
    case 'binary': {
      const positive = isPositive(column, coding.positive).sql;
      return raw(`CAST(CASE WHEN ${name} IS NULL THEN ${UNLABELLED} WHEN ${positive} THEN 1 ELSE 0 END AS TINYINT)`);
    }
    case 'multiclass': {
      const place = `list_position([${list(coding.classes.map(literal)).sql}], CAST(${name} AS VARCHAR))`;
      return raw(`CAST(CASE WHEN ${name} IS NULL THEN ${UNLABELLED} ELSE coalesce(${place}, 0) - 1 END AS INTEGER)`);
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
): Promise<LabelColumn> {
  const query = statement('measure/column', { value: codedLabel(column, coding) });
  return readColumn<LabelColumn>(database.connection, query, newLabels(coding.task, rows));
}

/** Room for the labels of so many rows. */
export function newLabels(task: Task, rows: number): LabelColumn {
  const Kind = labelType(task);
  return new Kind(rows) as LabelColumn;
}

/** Of {@link LabelColumn}. */
export function labelType(task: Task): NumericType {
  if (task === 'binary') return Int8Array;
  return task === 'multiclass' ? Int32Array : Float64Array;
}

/** The labels in a file of codes: every segmentation is measured with them, and reading them from the snapshot is a third of measuring. */
export const LABEL_COLUMN = 'label';

/** Of every row, as {@link readLabels} gives them; null: the file was made by a version that did not keep them. */
export function keptLabels(codes: string): LabelColumn | null {
  return ColumnReader.with(codes, (file) =>
    file.columns.has(LABEL_COLUMN) ? (file.read(LABEL_COLUMN) as LabelColumn) : null,
  );
}

/** @param offset byte of the file of codes at which the label of row 0 belongs */
export async function keepLabels(
  snapshot: string,
  { column, coding }: LabelSource,
  rows: number,
  codes: string,
  offset: number,
): Promise<void> {
  // A database of its own: one connection does one thing at a time, and this goes on while clusters are fitted.
  await Database.with(Database.openSnapshot(snapshot, { threads: 1 }), async (database) =>
    writeColumnAt(codes, offset, await readLabels(database, column, coding, rows)),
  );
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
  const isSingle = !isValue && type === SINGLE;
  const float = isSingle ? 'FLOAT' : 'DOUBLE';
  const value = scores
    ? raw(`coalesce(CAST(${identifier(column).sql} AS ${float}), 'nan'::${float})`)
    : codedLabel(column, coding);
  const query = statement('measure/column', { value });
  const floats = () => (isSingle ? new Float32Array(rows) : new Float64Array(rows));
  const room = scores ? floats() : newLabels(coding.task, rows);
  const values = await readColumn<LabelColumn | Float32Array>(database.connection, query, room);
  const columns: Record<string, NumericColumn> = scores
    ? { [isValue ? 'value' : 'score']: values }
    : { class: Int32Array.from(values) };
  writeColumnFile(output, columns);
}
