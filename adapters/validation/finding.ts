import type { RuleResult } from '../../domain/result.js';

/** What a rule came to, its bad rows still in the file where they were written. */
export interface Finding extends Omit<RuleResult, 'artifact'> {
  /** Parquet; null: none were kept. */
  readonly keptRows: string | null;
}

/** Of a rule that is not about single rows: what is wrong with all of them. */
export function failure(rule: string, message: string): Finding {
  return { rule, outcome: 'fail', badRows: 0, message, keptRows: null };
}

export const count = (rows: number): string => rows.toLocaleString('en-US');
