/** Whether an event log is still the one that was written. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../artifact-store/durable-files.js';
import { explained, ifPresent } from '../artifact-store/io-errors.js';
import { readView } from './alias-view.js';
import { eventFileName, eventNumber } from './event-log.js';
import { parseEvent } from './event-format.js';

export type LogCheck =
  | { readonly ok: true; readonly events: number }
  | {
      readonly ok: false;
      /** The first record that is not as it was written. */
      readonly seq: number;
      readonly path: string;
      readonly problem: string;
    };

/**
 * Follows the chain from the first event: each names the SHA-256 of the bytes of the one before. A change of the last event
 * leaves no trace in a later one, and neither does cutting events off the end, unless the alias view still counts them.
 * Reading for a decision does not follow the chain: whoever can change a record can change all of them, and a line ending
 * that version control converted must not stop a rollback.
 */
export async function verifyEvents(modelFolder: string, eventsFolder: string): Promise<LogCheck> {
  const view = await readView(modelFolder);
  const names = await explained('read the registry events in', eventsFolder, () =>
    ifPresent(() => readdir(eventsFolder)),
  );
  const counted = view === null || typeof view === 'string' ? 0 : view.seq;
  const newest = Math.max(counted, 0, ...(names ?? []).map(eventNumber));
  let previous: string | null = null;
  for (let seq = 1; seq <= newest; seq++) {
    const path = join(eventsFolder, eventFileName(seq));
    const broken = (problem: string): LogCheck => ({ ok: false, seq, path, problem });
    const text = await explained('read', path, () => ifPresent(() => readFile(path, 'utf8')));
    if (text === null) return broken('it is missing');
    try {
      const event = parseEvent(text, seq, path);
      if (event.previous !== previous) {
        if (seq === 1) return broken('it is the first, and names an event before it');
        const before = join(eventsFolder, eventFileName(seq - 1));
        return { ok: false, seq: seq - 1, path: before, problem: `its bytes are not those that event ${seq} names` };
      }
    } catch (error) {
      return broken(error instanceof Error ? error.message : String(error));
    }
    previous = sha256Of(text);
  }
  return { ok: true, events: newest };
}
