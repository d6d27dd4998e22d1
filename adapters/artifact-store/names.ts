/** What may become part of a path. Nothing else does, so no name can lead out of the store. */
import { SegmentryError } from '../../domain/errors.js';

const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Characters of the name of a file of ours. File systems take 255 bytes, and a file on its way is called after it, with a process id and
 * a UUID beside (`temporaryBeside`): 50 more.
 */
const FILE_NAME_LENGTH = 200;

/**
 * Characters of a run's id, which is the name of a folder: what file systems take. A pipeline of 100, a version of 128 and the digits
 * of the run come to 242; a run must not find out that its id is too long when it has acted and wants to write its result.
 */
const RUN_LENGTH = 255;

// Runs are workflow ids; a schedule appends a time ("...-2026-01-31T06:00:00Z"), hence the colon.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@=+-]*$/;
const SUFFIX = /^(\.?[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/;

export function checkDigest(sha256: string): string {
  return check(DIGEST, sha256, 'a SHA-256 (64 lower-case hex digits)');
}

/** @param what what is named, as in "a kind of entry" */
export function checkName(name: string, what: string): string {
  return checkLength(name, what, FILE_NAME_LENGTH);
}

export function checkRun(run: string): string {
  return checkLength(run, 'a run', RUN_LENGTH);
}

function checkLength(name: string, what: string, most: number): string {
  const rule = `the name of ${what} (at most ${most} letters, digits and . _ : @ = + -, a letter or digit first)`;
  return check({ test: (value) => value.length <= most && NAME.test(value) }, name, rule);
}

export function checkSuffix(suffix: string): string {
  return check(SUFFIX, suffix, 'a suffix of a file name, such as ".parquet"');
}

function check(allowed: Pick<RegExp, 'test'>, value: string, what: string): string {
  // A caller without types (a script over the built package) may pass anything.
  if (typeof value === 'string' && allowed.test(value)) return value;
  throw new SegmentryError(`${JSON.stringify(value)} is not ${what}.`, 'data');
}
