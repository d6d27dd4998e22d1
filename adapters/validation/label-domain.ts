/** Are the labels, and the predictions that are labels, those of the task? */
import type { Pipeline } from '../../domain/pipeline.js';
import type { Database } from '../duckdb/database.js';
import { type SqlFragment, identifier, list, literal, raw, statement } from '../duckdb/sql-file.js';
import { isPositive, isScore } from '../measures/labels.js';
import { type Finding, count, failure } from './finding.js';

interface LabelledData {
  readonly pipeline: Pipeline;
  /** DuckDB's, by column. */
  readonly types: ReadonlyMap<string, string>;
  /** Multiclass: the labels that the models know. */
  readonly classes: readonly string[];
}

/** Is there anything to measure, and are the labels those of the task? */
export async function labelDomain(database: Database, job: LabelledData): Promise<readonly Finding[]> {
  const { label } = job.pipeline.data;
  const { task, positive } = job.pipeline.model;
  const name = identifier(label);
  const known = await database.count(`SELECT count(${name.sql}) FROM data`);
  if (known === 0)
    return [failure(`label ${label} is known`, `every ${label} is NULL: there is nothing to compare predictions with`)];
  if (task === 'binary' && positive !== null) {
    const rule = `label ${label} has two values`;
    const found = await database.count(`SELECT count(*) FROM data WHERE ${isPositive(label, positive).sql}`);
    const distinct = await database.count(`SELECT count(DISTINCT ${name.sql}) FROM data`);
    const labels = async (): Promise<string> => listed(await listLabels(database, name, raw('true')));
    if (distinct > 2) return [failure(rule, `${label} has ${distinct} values, a binary task two: ${await labels()}`)];
    if (distinct === 2 && found === 0)
      return [failure(rule, `no ${label} is "${String(positive)}" (model.positive); there are ${await labels()}`)];
  }
  if (task === 'multiclass') {
    const classes = list(job.classes.map(literal));
    const unknown = await listLabels(database, name, raw(`CAST(${name.sql} AS VARCHAR) NOT IN (${classes.sql})`));
    if (unknown.length > 0) {
      return [
        failure(
          `label ${label} is one of the model's classes`,
          `${label} has labels that the model does not know: ${listed(unknown)}; it knows ${job.classes.join(', ')}`,
        ),
      ];
    }
  }
  return [];
}

/**
 * Are ready-made predictions that are labels written as the labels are? A binary label is positive or it is not: one of a third
 * spelling would count as negative, and nobody would see why.
 */
export async function predictionDomain(
  database: Database,
  { pipeline, types }: Omit<LabelledData, 'classes'>,
): Promise<readonly Finding[]> {
  const { task, positive, candidate, baseline } = pipeline.model;
  const { label } = pipeline.data;
  const all = raw('true');
  const found: Finding[] = [];
  for (const [role, model] of Object.entries({ candidate, baseline })) {
    if (model?.kind !== 'column') continue;
    const { column } = model;
    const name = identifier(column);
    if (task === 'binary' && positive !== null && sameKind(types.get(column), types.get(label))) {
      const labels = await listLabels(database, identifier(label), all);
      const predicted = await listLabels(database, name, all);
      if (new Set([...labels, ...predicted].map(({ value }) => value)).size <= 2) continue;
      found.push(foreign(role, column, predicted, label, labels));
    }
    if (task === 'multiclass') {
      const known = `CAST(${name.sql} AS VARCHAR) IN (SELECT CAST(${identifier(label).sql} AS VARCHAR) FROM data)`;
      if ((await listLabels(database, name, raw(known))).length > 0) continue;
      const predicted = await listLabels(database, name, all);
      found.push(foreign(role, column, predicted, label, await listLabels(database, identifier(label), all)));
    }
  }
  return found;
}

const TEXT = /^(VARCHAR|ENUM.*)$/;

/** Whether values of the two columns that mean the same are written the same. */
function sameKind(a = '', b = ''): boolean {
  return !isScore(a) && ((TEXT.test(a) && TEXT.test(b)) || (a.includes('INT') && b.includes('INT')));
}

function foreign(
  role: string,
  column: string,
  predicted: readonly LabelCount[],
  label: string,
  labels: readonly LabelCount[],
): Finding {
  return failure(
    `${role} predictions in ${column} are labels`,
    `the predictions in ${column} are not written as the labels are: ${listed(predicted)}; ${label} has ${listed(labels)}`,
  );
}

interface LabelCount {
  readonly value: string;
  readonly rows: number;
}

async function listLabels(
  database: Database,
  label: SqlFragment,
  condition: SqlFragment,
): Promise<readonly LabelCount[]> {
  const rows = await database.rows(statement('validate/labels', { label, condition }));
  return rows.map(([value, size]) => ({ value: String(value), rows: Number(size) }));
}

/** Labels that a message names. */
const LISTED_LABELS = 10;

function listed(labels: readonly LabelCount[]): string {
  const named = labels
    .slice(0, LISTED_LABELS)
    .map(({ value, rows }) => `${value} (${count(rows)} ${rows === 1 ? 'row' : 'rows'})`);
  return named.join(', ') + (labels.length > LISTED_LABELS ? ' and more' : '');
}
