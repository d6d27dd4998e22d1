/** Who did what, in the order in which it was done: an append-only log that any number of processes write to at once. */
import { join } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { sha256Of } from '../artifact-store/durable-files.js';
import { folderOf } from '../artifact-store/folder-uri.js';
import { explained } from '../artifact-store/io-errors.js';
import { HashChainedLog, type HashChainedLogOptions, READ_AT_ONCE } from '../hash-chained-log/hash-chained-log.js';
import { type AuditHead, writeHead } from './audit-head.js';
import { AUDIT_RECORD, type AuditEvent, type AuditRecord, readAuditRecord } from './audit-record.js';

/** Below the artifact store's folder: whoever shares the store shares the log. */
export const AUDIT_FOLDER = 'audit';

export interface AuditLog {
  readonly uri: string;
  /**
   * Adds a record, unless one with its key is there.
   * @returns the record with that key, or the new one: where the log ended then
   */
  record(event: AuditEvent): Promise<AuditHead>;
}

/** The log of an artifact store, by the store's place. Nothing is touched before it is used. */
export function createAuditLog(store: string): FolderAuditLog {
  const folder = folderOf(store, 'artifacts');
  if (folder === null) {
    throw new SegmentryError(`${store}: the audit log is kept in a folder; give a folder as artifact store.`, 'usage');
  }
  return new FolderAuditLog(join(folder, AUDIT_FOLDER));
}

/**
 * Writing reads only what is new since this process wrote last. A record that was damaged meanwhile does not stop it: what
 * happens now must be recorded in any case, and `segmentry audit verify` tells of the damage.
 */
export class FolderAuditLog extends HashChainedLog<AuditRecord, AuditEvent> implements AuditLog {
  /** What this process has seen of the log. */
  private seen: AuditHead = NOTHING;
  private readonly keys = new Map<string, AuditHead>();
  /** One at a time: two deeds of this process must not race each other for a number. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, options: HashChainedLogOptions = { now: () => new Date() }) {
    super(folder, AUDIT_RECORD, options);
  }

  get uri(): string {
    return this.folder;
  }

  async record(event: AuditEvent): Promise<AuditHead> {
    const recorded = this.turn.then(() => this.recordNow(event));
    this.turn = recorded.catch(() => undefined);
    return recorded;
  }

  private async recordNow(event: AuditEvent): Promise<AuditHead> {
    const { head, isNew } = await this.untilTaken(async () => {
      await explained('read the audit log in', this.folder, () => this.catchUp());
      const known = event.key === null ? undefined : this.keys.get(event.key);
      if (known !== undefined) return { head: known, isNew: false };
      const previous = this.seen.seq === 0 ? null : this.seen.hash;
      const taken = await this.appendAfter(this.seen.seq, previous, event);
      if (taken === null) return null;
      this.note(taken.event.seq, taken.event.hash, taken.event.key);
      return { head: this.seen, isNew: true };
    });
    // Also for a record that was there: its writer may have been killed before it wrote the head.
    if (isNew || head.seq === this.seen.seq) await this.refreshHead();
    return head;
  }

  /** Of two that write the head at once the older may come last, so it is written until nothing is newer. */
  private async refreshHead(): Promise<void> {
    for (;;) {
      const written = this.seen;
      await writeHead(this.folder, written);
      await explained('read the audit log in', this.folder, () => this.catchUp());
      if (this.seen.seq <= written.seq) return;
    }
  }

  /** Reads what others added. A log that is another than the one that was seen (deleted, restored) is read anew. */
  private async catchUp(): Promise<void> {
    const newest = await this.files.newest();
    if (newest < this.seen.seq || !(await this.isStillThere())) {
      this.seen = NOTHING;
      this.keys.clear();
    }
    for (let first = this.seen.seq + 1; first <= newest; first += READ_AT_ONCE) {
      const seqs = Array.from({ length: Math.min(READ_AT_ONCE, newest - first + 1) }, (_, i) => first + i);
      const texts = await Promise.all(seqs.map((seq) => this.files.text(seq, seq === newest)));
      for (const [index, text] of texts.entries()) {
        // Gone while it was waited for: its writer could not write it whole, and the number is free again.
        if (text === null && seqs[index] === newest) return;
        const record = text === null ? null : readAuditRecord(text);
        // A damaged record has a digest too, and the next one names it: the chain then says where it broke.
        this.note(seqs[index]!, record?.hash ?? sha256Of(text ?? ''), record?.key ?? null);
      }
    }
  }

  private async isStillThere(): Promise<boolean> {
    if (this.seen.seq === 0) return true;
    const text = await this.files.text(this.seen.seq, true);
    return text !== null && (readAuditRecord(text)?.hash ?? sha256Of(text)) === this.seen.hash;
  }

  private note(seq: number, hash: string, key: string | null): void {
    this.seen = { seq, hash };
    if (key !== null && !this.keys.has(key)) this.keys.set(key, this.seen);
  }
}

const NOTHING: AuditHead = { seq: 0, hash: '' };
