/** Work that an earlier run has done: found in the store under a digest of everything that it was computed from. */
import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { canonicalJson } from '../domain/canonical-json.js';

/** SHA-256 of the facts, for {@link ArtifactStore.recall}. */
export function keyOf(facts: unknown): string {
  return createHash('sha256').update(canonicalJson(facts)).digest('hex');
}

/** What the key stands for, if all artifacts that it names are still there; null when it has to be computed. */
export async function recallWhole<T>(
  store: ArtifactStore,
  kind: string,
  key: string,
  refsOf: (value: T) => readonly ArtifactRef[],
): Promise<T | null> {
  const found = (await store.recall(kind, key)) as T | null;
  if (found === null) return null;
  for (const { sha256 } of refsOf(found)) if (!(await store.has(sha256))) return null;
  return found;
}
