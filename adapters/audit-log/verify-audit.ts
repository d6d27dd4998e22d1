/** Whether an audit log is still the one that was written. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explained, ifPresent } from '../artifact-store/io-errors.js';
import { NumberedFiles, numberOf } from '../hash-chained-log/numbered-files.js';
import { HEAD_FILE, type AuditHead, readHead } from './audit-head.js';
import { type AuditRecord, auditHash, readAuditRecord } from './audit-record.js';

/**
 * - `changed`: its content is not what its hash says, or not what the record after it names
 * - `missing`: later records are there
 * - `reordered`: it is another record of a log, under this number
 * - `truncated`: records at the end are gone that something else still names
 * - `foreign`: it does not belong into this log
 */
export type AuditDamage = 'changed' | 'missing' | 'reordered' | 'truncated' | 'foreign';

/** An end of the log that was written down elsewhere. */
export interface AuditAnchor extends AuditHead {
  /** Where, for messages: "runs/flight-delays.2.3f9c1d2e7a10/artifacts.json". */
  readonly from: string;
}

export type AuditCheck =
  | { readonly ok: true; readonly records: number; readonly head: AuditHead | null; readonly anchors: number }
  | {
      readonly ok: false;
      /** Of the first broken record; null for a file that is none. */
      readonly seq: number | null;
      readonly path: string;
      readonly damage: AuditDamage;
      readonly problem: string;
    };

type Damage = Extract<AuditCheck, { ok: false }>;

/**
 * Follows the chain from the first record, then compares its end with the head file and with what others wrote down.
 * Anybody who may write to the folder, and to all the places that name an end, can write another log: only an end that is
 * kept where they cannot write proves the opposite.
 */
export async function verifyAudit(folder: string, anchors: readonly AuditAnchor[]): Promise<AuditCheck> {
  const files = new NumberedFiles(folder);
  // Before the records: then the log holds everything that the head was written for.
  const head = await readHead(folder);
  const names = await explained(
    'read the audit log in',
    folder,
    async () => (await ifPresent(() => readdir(folder))) ?? [],
  );
  const newest = names.reduce((largest, name) => Math.max(largest, numberOf(name)), 0);
  const known: AuditAnchor[] = [...anchors];
  if (head !== null && typeof head !== 'string') known.push({ ...head, from: HEAD_FILE });

  const hashes: string[] = [];
  let before: AuditRecord | null = null;
  for (let seq = 1; seq <= newest; seq++) {
    const path = files.pathOf(seq);
    const text = await explained('read', path, () => files.text(seq, seq === newest));
    const broken = (damage: AuditDamage, problem: string): Damage => ({ ok: false, seq, path, damage, problem });
    if (text === null) return broken('missing', 'it is not there, and later records are');
    const record = readAuditRecord(text);
    if (record === null) return broken('changed', 'it is no audit record, or not a whole one');
    if (auditHash(JSON.parse(text) as object) !== record.hash)
      return broken('changed', 'its hash is not that of its content');
    if (record.seq !== seq) return broken('reordered', `it says that it is number ${record.seq}`);
    if (record.previous !== (before?.hash ?? null)) {
      return before === null || !(await belongs(files, before, record, known))
        ? broken('foreign', 'it names another record before it than the one that is there')
        : {
            ...broken('changed', `its hash is not the one that record ${seq} names`),
            seq: seq - 1,
            path: files.pathOf(seq - 1),
          };
    }
    hashes.push(record.hash);
    before = record;
  }
  const end = cutOrRewritten(files, hashes, known);
  if (end !== null) return end;
  const headPath = join(folder, HEAD_FILE);
  if (typeof head === 'string') return { ok: false, seq: null, path: headPath, damage: 'changed', problem: head };
  if (head === null && newest > 0)
    return { ok: false, seq: null, path: headPath, damage: 'missing', problem: 'it is not there, and records are' };
  const stranger = names
    .filter((name) => !name.startsWith('.') && name !== HEAD_FILE && numberOf(name) === 0)
    .sort()[0];
  if (stranger !== undefined) {
    return {
      ok: false,
      seq: null,
      path: join(folder, stranger),
      damage: 'foreign',
      problem: 'it is no record of this log',
    };
  }
  return {
    ok: true,
    records: newest,
    head: before === null ? null : { seq: before.seq, hash: before.hash },
    anchors: anchors.length,
  };
}

/**
 * Of two neighbours that do not fit: whether it is the second one that belongs here, because an anchor or the record after
 * it says so. The last one of a log that nothing else names counts as the one that belongs.
 */
async function belongs(
  files: NumberedFiles,
  before: AuditRecord,
  record: AuditRecord,
  anchors: readonly AuditAnchor[],
): Promise<boolean> {
  const next = await files.text(record.seq + 1, false);
  if (next !== null) return readAuditRecord(next)?.previous === record.hash;
  return anchors.every(({ seq, hash }) =>
    seq === record.seq ? hash === record.hash : seq !== before.seq || hash !== before.hash,
  );
}

/** The first record that an anchor names and that is not there, or is another. */
function cutOrRewritten(
  files: NumberedFiles,
  hashes: readonly string[],
  anchors: readonly AuditAnchor[],
): Damage | null {
  const wrong = anchors.filter(({ seq, hash }) => hashes[seq - 1] !== hash);
  const [first] = wrong.toSorted((a, b) => a.seq - b.seq);
  if (first === undefined) return null;
  const { seq, from } = first;
  if (seq <= hashes.length) {
    const problem = `it is not the record that ${from} names: the log was written anew from here or from before`;
    return { ok: false, seq, path: files.pathOf(seq), damage: 'changed', problem };
  }
  const missing = hashes.length + 1;
  const last = wrong.reduce((latest, anchor) => (anchor.seq > latest.seq ? anchor : latest), first);
  const which = missing === last.seq ? `record ${missing} was` : `records ${missing} to ${last.seq} were`;
  const problem = `${which} cut off the end: ${last.from} names record ${last.seq}`;
  return { ok: false, seq: missing, path: files.pathOf(missing), damage: 'truncated', problem };
}
