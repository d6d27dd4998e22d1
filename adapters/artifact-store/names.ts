/** What may become part of a path. Nothing else does, so no name can lead out of the store. */
import { SegmentryError } from '../../domain/errors.js';

const DIGEST = /^[0-9a-f]{64}$/;
// Runs are workflow ids; a schedule appends a time ("...-2026-01-31T06:00:00Z"), hence the colon.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@=+-]{0,199}$/;
const SUFFIX = /^(\.?[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/;

export function checkDigest(sha256: string): string {
  return check(DIGEST, sha256, 'a SHA-256 (64 lower-case hex digits)');
}

/** @param what what is named, as in "a run" */
export function checkName(name: string, what: string): string {
  return check(
    NAME,
    name,
    `the name of ${what} (at most 200 letters, digits and . _ : @ = + -, a letter or digit first)`,
  );
}

export function checkSuffix(suffix: string): string {
  return check(SUFFIX, suffix, 'a suffix of a file name, such as ".parquet"');
}

function check(allowed: RegExp, value: string, what: string): string {
  // A caller without types (a script over the built package) may pass anything.
  if (typeof value === 'string' && allowed.test(value)) return value;
  throw new SegmentryError(`${JSON.stringify(value)} is not ${what}.`, 'data');
}
