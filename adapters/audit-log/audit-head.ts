/**
 * `head.json`: the newest record and its hash. Records that are cut off the end leave no trace in those before them, so
 * the end is written down a second time. It may be behind (a process was killed in between), never ahead.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../artifact-store/durable-files.js';
import { explained, ifPresent } from '../artifact-store/io-errors.js';

const HEAD_FORMAT = 'segmentry/audit-head/v1';
export const HEAD_FILE = 'head.json';

/** Where a log ended at some time. Whoever keeps one elsewhere can tell later that the log was not cut. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

const Head = z.object({ format: z.literal(HEAD_FORMAT), seq: z.int().positive(), hash: z.string() });

/** Null when it is missing; a string saying why when it cannot be understood. */
export async function readHead(folder: string): Promise<AuditHead | string | null> {
  const path = join(folder, HEAD_FILE);
  const text = await explained('read', path, () => ifPresent(() => readFile(path, 'utf8')));
  if (text === null) return null;
  try {
    const { seq, hash } = Head.parse(JSON.parse(text));
    return { seq, hash };
  } catch {
    return 'it is not as Segmentry wrote it';
  }
}

export async function writeHead(folder: string, { seq, hash }: AuditHead): Promise<void> {
  const path = join(folder, HEAD_FILE);
  const text = `${JSON.stringify({ format: HEAD_FORMAT, seq, hash }, null, 2)}\n`;
  await explained('write', path, () => writeDurably(path, text));
}
