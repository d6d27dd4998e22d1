/** The data rules that are broken and stop nothing, because they are declared with `severity: warn`: whoever reads a verdict should know. */
import type { Result, RuleResult } from '../domain/result.js';

export const WARNED_RULES_TITLE = 'Data rules broken, which only warn:';

export function warnedRules({ validation }: Pick<Result, 'validation'>): readonly RuleResult[] {
  return validation.filter(({ outcome }) => outcome === 'warn');
}

/** "temp between -30 and 120: 3 of 130,016 rows have a temp outside -30 to 120"; the message of a rule begins with its count of rows. */
export const ruleText = ({ rule, message }: RuleResult): string => `${rule}: ${message}`;
