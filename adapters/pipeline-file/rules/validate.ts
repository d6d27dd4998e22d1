/** What an entry of `validate` must keep beyond its shape, and its complete form. */
import type { ValidationRule } from '../../../domain/pipeline.js';
import type { Path, Report } from '../problems.js';
import { show } from '../problems.js';
import type { ValidationRuleDraft } from '../schema/validate.js';
import { type Item, refuseRepeatedNames } from './items.js';

const CONDITIONS = ['notNull', 'unique', 'between', 'oneOf'] as const;

export function completeValidation(
  drafts: readonly Item<ValidationRuleDraft>[],
  report: Report,
): readonly ValidationRule[] {
  const rules = drafts.flatMap(({ path, draft }) => {
    const rule = draft.sql === undefined ? columnRule(draft, path, report) : sqlRule(draft, draft.sql, path, report);
    return rule === null ? [] : [{ path, name: rule.name, rule }];
  });
  refuseRepeatedNames(rules, 'validation rule', report);
  return rules.map(({ rule }) => rule);
}

function sqlRule(draft: ValidationRuleDraft, sql: string, path: Path, report: Report): ValidationRule | null {
  if (draft.column !== undefined) {
    report(
      [...path, 'column'],
      'a rule has either a column with conditions or sql, not both: make two rules of it',
      'key',
    );
    return null;
  }
  const condition = CONDITIONS.find((key) => draft[key] !== undefined && draft[key] !== false);
  if (condition !== undefined) {
    report([...path, condition], `${condition} needs a column; a rule with sql says everything in its query`, 'key');
  }
  if (draft.name === undefined) {
    report(path, 'missing key "name": a rule with sql needs a name for the report, such as "one row per flight"');
    return null;
  }
  return { kind: 'sql', name: draft.name, sql, severity: draft.severity };
}

function columnRule(draft: ValidationRuleDraft, path: Path, report: Report): ValidationRule | null {
  if (draft.column === undefined) {
    report(
      path,
      'a validation rule needs a column with conditions (notNull, unique, between, oneOf), or sql with a name',
    );
    return null;
  }
  const conditions: string[] = [];
  if (draft.notNull) conditions.push('not null');
  if (draft.unique) conditions.push('unique');
  if (draft.between !== undefined) {
    const [low, high] = draft.between;
    if (low > high)
      report([...path, 'between'], `between is [${low}, ${high}]: no value is; write the smaller one first`);
    conditions.push(`between ${low} and ${high}`);
  }
  if (draft.oneOf !== undefined) conditions.push(`one of ${draft.oneOf.map((value) => String(value)).join(', ')}`);
  if (conditions.length === 0) {
    report(
      path,
      `the rule for column ${show(draft.column)} has no condition; give notNull: true, unique: true, between or oneOf`,
    );
  }
  return {
    kind: 'column',
    name: draft.name ?? `${draft.column}: ${conditions.join(', ')}`,
    column: draft.column,
    notNull: draft.notNull,
    unique: draft.unique,
    between: draft.between ?? null,
    oneOf: draft.oneOf ?? null,
    severity: draft.severity,
  };
}
