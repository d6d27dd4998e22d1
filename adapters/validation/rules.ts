/** The rules that data must keep, each as a query over the view `data` that returns the bad rows. */
import type { Pipeline } from '../../domain/pipeline.js';
import type { ElementType, FeatureColumn } from '../onnx/signature.js';
import { identifier, list, literal } from '../duckdb/sql-file.js';
import { costOfMistake, describeCost } from '../measures/costs.js';
import { isScore } from '../measures/labels.js';

export interface Rule {
  readonly name: string;
  readonly severity: 'block' | 'warn';
  /** Returns the bad rows. */
  readonly badRows: string;
  /** What is wrong with them, after "12 rows ": "have no value in temp". Its first word is the verb. */
  readonly complaint: string;
  /** What follows from it, or what to do. */
  readonly advice?: string;
  /** The column that the rule is about; absent: those that its query returns. */
  readonly column?: string;
  /** It is not listed where it is kept: a result's digest goes over the list, and data that keep this rule have the result that they had without it. */
  readonly unlisted?: true;
  /** Whether the column's values say what is wrong: those that are not there do not. */
  readonly telling?: boolean;
  /**
   * An aggregate over all rows that is TRUE only if none of them is bad; anything else proves nothing. Those of all rules take one
   * scan together, where a query a rule takes a scan each.
   */
  readonly clean?: string;
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
        complaint: `have ${a(label)} that is neither 0 nor 1`,
        advice: 'a binary task has two labels (model.positive names the positive one where they are not 0 and 1)',
        column: label,
        telling: true,
        ...(isInteger(type) ? { clean: `min(${name}) >= 0 AND max(${name}) <= 1` } : {}),
      },
    ];
  }
  if (task === 'ranking') {
    return [
      {
        name: `relevance ${label} is 0 or more`,
        severity: 'block',
        badRows: where(`${name} IS NOT NULL AND ${isNoAmount(`CAST(${name} AS DOUBLE)`)}`),
        complaint: `have ${a(label)} that is negative, NaN or infinite`,
        advice: 'the relevance of an item is a number from 0 (NULL: not known)',
        column: label,
        telling: true,
      },
    ];
  }
  if (task === 'regression' && isFloat(type)) {
    return [
      {
        name: `label ${label} is finite`,
        severity: 'block',
        badRows: where(`${name} IS NOT NULL AND NOT isfinite(CAST(${name} AS DOUBLE))`),
        complaint: `have ${a(label)} that is NaN or infinite`,
        advice: 'use NULL for a label that is not known',
        column: label,
        telling: true,
        clean: isFiniteSum(name),
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
      complaint: `have ${a(weight)} that is missing, negative, NaN or infinite`,
      advice: 'a weight says how often the row counts, from 0',
      column: weight,
      telling: true,
    });
  }
  if (clusterBy !== undefined) {
    rules.push({
      name: `cluster ${clusterBy} is known`,
      severity: 'warn',
      badRows: labelled(`${identifier(clusterBy).sql} IS NULL`),
      complaint: `have no ${clusterBy}`,
      advice: 'each of them counts as a cluster of its own',
      column: clusterBy,
    });
  }
  if (group !== undefined) {
    rules.push({
      name: `group ${group} is known`,
      severity: 'block',
      badRows: labelled(`${identifier(group).sql} IS NULL`),
      complaint: `have no ${group}`,
      advice: 'nobody knows which rows such a row is ranked among: give it one, or leave it out with data.where',
      column: group,
    });
  }
  if (cost !== undefined) {
    rules.push({
      name: `${describeCost(cost)} is 0 or more`,
      severity: 'block',
      badRows: labelled(isNoAmount(costOfMistake(cost, label, model.positive).sql)),
      complaint: `have a cost that is missing, negative, NaN or infinite by ${describeCost(cost)}`,
      advice: 'where it is not known, say what to take: coalesce(amount, 0)',
      column: label,
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
  // One sum for all rules about a column: the same aggregate is computed once.
  const finite = isFiniteSum(name, {
    asFloat32: type === 'DOUBLE' && elements.includes('float32'),
    // Where NaN is allowed it must not hide what the others add up to: each column with one would take a scan for each rule.
    withoutNan: isFloat(type) && missing === 'nan' && integer === undefined,
  });
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
      complaint: `have no ${column}`,
      advice,
      column,
      clean: isFloat(type) ? `${isComplete(name)} AND ${finite}` : isComplete(name),
    });
  }
  if (isFloat(type)) {
    rules.push({
      name: `feature ${column} is finite`,
      severity: 'block',
      badRows: where(`isinf(${name})`),
      complaint: `have an infinite ${column}`,
      column,
      telling: true,
      clean: finite,
    });
  }
  for (const element of new Set(elements)) {
    const fits = FITS[element]?.(name, type, finite);
    if (fits === undefined) continue;
    rules.push({
      name: `feature ${column} fits ${element}`,
      severity: 'block',
      unlisted: true,
      badRows: where(fits.not),
      complaint: `have ${a(column)} that ${element} cannot hold`,
      advice: `the model takes ${element}: mend the value, leave the row out with data.where, or export the model with a wider input`,
      column,
      telling: true,
      clean: fits.clean,
    });
  }
  return rules;
}

