/** What the command's exit code tells a script. */
import type { Verdict } from '../domain/result.js';
import type { SegmentryError } from '../domain/errors.js';

export const EXIT = {
  pass: 0,
  fail: 1,
  /** The command or the pipeline file is wrong. */
  usage: 2,
  /** No decision: data, models or infrastructure. */
  noDecision: 3,
  inconclusive: 4,
  /** Ctrl-C; the run goes on. */
  interrupted: 130,
} as const;

export function exitCodeOf(verdict: Verdict): number {
  switch (verdict) {
    case 'PASS':
      return EXIT.pass;
    case 'FAIL':
      return EXIT.fail;
    case 'INCONCLUSIVE':
      return EXIT.inconclusive;
    case 'ERROR':
      return EXIT.noDecision;
  }
}

export function exitCodeOfError(kind: SegmentryError['kind']): number {
  return kind === 'usage' ? EXIT.usage : EXIT.noDecision;
}
