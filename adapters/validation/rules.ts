/** The rules that data must keep, each as a query over the view `data` that returns the bad rows. */
import type { Pipeline } from '../../domain/pipeline.js';
import type { FeatureColumn } from '../onnx/signature.js';
import { identifier, list, literal } from '../duckdb/sql-file.js';
import { costOfMistake, describeCost } from '../measures/costs.js';
import { isScore } from '../measures/labels.js';

export interface Rule {
  readonly name: string;
  readonly severity: 'block' | 'warn';
  /** Returns the bad rows. */
  readonly badRows: string;
  /** What is wrong with them, after "12 rows ": "have no value in temp". */
  readonly complaint: string;
}

const where = (condition: string): string => `SELECT * FROM data WHERE ${condition}`;

/** The rules that need no configuration and are about rows. */
export function builtInRules(
  pipeline: Pipeline,
  features: readonly FeatureColumn[],
  types: ReadonlyMap<string, string>,
): readonly Rule[] {
  const rules: Rule[] = [...labelRules(pipeline, types)];
  rules.push(...rowColumnRules(pipeline));
  const { id } = pipeline.data;
  if (id !== null) rules.push(notNull(id, 'id'), unique(id, 'id'));
  for (const column of new Set(features.map((feature) => feature.column))) {
    rules.push(...featureRules(column, features, types.get(column) ?? '', pipeline.model.missing));
  }
  for (const role of ['candidate', 'baseline'] as const) {
    const source = pipeline.model[role];
    if (source?.kind === 'column') rules.push(...predictionRules(source.column, role, pipeline, types));
  }
  return rules;
}

function labelRules(pipeline: Pipeline, types: ReadonlyMap<string, string>): readonly Rule[] {
  const { label } = pipeline.data;
  const { task, positive } = pipeline.model;
  const name = identifier(label).sql;
  const type = types.get(label) ?? '';
  if (task === 'binary' && positive === null && type !== 'BOOLEAN') {
    return [
      {
        name: `label ${label} is 0 or 1`,
        severity: 'block',
        badRows: where(`${name} IS NOT NULL AND (TRY_CAST(${name} AS DOUBLE) IN (0, 1)) IS NOT TRUE`),
        complaint: `have a ${label} that is neither 0 nor 1; a binary task has two labels (model.positive names the positive one where they are not 0 and 1)`,
      },
    ];
  }
  if (task === 'ranking') {
    return [
      {
        name: `relevance ${label} is 0 or more`,
        severity: 'block',
        badRows: where(`${name} IS NOT NULL AND ${isNoAmount(`CAST(${name} AS DOUBLE)`)}`),
        complaint: `have a ${label} that is negative, NaN or infinite; the relevance of an item is a number from 0 (NULL: not known)`,
      },
    ];
  }
  if (task === 'regression' && isFloat(type)) {
    return [
      {
        name: `label ${label} is finite`,
        severity: 'block',
        badRows: where(`${name} IS NOT NULL AND NOT isfinite(CAST(${name} AS DOUBLE))`),
        complaint: `have a ${label} that is NaN or infinite; use NULL for a label that is not known`,
      },
    ];
  }
  return [];
}

/** Not a finite number from 0; NULL is none. */
function isNoAmount(value: string): string {
  return `(isfinite(${value}) AND ${value} >= 0) IS NOT TRUE`;
}

/** Weight, cost, cluster and group of the rows that are measured: those with a label. */
function rowColumnRules({ data, cost, model }: Pipeline): readonly Rule[] {
  const { label, weight, clusterBy, group } = data;
  const labelled = (bad: string): string => where(`${identifier(label).sql} IS NOT NULL AND ${bad}`);
  const rules: Rule[] = [];
  if (weight !== undefined) {
    rules.push({
      name: `weight ${weight} is 0 or more`,
      severity: 'block',
      badRows: labelled(isNoAmount(`CAST(${identifier(weight).sql} AS DOUBLE)`)),
      complaint: `have a ${weight} that is missing, negative, NaN or infinite; a weight says how often the row counts, from 0`,
    });
  }
  if (clusterBy !== undefined) {
    rules.push({
      name: `cluster ${clusterBy} is known`,
      severity: 'warn',
      badRows: labelled(`${identifier(clusterBy).sql} IS NULL`),
      complaint: `have no ${clusterBy}; each of them counts as a cluster of its own`,
    });
  }
  if (group !== undefined) {
    rules.push({
      name: `group ${group} is known`,
      severity: 'block',
      badRows: labelled(`${identifier(group).sql} IS NULL`),
      complaint: `have no ${group}, so nobody knows which rows they are ranked among; give them one, or leave them out with data.where`,
    });
  }
  if (cost !== undefined) {
    rules.push({
      name: `${describeCost(cost)} is 0 or more`,
      severity: 'block',
      badRows: labelled(isNoAmount(costOfMistake(cost, label, model.positive).sql)),
      complaint: `have a cost that is missing, negative, NaN or infinite by ${describeCost(cost)}; where it is not known, say what to take: coalesce(amount, 0)`,
    });
  }
  return rules;
}

