/** Runs the rules over the snapshot and keeps the bad rows of each one that fails. */
import { existsSync } from 'node:fs';
import { Database, ROW_COLUMN, USER_SQL_LIMIT_MS, placed } from '../duckdb/database.js';
import { identifier, list, literal, raw, statement } from '../duckdb/sql-file.js';
import { requireBinding, requireQuery } from '../duckdb/user-sql.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { SegmentryError } from '../../domain/errors.js';
import type { Manifest } from '../../domain/manifest.js';
import type { Pipeline } from '../../domain/pipeline.js';
import { shortened } from '../../domain/shortened.js';
import { type Finding, count, failure } from './finding.js';
import { labelDomain, predictionDomain } from './label-domain.js';
import { type Rule, builtInRules, pipelineRules } from './rules.js';

/** Bad rows kept of one rule: enough to see what is wrong with them. */
const KEPT_ROWS = 1_000;

export interface ValidationJob {
  readonly snapshot: string;
  readonly rows: number;
  readonly pipeline: Pipeline;
  /** That the rows are from; null: any time. */
  readonly window: Manifest['data']['window'];
  /** What the models are fed. */
  readonly features: readonly FeatureColumn[];
  readonly types: ReadonlyMap<string, string>;
  /** Multiclass: the labels that the models know. */
  readonly classes: readonly string[];
  readonly threads: number;
  /** What files of bad rows, and the folder of what does not fit into memory, are called before their endings. None of them may exist. */
  readonly output: string;
}

export async function validateData(job: ValidationJob): Promise<readonly Finding[]> {
  if (job.rows === 0) return [failure('the data have rows', `${job.pipeline.data.source} has no rows${filtered(job)}`)];
  const rules = [...builtInRules(job.pipeline, job.features, job.types), ...pipelineRules(job.pipeline)];
  const outputs = rules.map((_rule, index) => `${job.output}.${index}.parquet`);
  const options = { threads: job.threads, writable: outputs, temporaryFolder: `${job.output}.tmp` };
  return Database.with(Database.openSnapshot(job.snapshot, options), async (database) => {
    const results: Finding[] = [...(await labelDomain(database, job)), ...(await predictionDomain(database, job))];
    const clean = await provenClean(database, rules);
    for (const [index, rule] of rules.entries()) {
      const found = clean.has(rule) ? passed(rule) : await runRule(database, rule, outputs[index]!, job);
      if (rule.unlisted !== true || found.outcome !== 'pass') results.push(found);
    }
    return results;
  });
}

/** Which rows there are none of: a file full of others is nothing wrong with the file. */
function filtered({ pipeline: { data }, window }: ValidationJob): string {
  const { time, where } = data;
  const condition = where === null ? '' : ` where ${where}`;
  if (window === null || time === null) return condition;
  const from = window.from === null ? '' : ` from ${window.from}`;
  return `${condition}${condition === '' ? '' : ' and'} with ${time}${from} until ${window.until} (data.window, which ends at --as-of)`;
}

/** The rules that one scan for all of them proves to be kept. */
async function provenClean(database: Database, rules: readonly Rule[]): Promise<ReadonlySet<Rule>> {
  const provable = rules.filter(({ clean }) => clean !== undefined);
  if (provable.length === 0) return new Set();
  const proofs = list(provable.map(({ clean }) => raw(clean!)));
  try {
    const [row = []] = await database.rows(`SELECT ${proofs.sql} FROM data`);
    return new Set(provable.filter((_rule, index) => row[index] === true));
  } catch (error) {
    // A rule on a column of another type, numbers that are too large to be added: the rules themselves tell.
    if (error instanceof SegmentryError) throw error;
    return new Set();
  }
}

function passed({ name: rule }: Rule): Finding {
  return { rule, outcome: 'pass', badRows: 0, message: 'no bad rows', keptRows: null };
}

