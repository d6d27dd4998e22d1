import { withoutCredentials } from './credentials.js';

/**
 * An error that the program can explain: its message is all that a user is shown, never a stack trace.
 *
 * - `usage`: the command or the pipeline file is wrong; nothing ran (exit code 2)
 * - `data`: the data or the models make a decision impossible; trying again changes nothing (exit code 3)
 * - `infrastructure`: something outside failed (disk, network, Temporal); trying again may help (exit code 3)
 *
 * Messages are logged, printed and kept in histories: secrets of addresses that one quotes are taken out of it.
 */
export class SegmentryError extends Error {
  override readonly name: string = 'SegmentryError';

  constructor(
    message: string,
    readonly kind: 'usage' | 'data' | 'infrastructure',
  ) {
    super(withoutCredentials(message));
  }
}

/** What Temporal calls failures, by the kind of error. */
export const FAILURE_TYPE = {
  usage: 'UsageError',
  data: 'DataError',
  infrastructure: 'InfrastructureError',
} as const satisfies Readonly<Record<SegmentryError['kind'], string>>;
