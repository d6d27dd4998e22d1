/** The keyed part of a folder store: `index/<kind>/<key>.json`, small values under the digest of what they came from. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/canonical-json.js';
import { sha256Of, writeWhole } from './durable-files.js';
import { explained, ifPresent } from './io-errors.js';
import { checkDigest, checkName } from './names.js';

export class FolderIndex {
  constructor(private readonly folder: string) {}

  async remember(kind: string, key: string, value: unknown): Promise<void> {
    const path = this.pathOf(kind, key);
    const text = canonicalJson(value);
    // The value goes with its own digest: a flipped bit in here would otherwise be believed. What a power cut leaves shows by it too.
    const entry = `{"sha256":"${sha256Of(text)}","value":${text}}\n`;
    await explained('write to the artifact folder', path, () => writeWhole(path, entry));
  }

  async recall(kind: string, key: string): Promise<unknown> {
    const path = this.pathOf(kind, key);
    const entry = await explained('read', path, () => ifPresent(() => readFile(path, 'utf8')));
    if (entry === null) return null;
    const value = parse(entry);
    // Out of the way, so that it is not read in vain each time; the next `remember` writes it anew.
    if (value === undefined) await rm(path, { force: true }).catch(() => undefined);
    return value ?? null;
  }

  private pathOf(kind: string, key: string): string {
    return join(this.folder, checkName(kind, 'a kind of entry'), `${checkDigest(key)}.json`);
  }
}

/** The value of an entry, undefined when it is damaged. */
function parse(entry: string): unknown {
  try {
    const read = JSON.parse(entry) as { sha256?: unknown; value?: unknown } | null;
    return read?.sha256 === sha256Of(canonicalJson(read?.value)) ? read.value : undefined;
  } catch {
    return undefined;
  }
}