async function runRule(
  database: Database,
  rule: Rule,
  output: string,
  { rows, types, pipeline }: ValidationJob,
): Promise<Finding> {
  await requireQuery(database, rule.badRows, [...types.keys()], `rule "${rule.name}"`);
  await requireBinding(database, rule.badRows, `rule "${rule.name}"`);
  try {
    const badRows = await database.count(
      statement('validate/count', { rule: { sql: rule.badRows } }),
      USER_SQL_LIMIT_MS,
    );
    if (badRows === 0) return passed(rule);
    await database.run(
      statement('validate/keep', { rule: { sql: rule.badRows }, rows: literal(KEPT_ROWS), output: literal(output) }),
      USER_SQL_LIMIT_MS,
    );
    const such = await examples(database, rule, pipeline.data.id);
    const message = `${count(badRows)} of ${count(rows)} rows ${agreeing(badRows, rule.complaint)}${such}${
      rule.advice === undefined ? '' : `; ${rule.advice}`
    }`;
    return {
      rule: rule.name,
      outcome: rule.severity === 'warn' ? 'warn' : 'fail',
      badRows,
      message,
      keptRows: existsSync(output) ? output : null,
    };
  } catch (error) {
    throw placed(error, `rule "${rule.name}" cannot be run`, 'data');
  }
}

/** "have" of one row is "has". */
function agreeing(rows: number, complaint: string): string {
  return rows === 1 ? complaint.replace(/^have\b/, 'has').replace(/^(share|break)\b/, '$1s') : complaint;
}

/** Bad rows that a message names: enough to look them up, and the rest is in the file of bad rows. */
const EXAMPLES = 3;

/** Columns that an example of a rule in SQL shows. */
const SHOWN_COLUMNS = 2;

/** Characters of a value that an example shows. */
const VALUE_LENGTH = 60;

/**
 * `, such as 2 (row 9)`: the first bad rows by their id, or by their place in the snapshot. Always the same ones, because messages are
 * part of a result's digest.
 */
async function examples(database: Database, rule: Rule, id: string | null): Promise<string> {
  const bad = `(${rule.badRows}\n)`;
  const columns = await database.describe(`SELECT * FROM ${bad}`);
  const has = (name: string | null): name is string => columns.some((column) => column.name === name);
  const place = id !== rule.column && has(id) ? id : has(ROW_COLUMN) ? ROW_COLUMN : null;
  const shown = columns
    .filter(({ name }) =>
      rule.column === undefined ? name !== place && name !== ROW_COLUMN : rule.telling === true && name === rule.column,
    )
    .slice(0, SHOWN_COLUMNS);
  if (place === null && shown.length === 0) return '';
  const names = [...(place === null ? [] : [place]), ...shown.map(({ name }) => name)];
  const texts = list(names.map((name) => raw(`CAST(${identifier(name).sql} AS VARCHAR)`)));
  const order = has(ROW_COLUMN) ? identifier(ROW_COLUMN).sql : 'ALL';
  const found = await database.rows(
    `SELECT ${texts.sql} FROM ${bad} ORDER BY ${order} LIMIT ${EXAMPLES}`,
    USER_SQL_LIMIT_MS,
  );
  const named = found.map((row) => {
    const where =
      place === null ? '' : `${place === ROW_COLUMN ? 'row' : place} ${shortened(String(row[0]), VALUE_LENGTH)}`;
    const values = (row as readonly (string | null)[]).slice(place === null ? 0 : 1).map((value, at) => {
      const text = showValue(value, shown[at]!.type);
      return rule.column === undefined ? `${shown[at]!.name} ${text}` : text;
    });
    if (values.length === 0) return where;
    return where === '' ? values.join(', ') : `${values.join(', ')} (${where})`;
  });
  return `, such as ${[...new Set(named)].join(', ')}`;
}

function showValue(value: string | null, type: string): string {
  if (value === null) return 'NULL';
  const text = shortened(value, VALUE_LENGTH);
  return type === 'VARCHAR' ? JSON.stringify(text) : text;
}
