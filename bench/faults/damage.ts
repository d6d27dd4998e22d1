/** What can happen to a file on a disk, and what a file of the store is. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export const DAMAGES = ['a bit flipped', 'cut off in the middle', 'the second half zeros', 'deleted'] as const;
export type Damage = (typeof DAMAGES)[number];

/** What the bench wants of the hook in a worker. */
export interface DamageOrder {
  readonly trial: string;
  /** Of the file to damage, in the order in which the trial stores them; -1 for none. */
  readonly number: number;
  readonly damage: Damage;
}

/** What the hook tells of a file that was stored. */
export interface Stored {
  readonly trial: string;
  readonly number: number;
  readonly kind: string;
}

/** What a file of the store is, by how it begins: canonical JSON begins with the first of its keys. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^PAR1/, 'rows'],
  [/^ARROW1/, 'columns of rows: layout, predictions'],
  [/^.{2,8}skl2onnx/s, 'model'],
  [/^\{"act":.*"baseline"/s, 'resolved request, context of the run'],
  [/^\{"centres":/, 'clusters'],
  [/^\{"checks":/, 'decision'],
  [/^\{"features":.*"column"/s, 'layout'],
  [/^\[\{"artifact":/, 'findings'],
  [/^\[\{"codes":/, 'segments'],
  [/^\[\{"metrics":/, 'measures'],
];

export function damageFile(path: string, damage: Damage): void {
  if (damage === 'deleted') {
    rmSync(path);
    return;
  }
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  if (damage === 'a bit flipped') bytes.writeUInt8(bytes.readUInt8(middle) ^ 4, middle);
  else if (damage === 'the second half zeros') bytes.fill(0, middle);
  writeFileSync(path, damage === 'cut off in the middle' ? bytes.subarray(0, middle) : bytes);
}

/** What a file of the store is, by where it is and what is in it. */
export function kindOf(path: string): string {
  if (path.includes('/index/')) return `what is remembered of ${basename(dirname(path))}`;
  const start = readFileSync(path).subarray(0, 200).toString('latin1');
  return KINDS.find(([known]) => known.test(start))?.[1] ?? 'codes';
}
