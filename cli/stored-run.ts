/** A finished run of the artifact store, by its id or the beginning of it. */
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { createAuditLog } from '../adapters/audit-log/index.js';
import { SegmentryError } from '../domain/errors.js';
import { RESULT_FILE } from '../domain/result.js';

/** @param given without it the latest */
export async function findStoredRun(store: ArtifactStore, given: string | undefined): Promise<string> {
  const runs = (await store.runs()).filter(({ files }) => files.includes(RESULT_FILE));
  const matching = given === undefined ? runs.slice(0, 1) : runs.filter(({ run }) => run.startsWith(given));
  const found = matching.find(({ run }) => run === given) ?? matching[0];
  if (found !== undefined && (matching.length === 1 || found.run === given)) return found.run;
  if (given !== undefined && matching.length === 0) await explainWithoutResult(store, given);
  const names = matching.map(({ run }) => run).join(', ');
  if (given === undefined)
    throw new SegmentryError(
      `no run has a result in ${store.uri}; \`segmentry run pipeline.yaml\` makes one, and --store names another store`,
      'usage',
    );
  const what = names === '' ? `no run is called "${given}"` : `"${given}" could be ${names}`;
  throw new SegmentryError(`${what} in ${store.uri}; \`segmentry report --list\` lists the runs`, 'usage');
}

/** Throws where the audit log tells of a run that began: it is under way, or ended without a verdict. */
async function explainWithoutResult(store: ArtifactStore, given: string): Promise<void> {
  // A log that cannot be read is no reason to say anything else than that there is no result.
  const records = await createAuditLog(store.uri)
    .read()
    .catch(() => []);
  const begun = records.flatMap(({ event: { action, run } }) =>
    action === 'run-started' && run?.startsWith(given) === true ? [run] : [],
  );
  const run = begun.find((one) => one === given) ?? begun.at(-1);
  if (run === undefined) return;
  throw new SegmentryError(
    `the run ${run} has no result in ${store.uri}, or not yet: \`segmentry status ${run}\` says where it is, ` +
      `\`segmentry watch ${run}\` follows it to its end`,
    'infrastructure',
  );
}
