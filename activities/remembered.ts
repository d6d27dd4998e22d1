/** Work that an earlier run has done: found in the store under a digest of everything that it was computed from. */
import { createHash } from 'node:crypto';
import { ArtifactCorrupt, ArtifactMissing, type ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { canonicalJson } from '../domain/canonical-json.js';

/** SHA-256 of the facts, for {@link ArtifactStore.recall}. */
export function keyOf(facts: unknown): string {
  return createHash('sha256').update(canonicalJson(facts)).digest('hex');
}

/**
 * What the key stands for, if all artifacts that it names are whole; null when it has to be computed. Damage is found here, where the work
 * can be done again: the stages that read them could only give the run up, which is made again for each loss that is found, and not for ever
 * (docs/decisions/0012-a-lost-artifact-makes-the-run-again.md).
 */
export async function recallWhole<T>(
  store: ArtifactStore,
  kind: string,
  key: string,
  refsOf: (value: T) => readonly ArtifactRef[],
): Promise<T | null> {
  const found = (await store.recall(kind, key)) as T | null;
  if (found === null) return null;
  for (const ref of refsOf(found)) if (!(await isWhole(store, ref))) return null;
  return found;
}

/** Whether its bytes are there and the right ones; damaged ones are set aside. Of what this process wrote or has read, it takes a look at the file. */
export async function isWhole(store: Pick<ArtifactStore, 'localPath'>, ref: ArtifactRef): Promise<boolean> {
  try {
    await store.localPath(ref);
    return true;
  } catch (error) {
    if (error instanceof ArtifactMissing || error instanceof ArtifactCorrupt) return false;
    throw error;
  }
}
