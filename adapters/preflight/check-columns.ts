/** Does the pipeline name columns that the data have? Each problem comes with its path in the pipeline file. */
import { SegmentryError } from '../../domain/errors.js';
import { nearest } from '../../domain/nearest.js';
import type { CostAmount, Pipeline } from '../../domain/pipeline.js';
import { type Database, DATA_VIEW, ROW_COLUMN, USER_SQL_LIMIT_MS, explain } from '../duckdb/database.js';
import type { DescribedData } from '../duckdb/source.js';
import { type SqlFragment, condition, identifier, literal } from '../duckdb/sql-file.js';
import { requireCondition, requireQuery } from '../duckdb/user-sql.js';
import type { Path } from '../pipeline-file/problems.js';
import { pipelineRules } from '../validation/rules.js';
import type { PipelineProblem } from './pipeline-problem.js';

export interface ColumnInfo {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

/** `the data have no column "carier". Did you mean "carrier"? Columns: ...` */
export function unknownColumn(column: string, columns: readonly ColumnInfo[]): string {
  const names = columns.map(({ name }) => name);
  const near = nearest(column, names);
  const meant = near === null ? '' : ` Did you mean "${near}"?`;
  return `the data have no column "${column}".${meant} Columns: ${listNames(names)}`;
}

/** Columns that a message names before "and N more". */
const LISTED_COLUMNS = 40;

/** Names on one line, however many there are. */
export function listNames(names: readonly string[]): string {
  const more = names.length - LISTED_COLUMNS;
  return names.slice(0, LISTED_COLUMNS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Every column that the pipeline names outside SQL, with where it is named. */
function namedColumns(pipeline: Pipeline): readonly { readonly column: string; readonly path: Path }[] {
  const { data, model } = pipeline;
  const named: { column: string; path: Path }[] = [{ column: data.label, path: ['data', 'label'] }];
  if (data.id !== null) named.push({ column: data.id, path: ['data', 'id'] });
  if (data.time !== null) named.push({ column: data.time, path: ['data', 'time'] });
  for (const key of ['weight', 'clusterBy', 'group'] as const) {
    const column = data[key];
    if (column !== undefined) named.push({ column, path: ['data', key] });
  }
  for (const role of ['candidate', 'baseline'] as const) {
    const source = model[role];
    if (source?.kind === 'column') named.push({ column: source.column, path: ['model', role, 'column'] });
  }
  model.features?.forEach((column, index) => named.push({ column, path: ['model', 'features', index] }));
  pipeline.validate.forEach((rule, index) => {
    if (rule.kind === 'column') named.push({ column: rule.column, path: ['validate', index, 'column'] });
  });
  pipeline.segments.by.forEach((segmentation, index) => {
    if (segmentation.kind === 'columns') {
      segmentation.columns.forEach((column, at) =>
        named.push({ column, path: ['segments', 'by', index, 'columns', at] }),
      );
    }
    if (segmentation.kind === 'clusters') {
      segmentation.features.forEach((column, at) =>
        named.push({ column, path: ['segments', 'by', index, 'clusters', 'features', at] }),
      );
    }
  });
  return named;
}

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;
const TEMPORAL = /^(DATE|TIMESTAMP.*)$/;

export const isNumeric = (type: string): boolean => NUMERIC.test(type);

export async function checkColumns(
  database: Database,
  pipeline: Pipeline,
  { columns, table }: DescribedData,
): Promise<readonly PipelineProblem[]> {
  const problems: PipelineProblem[] = [];
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const report = (path: Path, message: string): void => void problems.push({ path, message });

  if (types.has(ROW_COLUMN)) {
    report(
      ['data', 'source'],
      `the data have a column "${ROW_COLUMN}", a name that Segmentry needs for itself: rename it`,
    );
  }
  const repeated = columns.find(({ name }, index) =>
    columns.slice(0, index).some((other) => other.name.toLowerCase() === name.toLowerCase()),
  );
  if (repeated !== undefined) {
    report(
      ['data', 'source'],
      `the data have two columns "${repeated.name}" (SQL does not tell upper from lower case): rename one`,
    );
  }
  for (const { column, path } of namedColumns(pipeline)) {
    if (!types.has(column)) report(path, unknownColumn(column, columns));
  }
  const { time } = pipeline.data;
  const timeType = time === null ? undefined : types.get(time);
  if (timeType !== undefined && !TEMPORAL.test(timeType)) {
    report(['data', 'time'], `column "${String(time)}" is ${timeType}; a DATE or TIMESTAMP is wanted`);
  }
  const { label, weight } = pipeline.data;
  const { task } = pipeline.model;
  const labelType = types.get(label);
  // Relevant or not is a relevance too.
  const isValue = (type: string): boolean => isNumeric(type) || (task === 'ranking' && type === 'BOOLEAN');
  if (labelType !== undefined && (task === 'regression' || task === 'ranking') && !isValue(labelType)) {
    report(['data', 'label'], `column "${label}" is ${labelType}; ${task} wants a number`);
  }
  const weightType = weight === undefined ? undefined : types.get(weight);
  if (weightType !== undefined && !isNumeric(weightType)) {
    report(['data', 'weight'], `column "${String(weight)}" is ${weightType}; a weight is a number`);
  }
  pipeline.segments.by.forEach((segmentation, index) => {
    if (segmentation.kind !== 'clusters') return;
    segmentation.features.forEach((column, at) => {
      const type = types.get(column);
      if (type !== undefined && !isNumeric(type) && type !== 'BOOLEAN') {
        report(
          ['segments', 'by', index, 'clusters', 'features', at],
          `column "${column}" is ${type}; clusters are made of numbers`,
        );
      }
    });
  });
  await checkSql(database, pipeline, table, columns, report);
  return problems;
}

/** Binds the pipeline's SQL to the data's columns, without running it. */
async function checkSql(
  database: Database,
  pipeline: Pipeline,
  table: SqlFragment,
  columns: readonly ColumnInfo[],
  report: (path: Path, message: string) => void,
): Promise<void> {
  await database.run(`CREATE OR REPLACE TEMP VIEW ${identifier(DATA_VIEW).sql} AS SELECT * FROM ${table.sql}`);
  const known = columns.map(({ name }) => name);
  const attempt = async (path: Path, work: () => Promise<unknown>): Promise<void> => {
    try {
      await database.guarded(work, USER_SQL_LIMIT_MS);
    } catch (error) {
      report(path, error instanceof SegmentryError ? explain(error) : unbound(error, columns));
    }
  };
  const tryQuery = (path: Path, query: string): Promise<void> =>
    attempt(path, async () => {
      await requireQuery(database, query, known, 'not valid here');
      await database.describe(query);
    });
  const tryCondition = (path: Path, where: string, rows: 'one' | 'all' = 'all'): Promise<void> =>
    attempt(path, async () => {
      await requireCondition(database, where, known, 'not valid here', rows);
      await database.describe(`SELECT 1 FROM ${DATA_VIEW} WHERE ${condition(where).sql}`);
    });
  if (pipeline.data.where !== null) await tryCondition(['data', 'where'], pipeline.data.where, 'one');
  if (pipeline.data.reference !== null)
    await tryCondition(['data', 'reference', 'where'], pipeline.data.reference.where);
  for (const { amount, path } of costsOf(pipeline)) {
    if (typeof amount === 'number') continue;
    await attempt(path, async () => {
      await requireCondition(database, amount, known, 'not valid here', 'one');
      // In a WHERE, which refuses what is not about one row: aggregates and windows.
      await database.describe(`SELECT 1 FROM ${DATA_VIEW} WHERE ${condition(amount).sql} IS NULL`);
      const [found] = await database.describe(`SELECT ${condition(amount).sql} FROM ${DATA_VIEW}`);
      if (found !== undefined && !isNumeric(found.type)) report(path, `${amount} is ${found.type}; a cost is a number`);
    });
  }
  for (const [index, segmentation] of pipeline.segments.by.entries()) {
    if (segmentation.kind === 'where') await tryCondition(['segments', 'by', index, 'where'], segmentation.where);
  }
  for (const [index, rule] of pipeline.validate.entries()) {
    // A column that is not there has been reported.
    if (rule.kind === 'column' && !known.includes(rule.column)) continue;
    // Rules on columns too: a range of numbers for a column of text, for one.
    for (const { badRows } of pipelineRules({ ...pipeline, validate: [rule] }))
      await tryQuery(['validate', index, rule.kind], badRows);
    if (rule.kind !== 'column') continue;
    const type = columns.find(({ name }) => name === rule.column)?.type ?? '';
    for (const [at, value] of (rule.oneOf ?? []).entries()) {
      if (await isComparable(database, value, type)) continue;
      const advice = isText(type) ? `write ${JSON.stringify(String(value))}` : `write a value as the column has them`;
      report(
        ['validate', index, 'oneOf', at],
        `oneOf: ${JSON.stringify(value)} cannot be compared with column "${rule.column}", which is ${type}; ${advice}`,
      );
    }
  }
}

/** What DuckDB has against the SQL; a column of the data that is misspelt is told as it is everywhere else in the file. */
function unbound(error: unknown, columns: readonly ColumnInfo[]): string {
  const text = explain(error).replace(/^Binder Error: /, '');
  const [, column, near] =
    /^Referenced column "(.+)" not found in FROM clause!\s*Candidate bindings: (.*)/s.exec(text) ?? [];
  // Those of a query inside the query are others than the data's.
  const isOfData = [...(near ?? '').matchAll(/"([^"]+)"/g)].every(([, name]) =>
    columns.some((one) => one.name === name),
  );
  return column === undefined || !isOfData ? `not valid here: ${text}` : unknownColumn(column, columns);
}

const isText = (type: string): boolean => /^(VARCHAR|ENUM.*)$/.test(type);

/**
 * Whether a value of a file can be looked for in a column: DuckDB takes any constant when it binds a query, and stumbles only over
 * the rows. A number beside texts makes it read all of them as numbers.
 */
async function isComparable(database: Database, value: string | number | boolean, type: string): Promise<boolean> {
  if (isText(type)) return typeof value === 'string';
  try {
    await database.rows(`SELECT CAST(NULL AS ${type}) IN (${literal(value).sql})`);
    return true;
  } catch (error) {
    if (error instanceof SegmentryError) throw error;
    return false;
  }
}

function costsOf({ cost }: Pipeline): readonly { readonly amount: CostAmount; readonly path: Path }[] {
  if (cost === undefined) return [];
  if (cost.kind === 'row') return [{ amount: cost.amount, path: ['cost'] }];
  return [
    { amount: cost.falsePositive, path: ['cost', 'false_positive'] },
    { amount: cost.falseNegative, path: ['cost', 'false_negative'] },
  ];
}
