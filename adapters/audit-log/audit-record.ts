/** One audit record as a file: JSON that people can read, with a digest of its own content. */
import { z } from 'zod';
import { canonicalJson } from '../../domain/canonical-json.js';
import { withoutCredentials } from '../../domain/credentials.js';
import { SegmentryError } from '../../domain/errors.js';
import { sha256Of } from '../artifact-store/durable-files.js';
import type { ChainLink, RecordFormat } from '../hash-chained-log/hash-chained-log.js';

export const AUDIT_FORMAT = 'segmentry/audit/v1';

/** What is recorded. A word is added, never changed; a reader shows words that it does not know. */
export type AuditAction =
  | 'run-requested'
  | 'run-started'
  | 'run-joined'
  | 'verdict'
  | 'run-cancelled'
  | 'rollback'
  | 'promote'
  | 'notify'
  | 'alias-set'
  | 'version-added'
  | 'schedule-created'
  | 'schedule-replaced'
  | 'schedule-paused'
  | 'schedule-resumed'
  | 'schedule-triggered'
  | 'schedule-deleted';

export type AuditDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What somebody did, without what the log itself adds. */
export interface AuditEvent {
  /** Who did it: a person, a schedule, or the worker that acted for a run. */
  readonly actor: string;
  readonly action: AuditAction;
  /** What it was done to: a pipeline, a schedule, `model/version`. */
  readonly subject: string;
  /** The run that it belongs to. */
  readonly run: string | null;
  readonly details: AuditDetails;
  /** Same key, same deed: a second record with one key is never written, however often the deed is retried. */
  readonly key: string | null;
}

export interface AuditRecord extends ChainLink, Omit<AuditEvent, 'action'> {
  readonly format: typeof AUDIT_FORMAT;
  readonly action: string;
  /** SHA-256 of the record's canonical JSON without this field. `previous` is the one of the record before. */
  readonly hash: string;
}

const RecordShape = z.looseObject({
  format: z.literal(AUDIT_FORMAT),
  seq: z.int().positive(),
  time: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  run: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  key: z.string().nullable(),
  previous: z.string().nullable(),
  hash: z.string(),
});

/** Of everything that the file says, so that nothing can be added to it either. */
export function auditHash(record: object): string {
  return sha256Of(canonicalJson({ ...record, hash: undefined }));
}

/** Null for a text that is no audit record of this version. */
export function readAuditRecord(text: string): AuditRecord | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const read = RecordShape.safeParse(json);
  return read.success ? read.data : null;
}

export const AUDIT_RECORD: RecordFormat<AuditRecord, AuditEvent> = {
  called: 'audit record',
  complete(chain, event) {
    const { actor, action, subject, run, details, key } = event;
    const record = {
      format: AUDIT_FORMAT,
      ...chain,
      actor: withoutCredentials(actor),
      action,
      subject: withoutCredentials(subject),
      run,
      details: Object.fromEntries(
        Object.entries(details).map(([name, value]) => [
          name,
          typeof value === 'string' ? withoutCredentials(value) : value,
        ]),
      ),
      key,
    } as const;
    return { ...record, hash: auditHash(record) };
  },
  text: (record) => `${JSON.stringify(record, null, 2)}\n`,
  parse(text, seq, path) {
    const record = readAuditRecord(text);
    if (record?.seq === seq) return record;
    throw new SegmentryError(
      `The audit record ${path} is not the one that was written. \`segmentry audit verify\` tells what is wrong with the log.`,
      'data',
    );
  },
  digest: ({ hash }) => hash,
};
