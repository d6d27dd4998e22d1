/**
 * A model's event log: `events/000001.json`, `events/000002.json`, ... Each event is a file of its own that appears whole,
 * under a number that nobody had, and is never rewritten. That makes a compare-and-set between any processes that see the
 * folder, without a lock that a killed process could leave behind: read all events, decide, and take the next number. If
 * somebody else took it, what was decided is void: read and decide again.
 */
import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SegmentryError } from '../../domain/errors.js';
import type { RegistryEvent } from '../../domain/registry.js';
import { sha256Of, syncFolder, temporaryBeside, writeNew } from '../artifact-store/durable-files.js';
import { errorCode, explained, ifPresent } from '../artifact-store/io-errors.js';
import { makeFolder } from '../artifact-store/make-folder.js';
import { eventText, isWhole, parseEvent } from './event-format.js';

/** An event without what the log itself adds. */
export type NewEvent = RegistryEvent extends infer E
  ? E extends RegistryEvent
    ? Omit<E, 'seq' | 'time' | 'previous'>
    : never
  : never;

/** How long another process may take to write an event in place (see {@link EventLog.take}) before it counts as dead. */
const WRITING_MS = 3000;

/** Every lost race is somebody else's success, so this many in a row mean that the file system misleads us. */
const MAX_ATTEMPTS = 1000;

/** Enough to hide the latency of a network folder, few enough for any limit on open files. */
const READ_AT_ONCE = 64;

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

export interface LogEntry {
  readonly event: RegistryEvent;
  readonly sha256: string;
  readonly path: string;
}

export interface EventLogOptions {
  readonly now: () => Date;
  /** Makes a hard link; tests replace it to stand for a file system that has none. */
  readonly link?: (from: string, to: string) => Promise<void>;
}

export class EventLog {
  constructor(
    readonly folder: string,
    private readonly options: EventLogOptions,
  ) {}

  /** All events in order; none when the folder is missing. */
  async read(): Promise<LogEntry[]> {
    return explained('read the registry events in', this.folder, async () => {
      const names = (await ifPresent(() => readdir(this.folder))) ?? [];
      const newest = Math.max(0, ...names.map(eventNumber));
      const entries: LogEntry[] = [];
      // Up to the newest number, not by the listing: one that is made while we list may miss an event before its newest.
      for (let first = 1; first <= newest; first += READ_AT_ONCE) {
        const seqs = Array.from({ length: Math.min(READ_AT_ONCE, newest - first + 1) }, (_, i) => first + i);
        const read = await Promise.allSettled(seqs.map((seq) => this.entry(seq, seq === newest)));
        for (const entry of read) {
          // Of several broken records the first is named, whichever of them was read first.
          if (entry.status === 'rejected') throw entry.reason;
          entries.push(entry.value);
        }
      }
      return entries;
    });
  }

  /**
   * Appends the event that `decide` makes of the events so far, or nothing when it makes null of them. `decide` may be
   * asked several times, and its last answer is the one that counts; it must not change anything itself.
   *
   * @returns the log that the decision was based on, with the new event at its end
   */
  async append(decide: (events: readonly RegistryEvent[]) => NewEvent | null): Promise<LogEntry[]> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const entries = await this.read();
      const added = decide(entries.map((entry) => entry.event));
      if (added === null) return entries;
      const seq = entries.length + 1;
      const chain = { seq, time: this.options.now().toISOString(), previous: entries.at(-1)?.sha256 ?? null };
      const event = { ...chain, ...added };
      const text = eventText(event);
      const path = join(this.folder, eventFileName(seq));
      const taken = await explained('write the registry event', path, () => this.take(path, text));
      if (taken) return [...entries, { event, sha256: sha256Of(text), path }];
    }
    throw new SegmentryError(
      `Cannot add an event to ${this.folder}: each of ${MAX_ATTEMPTS} attempts found its number taken. Check that the file system is healthy.`,
      'infrastructure',
    );
  }

  /** Makes the file, whole, if nothing has its name. Of any number of processes that try, exactly one gets true. */
  private async take(path: string, text: string): Promise<boolean> {
    await makeFolder(this.folder);
    const temporary = temporaryBeside(path);
    try {
      await writeNew(temporary, text);
      await (this.options.link ?? link)(temporary, path);
      await syncFolder(this.folder);
      return true;
    } catch (error) {
      const code = errorCode(error);
      // Over NFS the answer to a link that was made can get lost, and the repeated call then finds its own work. Two
      // names on our file say that it was us.
      if (code === 'EEXIST') return (await stat(temporary)).nlink > 1;
      if (code !== null && NO_HARD_LINKS.has(code)) return await takeInPlace(path, text);
      throw error;
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  private async entry(seq: number, isNewest: boolean): Promise<LogEntry> {
    const path = join(this.folder, eventFileName(seq));
    for (;;) {
      const text = await ifPresent(() => readFile(path, 'utf8'));
      if (text === null) {
        throw new SegmentryError(
          `The registry event ${path} is missing, though later ones are there: it was deleted, or the folder was copied while it changed. Restore it.`,
          'data',
        );
      }
      if (isWhole(text)) return { event: parseEvent(text, seq, path), sha256: sha256Of(text), path };
      // Only an event that is written in place can be half there, and only the newest can still be in the making.
      const age = Date.now() - (await stat(path)).mtimeMs;
      if (!isNewest || age > WRITING_MS) {
        const advice = isNewest
          ? 'its writer was interrupted, and what it recorded did not happen. Delete the file'
          : 'it was changed. Restore it';
        throw new SegmentryError(`The registry event ${path} is not readable as JSON: ${advice}.`, 'data');
      }
      await sleep(20);
    }
  }
}

/** For file systems without hard links. A process that dies in here leaves half an event, which readers report. */
async function takeInPlace(path: string, text: string): Promise<boolean> {
  try {
    await writeNew(path, text);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    // The name was ours, so what is there is our own half event.
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

export function eventFileName(seq: number): string {
  return `${String(seq).padStart(6, '0')}.json`;
}

/** The number in an event file's name, 0 for any other file. */
export function eventNumber(name: string): number {
  return /^\d{6,15}\.json$/.test(name) ? Number.parseInt(name, 10) : 0;
}
