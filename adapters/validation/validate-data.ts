/** Runs the rules over the snapshot and keeps the bad rows of each one that fails. */
import { existsSync } from 'node:fs';
import type { ArtifactStore } from '../artifact-store/artifact-store.js';
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
  /** Ends the rule that runs. */
  readonly signal?: AbortSignal;
}

export async function validateData(store: ArtifactStore, job: ValidationJob): Promise<readonly RuleResult[]> {
  if (job.rows === 0)
    return [failure('the data have rows', `${job.pipeline.data.source} has no rows${filtered(job.pipeline)}`)];
  const rules = [...builtInRules(job.pipeline, job.features, job.types), ...pipelineRules(job.pipeline)];
  const outputs = rules.map(() => store.temporaryPath('.parquet'));
  const temporaryFolder = store.temporaryPath('.tmp');
  const { threads, signal } = job;
  const options = { threads, writable: outputs, temporaryFolder, ...(signal === undefined ? {} : { signal }) };
  return Database.with(Database.openSnapshot(job.snapshot, options), async (database) => {
    const results: RuleResult[] = [...(await labelDomain(database, job)), ...(await predictionDomain(database, job))];
    for (const [index, rule] of rules.entries())
      results.push(await runRule(store, database, rule, outputs[index]!, job));
    return results;
  });
}

function filtered(pipeline: Pipeline): string {
  return pipeline.data.where === null ? '' : ` where ${pipeline.data.where}`;
}

async function runRule(
  store: ArtifactStore,
  database: Database,
  rule: Rule,
  output: string,
  { rows, types, signal }: ValidationJob,
): Promise<RuleResult> {
  await requireQuery(database, rule.badRows, [...types.keys()], `rule "${rule.name}"`);
  await requireBinding(database, rule.badRows, `rule "${rule.name}"`);
  try {
    const badRows = await database.count(
      statement('validate/count', { rule: { sql: rule.badRows } }),
      USER_SQL_LIMIT_MS,
    );
    if (badRows === 0) return { rule: rule.name, outcome: 'pass', badRows, message: 'no bad rows', artifact: null };
    await database.run(
      statement('validate/keep', { rule: { sql: rule.badRows }, rows: literal(KEPT_ROWS), output: literal(output) }),
      USER_SQL_LIMIT_MS,
    );
    const kept = existsSync(output) ? await store.putFile(output, { move: true }) : null;
    const message = `${count(badRows)} of ${count(rows)} rows ${rule.complaint}`;
    return {
      rule: rule.name,
      outcome: rule.severity === 'warn' ? 'warn' : 'fail',
      badRows,
      message,
      artifact: kept?.sha256 ?? null,
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw new SegmentryError(`rule "${rule.name}" cannot be run: ${explain(error)}`, 'data');
  }
}
