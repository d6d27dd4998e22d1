import type { RuleResult } from '../../domain/result.js';

/** Of a rule that is not about single rows: what is wrong with all of them. */
export function failure(rule: string, message: string): RuleResult {
  return { rule, outcome: 'fail', badRows: 0, message, artifact: null };
}

export const count = (rows: number): string => rows.toLocaleString('en-US');
