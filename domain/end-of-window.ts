/** Where the data window of a request ends: `--as-of`. */
import { SegmentryError } from './errors.js';
import type { DataSource } from './pipeline.js';

/**
 * Null: all rows are looked at.
 * @throws SegmentryError (usage) when it is no time, when the data have none, or when nothing says where a window ends. It does not end
 * "now": the same request would be another run every time, and rows that came late would be in none of them.
 */
export function endOfWindow(
  { time, window }: Pick<DataSource, 'time' | 'window'>,
  asOf: string | undefined,
): Date | null {
  if (asOf === undefined) {
    if (window === null) return null;
    throw new SegmentryError(
      `data.window is "${window}", and nothing says when it ends: name the time with --as-of, like --as-of 2026-01-31 ` +
        '(asOf, where Temporal is asked), or make a schedule, whose runs end it at the time that they are meant for',
      'usage',
    );
  }
  if (time === null) {
    throw new SegmentryError('--as-of wants a time column: name it under data.time in the pipeline file', 'usage');
  }
  const until = parseTime(asOf);
  if (until === null) {
    throw new SegmentryError(
      `--as-of ${asOf} is not a time; write it like 2026-01-31 or 2026-01-31T06:00:00Z`,
      'usage',
    );
  }
  return until;
}

/**
 * An ISO 8601 date or time; without a zone it is UTC, whatever the machine's is. Null for anything else: JavaScript would
 * read "1" as 2001 and 30 February as 2 March.
 */
function parseTime(text: string): Date | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(
    text.trim(),
  );
  if (match === null) return null;
  const [, date, time = '00:00', zone = 'Z'] = match;
  const day = new Date(`${date!}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(date!)) return null;
  const parsed = new Date(`${date!}T${time}${zone}`);
  return Number.isNaN(parsed.getTime()) ? null : parsed;
}
