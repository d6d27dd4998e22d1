/** What the command's exit code tells a script. */
import type { Result } from '../domain/result.js';
import type { SegmentryError } from '../domain/errors.js';

export const EXIT = {
  pass: 0,
  fail: 1,
  /** The command or the pipeline file is wrong. */
  usage: 2,
  /** No decision, or no promotion after one: data, models or infrastructure. */
  noDecision: 3,
  inconclusive: 4,
  /** Ctrl-C; the run goes on. */
  interrupted: 130,
} as const;

/** What a script goes by is the verdict, except where a PASS was to make the candidate serve and could not: that is no success. */
export function exitCodeOf({ verdict, actions }: Pick<Result, 'verdict' | 'actions'>): number {
  switch (verdict) {
    case 'PASS':
      return actions.some(({ action, outcome }) => action === 'promote' && outcome === 'failed')
        ? EXIT.noDecision
        : EXIT.pass;
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
