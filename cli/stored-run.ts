/** A finished run of the artifact store, by its id or the beginning of it. */
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { SegmentryError } from '../domain/errors.js';

/** @param given without it the latest */
export async function findStoredRun(store: ArtifactStore, given: string | undefined): Promise<string> {
  const runs = (await store.runs()).filter(({ files }) => files.includes('result.json'));
  const matching = given === undefined ? runs.slice(0, 1) : runs.filter(({ run }) => run.startsWith(given));
  const found = matching.find(({ run }) => run === given) ?? matching[0];
  if (found !== undefined && (matching.length === 1 || found.run === given)) return found.run;
  const names = matching.map(({ run }) => run).join(', ');
  const what =
    given === undefined
      ? 'no run has a result'
      : names === ''
        ? `no run is called "${given}"`
        : `"${given}" could be ${names}`;
  throw new SegmentryError(`${what} in ${store.uri}; \`segmentry report --list\` lists the runs`, 'usage');
}