/** Values that a column of the type can have and the model's input cannot; absent: there are none, or another rule is about them. */
const FITS: Readonly<
  Partial<
    Record<ElementType, (name: string, type: string, finite: string) => { not: string; clean: string } | undefined>
  >
> = {
  float32: (name, type, finite) =>
    type === 'DOUBLE'
      ? { not: `isfinite(${name}) AND isfinite(TRY_CAST(${name} AS FLOAT)) IS NOT TRUE`, clean: finite }
      : undefined,
  int64: (name, type) => fitsInteger(name, type, /^(U?HUGE|UBIG)INT$/, 'BIGINT'),
  int32: (name, type) => fitsInteger(name, type, /^(U?HUGE|U?BIG|U)INT(EGER)?$/, 'INTEGER'),
};

function fitsInteger(
  name: string,
  type: string,
  wider: RegExp,
  target: string,
): { not: string; clean: string } | undefined {
  if (!wider.test(type)) return undefined;
  const cast = (value: string): string => `TRY_CAST(${value} AS ${target})`;
  return {
    not: `${name} IS NOT NULL AND ${cast(name)} IS NULL`,
    clean: `${cast(`min(${name})`)} IS NOT NULL AND ${cast(`max(${name})`)} IS NOT NULL`,
  };
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
      complaint: `have no ${isFloat(type) ? 'finite ' : ''}prediction of the ${role} in ${column}`,
      column,
      // NULL, NaN or an infinity: only the value says which.
      telling: isFloat(type),
      clean: isFloat(type) ? `${isComplete(name)} AND ${isFiniteSum(name)}` : isComplete(name),
    },
  ];
  if (task === 'binary' && positive === null && !isScore(type) && type !== 'BOOLEAN') {
    rules.push({
      name: `${role} predictions in ${column} are 0 or 1`,
      severity: 'block',
      badRows: where(`${name} IS NOT NULL AND (TRY_CAST(${name} AS DOUBLE) IN (0, 1)) IS NOT TRUE`),
      complaint: `have a prediction of the ${role} in ${column} that is neither 0 nor 1`,
      advice: 'model.positive names the positive label where they are not 0 and 1',
      column,
      telling: true,
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
        complaint: `have ${a(column)} outside ${low} to ${high}`,
        column,
        telling: true,
        // NaN is DuckDB's largest number.
        clean: `min(${name}) >= ${literal(low).sql} AND max(${name}) <= ${literal(high).sql}`,
      });
    }
    if (rule.oneOf !== null) {
      rules.push({
        name: `${column} one of ${rule.oneOf.join(', ')}`,
        severity,
        badRows: where(`${name} NOT IN (${list(rule.oneOf.map(literal)).sql})`),
        complaint: `have ${a(column)} that is none of ${rule.oneOf.join(', ')}`,
        column,
        telling: true,
      });
    }
    // The name that the file gives, where it gives one; its default begins with the column.
    if (rule.name.startsWith(`${column}: `)) return rules;
    return rules.map((one) => ({ ...one, name: rules.length === 1 ? rule.name : `${rule.name}: ${one.name}` }));
  });
}

function notNull(column: string, called: string): Rule {
  const known = `${called} is known`;
  const name = identifier(column).sql;
  return {
    name: known,
    severity: 'block',
    badRows: where(`${name} IS NULL`),
    complaint: `have no ${column}`,
    column,
    clean: isComplete(name),
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
    column,
    telling: true,
  };
}

/** No NULL. */
function isComplete(name: string): string {
  return `count(${name}) = count(*)`;
}

/**
 * Twice what takes the largest float32 to the largest double, a power of two so that no bit is lost: a number that float32 cannot hold
 * becomes an infinity. One of the upper half of float32 does too, and is then looked at by itself.
 */
const BEYOND_FLOAT32 = 2 ** 897;

interface SumOptions {
  /** That all are numbers of float32 is proven too. */
  readonly asFloat32?: boolean;
  /** Of the numbers beside NaN. */
  readonly withoutNan?: boolean;
}

/** No NaN and no infinity among the numbers: both stay in a sum whatever is added. Very large numbers may add up to an infinity too. */
function isFiniteSum(name: string, { asFloat32 = false, withoutNan = false }: SumOptions = {}): string {
  const value = asFloat32 ? `${name} * ${literal(BEYOND_FLOAT32).sql}` : `CAST(${name} AS DOUBLE)`;
  return `isfinite(sum(${value})${withoutNan ? ` FILTER (NOT isnan(${name}))` : ''})`;
}

/** "an amount", "an f0", "a user": as far as spelling tells how a column is spoken. */
function a(column: string): string {
  return `${/^([aeio]|u(?!ni|s)|[fhlmnrsx](?![a-z]))/i.test(column) ? 'an' : 'a'} ${column}`;
}

const isInteger = (type: string): boolean => /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type);

const isFloat = (type: string): boolean => type === 'FLOAT' || type === 'DOUBLE';