function featureRules(
  column: string,
  features: readonly FeatureColumn[],
  type: string,
  missing: 'refuse' | 'nan',
): readonly Rule[] {
  const name = identifier(column).sql;
  const elements = features.filter((feature) => feature.column === column).map(({ element }) => element);
  const integer = elements.find((element) => element !== 'float32' && element !== 'float64' && element !== 'string');
  const rules: Rule[] = [];
  if (missing === 'refuse' || integer !== undefined) {
    const empty = isFloat(type) ? `${name} IS NULL OR isnan(${name})` : `${name} IS NULL`;
    const advice =
      integer !== undefined
        ? `the model takes ${integer}, which has no missing value`
        : 'fill them as in training, or say model.missing: nan if the model was trained with missing values';
    rules.push({
      name: `feature ${column} is known`,
      severity: 'block',
      badRows: where(empty),
      complaint: `have no ${column}; ${advice}`,
    });
  }
  if (isFloat(type)) {
    rules.push({
      name: `feature ${column} is finite`,
      severity: 'block',
      badRows: where(`isinf(${name})`),
      complaint: `have an infinite ${column}`,
    });
  }
  return rules;
}

function predictionRules(
  column: string,
  role: string,
  { model: { task, positive } }: Pipeline,
  types: ReadonlyMap<string, string>,
): readonly Rule[] {
  const name = identifier(column).sql;
  const type = types.get(column) ?? '';
  const empty = isFloat(type) ? `${name} IS NULL OR NOT isfinite(${name})` : `${name} IS NULL`;
  const rules: Rule[] = [
    {
      name: `${role} predictions in ${column} are known`,
      severity: 'block',
      badRows: where(empty),
      complaint: `have no prediction of the ${role} in ${column}`,
    },
  ];
  if (task === 'binary' && positive === null && !isScore(type) && type !== 'BOOLEAN') {
    rules.push({
      name: `${role} predictions in ${column} are 0 or 1`,
      severity: 'block',
      badRows: where(`${name} IS NOT NULL AND (TRY_CAST(${name} AS DOUBLE) IN (0, 1)) IS NOT TRUE`),
      complaint: `have a prediction of the ${role} in ${column} that is neither 0 nor 1 (model.positive names the positive label where they are not 0 and 1)`,
    });
  }
  return rules;
}

/** The pipeline's own rules. */
export function pipelineRules(pipeline: Pipeline): readonly Rule[] {
  return pipeline.validate.flatMap((rule): readonly Rule[] => {
    const { severity } = rule;
    if (rule.kind === 'sql') {
      // A closing semicolon is how queries are written, but not how they are put into others.
      const badRows = rule.sql.replace(/[;\s]+$/, '');
      return [{ name: rule.name, severity, badRows, complaint: `break the rule "${rule.name}"` }];
    }
    const { column } = rule;
    const name = identifier(column).sql;
    const rules: Rule[] = [];
    if (rule.notNull) rules.push({ ...notNull(column, column), severity });
    if (rule.unique) rules.push({ ...unique(column, column), severity });
    if (rule.between !== null) {
      const [low, high] = rule.between;
      rules.push({
        name: `${column} between ${low} and ${high}`,
        severity,
        badRows: where(`${name} NOT BETWEEN ${literal(low).sql} AND ${literal(high).sql}`),
        complaint: `have a ${column} outside ${low} to ${high}`,
      });
    }
    if (rule.oneOf !== null) {
      rules.push({
        name: `${column} one of ${rule.oneOf.join(', ')}`,
        severity,
        badRows: where(`${name} NOT IN (${list(rule.oneOf.map(literal)).sql})`),
        complaint: `have a ${column} that is none of ${rule.oneOf.join(', ')}`,
      });
    }
    // The name that the file gives, where it gives one; its default begins with the column.
    if (rule.name.startsWith(`${column}: `)) return rules;
    return rules.map((one) => ({ ...one, name: rules.length === 1 ? rule.name : `${rule.name}: ${one.name}` }));
  });
}

function notNull(column: string, called: string): Rule {
  const known = `${called} is known`;
  return {
    name: known,
    severity: 'block',
    badRows: where(`${identifier(column).sql} IS NULL`),
    complaint: `have no ${column}`,
  };
}

function unique(column: string, called: string): Rule {
  const name = identifier(column).sql;
  return {
    name: `${called} is unique`,
    severity: 'block',
    badRows: where(
      `${name} IN (SELECT ${name} FROM data WHERE ${name} IS NOT NULL GROUP BY ${name} HAVING count(*) > 1)`,
    ),
    complaint: `share their ${column} with another row`,
  };
}

const isFloat = (type: string): boolean => type === 'FLOAT' || type === 'DOUBLE';
