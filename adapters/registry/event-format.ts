/** One event as a file: JSON that people can read, checked field by field when it comes back. */
import { z } from 'zod';
import type { RegistryEvent } from '../../domain/registry.js';
import { SegmentryError } from '../../domain/errors.js';

export const EVENT_FORMAT = 'segmentry/event/v1';

const Format = z.object({ format: z.literal(EVENT_FORMAT) });

const base = {
  seq: z.int().positive(),
  time: z.string(),
  actor: z.string(),
  previous: z.string().nullable(),
};

const Event = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('version-added'), version: z.string(), sha256: z.string() }),
  z.object({
    ...base,
    kind: z.literal('alias-set'),
    alias: z.string(),
    from: z.string().nullable(),
    to: z.string(),
    key: z.string().nullable(),
    reason: z.string(),
    run: z.string().exactOptional(),
    effect: z.enum(['rollback', 'promote']).exactOptional(),
  }),
  z.object({
    ...base,
    kind: z.literal('verdict'),
    version: z.string(),
    verdict: z.enum(['PASS', 'FAIL', 'INCONCLUSIVE']),
    run: z.string(),
    key: z.string(),
  }),
]);

export function eventText(event: RegistryEvent): string {
  return `${JSON.stringify({ format: EVENT_FORMAT, ...event }, null, 2)}\n`;
}

/**
 * The event of a file. What is not understood is refused rather than left out: an event of a newer version may be the one
 * that moved the alias we are about to move.
 */
export function parseEvent(text: string, seq: number, path: string): RegistryEvent {
  const json: unknown = JSON.parse(text);
  const format = Format.safeParse(json);
  const read = Event.safeParse(json);
  if (!format.success || !read.success) {
    const [issue] = (format.error ?? read.error)?.issues ?? [];
    const where = issue?.path.join('.') ?? '';
    throw new SegmentryError(
      `The registry event ${path} is not one that this version of Segmentry understands (${where === '' ? 'the event' : where}: ${issue?.message ?? 'invalid'}). ` +
        'Restore the file if it was changed, or update Segmentry if a newer version wrote it.',
      'data',
    );
  }
  if (read.data.seq !== seq) {
    throw new SegmentryError(
      `The registry event ${path} says that its number is ${read.data.seq}: it was copied or renamed. Restore the events folder.`,
      'data',
    );
  }
  return read.data;
}
