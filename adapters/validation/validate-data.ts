/** Runs the rules over the snapshot and keeps the bad rows of each one that fails. */
import { existsSync } from 'node:fs';
import { Database, USER_SQL_LIMIT_MS, explain } from '../duckdb/database.js';
import { literal, statement } from '../duckdb/sql-file.js';
import { requireBinding, requireQuery } from '../duckdb/user-sql.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { SegmentryError } from '../../domain/errors.js';
import type { Pipeline } from '../../domain/pipeline.js';
import type { RuleResult } from '../../domain/result.js';
import { count, failure } from './failure.js';
import { labelDomain, predictionDomain } from './label-domain.js';
import { type Rule, builtInRules, pipelineRules } from './rules.js';

/** Bad rows kept of one rule: enough to see what is wrong with them. */
const KEPT_ROWS = 1_000;

export interface ValidationJob {
  readonly snapshot: string;
  readonly rows: number;
  readonly pipeline: Pipeline;
  /** What the models are fed. */
  readonly features: readonly FeatureColumn[];
  readonly types: ReadonlyMap<string, string>;
  /** Multiclass: the labels that the models know. */
  readonly classes: readonly string[];
  readonly threads: number;
  /** What files of bad rows, and the folder of what does not fit into memory, are called before their endings. None of them may exist. */
  readonly output: string;
}

/** What a rule came to, its bad rows still in the file where they were written. */
export interface Finding extends Omit<RuleResult, 'artifact'> {
  /** Parquet; null: none were kept. */
  readonly keptRows: string | null;
}

export async function validateData(job: ValidationJob): Promise<readonly Finding[]> {
  if (job.rows === 0)
    return [failure('the data have rows', `${job.pipeline.data.source} has no rows${filtered(job.pipeline)}`)];
  const rules = [...builtInRules(job.pipeline, job.features, job.types), ...pipelineRules(job.pipeline)];
  const outputs = rules.map((_rule, index) => `${job.output}.${index}.parquet`);
  const options = { threads: job.threads, writable: outputs, temporaryFolder: `${job.output}.tmp` };
  return Database.with(Database.openSnapshot(job.snapshot, options), async (database) => {
<<<<<<< HEAD
    const results: Finding[] = [...(await labelDomain(database, job))];
    const clean = await provenClean(database, rules);
=======
    const results: RuleResult[] = [...(await labelDomain(database, job)), ...(await predictionDomain(database, job))];
>>>>>>> numbers
    for (const [index, rule] of rules.entries())
      results.push(clean.has(rule) ? passed(rule) : await runRule(database, rule, outputs[index]!, job));
    return results;
  });
}

function filtered(pipeline: Pipeline): string {
  return pipeline.data.where === null ? '' : ` where ${pipeline.data.where}`;
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
  { rows, types }: ValidationJob,
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
    const message = `${count(badRows)} of ${count(rows)} rows ${rule.complaint}`;
    return {
      rule: rule.name,
      outcome: rule.severity === 'warn' ? 'warn' : 'fail',
      badRows,
      message,
      keptRows: existsSync(output) ? output : null,
    };
  } catch (error) {
    throw new SegmentryError(`rule "${rule.name}" cannot be run: ${explain(error)}`, 'data');
  }
}
<<<<<<< HEAD

/** Is there anything to measure, and are the labels those of the task? */
async function labelDomain(database: Database, job: ValidationJob): Promise<readonly Finding[]> {
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
  const named = labels.slice(0, LISTED_LABELS).map(({ value, rows }) => `${value} (${count(rows)} rows)`);
  return named.join(', ') + (labels.length > LISTED_LABELS ? ' and more' : '');
}

function failure(rule: string, message: string): Finding {
  return { rule, outcome: 'fail', badRows: 0, message, keptRows: null };
}

const count = (rows: number): string => rows.toLocaleString('en-US');
=======
>>>>>>> numbers
