/**
 * A result as text: what its digest covers, and result.json. The lists of segments and checks are megabytes where there are
 * thousands, so they are written once, and where they come from an artifact that has them as text not at all.
 */
import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import { canonicalJson } from '../domain/canonical-json.js';
import type { Result } from '../domain/result.js';
import type { MeasuredSegmentation } from './contract.js';

/** With more segments than this nobody reads `result.json` line by line, and its spaces would be half of it. */
const READ_SEGMENTS = 1_000;

/** The result's long lists as canonical JSON. */
export interface ResultLists {
  readonly segments: string;
  readonly checks: string;
}

/** The segments of all segmentations as one list, which their artifacts are the pieces of. */
export async function segmentsText(store: ArtifactStore, measures: readonly MeasuredSegmentation[]): Promise<string> {
  const inside: string[] = [];
  for (const { segments, count } of measures) {
    if (count === 0) continue;
    const list = Buffer.from(await store.readBytes(segments)).toString('utf8');
    inside.push(list.slice('['.length, -']'.length));
  }
  return `[${inside.join(',')}]`;
}

/** SHA-256 of what the manifest determines. What was done about it, when, and how long it took are not part of that. */
export function digestOf(result: Omit<Result, 'digest'>, lists: ResultLists = listsOf(result)): string {
  const { format, pipeline, verdict, reasons, manifest, discovered } = result;
  // The bad rows of a rule are kept for people; which of them are kept first is DuckDB's choice.
  const validation = result.validation.map(({ rule, outcome, badRows, message }) => ({
    rule,
    outcome,
    badRows,
    message,
  }));
  const rest = { format, pipeline, verdict, reasons, manifest, validation, discovered };
  const members = Object.entries(rest).map(([key, value]) => [key, canonicalJson(value)] as const);
  const inOrder = [...members, ...Object.entries(lists)].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(object(inOrder)).digest('hex');
}

/** The text of result.json. */
export function resultJson(result: Result, lists: ResultLists): string {
  if (result.segments.length <= READ_SEGMENTS) return `${JSON.stringify(result, null, 2)}\n`;
  const members = Object.entries(result).map(
    ([key, value]) => [key, key === 'segments' || key === 'checks' ? lists[key] : JSON.stringify(value)] as const,
  );
  return `${object(members)}\n`;
}

function listsOf({ segments, checks }: Pick<Result, 'segments' | 'checks'>): ResultLists {
  return { segments: canonicalJson(segments), checks: canonicalJson(checks) };
}

/** An object of these keys and the JSON of their values. */
function object(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}
