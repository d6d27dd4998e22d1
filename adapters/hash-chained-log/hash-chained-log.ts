/**
 * An append-only log of numbered files ({@link NumberedFiles}), each of which names the digest of the one before. To add a
 * record: read all of them, decide, and take the next number. If somebody else took it, what was decided is void: read and
 * decide again.
 */
import { SegmentryError } from '../../domain/errors.js';
import { explained } from '../artifact-store/io-errors.js';
import { isWhole, NumberedFiles, type NumberedFilesOptions } from './numbered-files.js';

/** Every lost race is somebody else's success, so this many in a row mean that the file system misleads us. */
const MAX_ATTEMPTS = 1000;

/** Enough to hide the latency of a network folder, few enough for any limit on open files. */
export const READ_AT_ONCE = 64;

/** What the log itself puts into every record. */
export interface ChainLink {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. For people: order is by `seq`. */
  readonly time: string;
  /** Digest of the record before, null for the first: a later change of the log shows. */
  readonly previous: string | null;
}

/** How records of one kind of log look. `N` is a record without what the log adds. */
export interface RecordFormat<R extends ChainLink, N> {
  /** What a record is called in messages: "registry event". */
  readonly called: string;
  complete(chain: ChainLink, added: N): R;
  text(record: R): string;
  /** @throws SegmentryError (data) for what is not understood, and for a record with another number */
  parse(text: string, seq: number, path: string): R;
  /** What the next record names as the one before it. */
  digest(record: R, text: string): string;
}

export interface LogEntry<R> {
  readonly event: R;
  readonly sha256: string;
  readonly path: string;
}

export interface HashChainedLogOptions extends NumberedFilesOptions {
  readonly now: () => Date;
}

export class HashChainedLog<R extends ChainLink, N> {
  protected readonly files: NumberedFiles;

  constructor(
    readonly folder: string,
    private readonly format: RecordFormat<R, N>,
    private readonly options: HashChainedLogOptions,
  ) {
    this.files = new NumberedFiles(folder, options);
  }

  /** All records in order; none when the folder is missing. */
  async read(): Promise<LogEntry<R>[]> {
    return explained(`read the ${this.format.called}s in`, this.folder, async () => {
      // Up to the newest number, not by the listing: one that is made while we list may miss a record before its newest.
      const newest = await this.files.newest();
      const entries: LogEntry<R>[] = [];
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
   * Appends the record that `decide` makes of the records so far, or nothing when it makes null of them. `decide` may be
   * asked several times, and its last answer is the one that counts; it must not change anything itself.
   *
   * @returns the log that the decision was based on, with the new record at its end
   */
  async append(decide: (records: readonly R[]) => N | null): Promise<LogEntry<R>[]> {
    return this.untilTaken(async () => {
      const entries = await this.read();
      const added = decide(entries.map((entry) => entry.event));
      if (added === null) return entries;
      const taken = await this.appendAfter(entries.length, entries.at(-1)?.sha256 ?? null, added);
      return taken === null ? null : [...entries, taken];
    });
  }

  /** Appends the record with the number after `seq`; null when somebody else has that number. */
  protected async appendAfter(seq: number, previous: string | null, added: N): Promise<LogEntry<R> | null> {
    const chain: ChainLink = { seq: seq + 1, time: this.options.now().toISOString(), previous };
    const event = this.format.complete(chain, added);
    const text = this.format.text(event);
    const path = this.files.pathOf(chain.seq);
    const taken = await explained(`write the ${this.format.called}`, path, () => this.files.take(chain.seq, text));
    return taken ? { event, sha256: this.format.digest(event, text), path } : null;
  }

  /** Calls `attempt` until it gives something. */
  protected async untilTaken<T>(attempt: () => Promise<T | null>): Promise<T> {
    for (let count = 0; count < MAX_ATTEMPTS; count++) {
      const result = await attempt();
      if (result !== null) return result;
    }
    throw new SegmentryError(
      `Cannot add a record to ${this.folder}: each of ${MAX_ATTEMPTS} attempts found its number taken. Check that the file system is healthy.`,
      'infrastructure',
    );
  }

  private async entry(seq: number, isNewest: boolean): Promise<LogEntry<R>> {
    const { called } = this.format;
    const path = this.files.pathOf(seq);
    const text = await this.files.text(seq, isNewest);
    if (text === null) {
      throw new SegmentryError(
        `The ${called} ${path} is missing, though later ones are there: it was deleted, or the folder was copied while it changed. Restore it.`,
        'data',
      );
    }
    if (!isWhole(text)) {
      // Of the newest nobody can tell whether its writer is dead or slow, on another machine perhaps: whoever asks again may find it whole.
      throw isNewest
        ? new SegmentryError(
            `The ${called} ${path} is not readable as JSON: its writer is still at it, or was interrupted. If it stays so while nothing that ` +
              'writes there runs, what it recorded did not happen: then delete the file.',
            'infrastructure',
          )
        : new SegmentryError(`The ${called} ${path} is not readable as JSON: it was changed. Restore it.`, 'data');
    }
    const event = this.format.parse(text, seq, path);
    return { event, sha256: this.format.digest(event, text), path };
  }
}
