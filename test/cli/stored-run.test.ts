import { expect, it } from 'vitest';
import { createArtifactStore } from '../../adapters/artifact-store/index.js';
import { createAuditLog } from '../../adapters/audit-log/index.js';
import { findStoredRun } from '../../cli/stored-run.js';
import { newFolder } from '../scratch-folder.js';

const RUN = 'fraud.2.104241d4a988';

it('a run that has begun and has no result is known, and one that nobody began is not', async () => {
  const store = createArtifactStore(await newFolder());
  await expect(findStoredRun(store, RUN)).rejects.toThrow(`no run is called "${RUN}"`);
  const started = {
    action: 'run-started',
    subject: 'fraud',
    run: RUN,
    details: {},
    key: `run-started/${RUN}`,
  } as const;
  await createAuditLog(store.uri).record({ ...started, actor: 'a test' });
  for (const given of [RUN, 'fraud.2']) {
    await expect(findStoredRun(store, given)).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining(`\`segmentry watch ${RUN}\` follows it`) as string,
    });
  }
  await expect(findStoredRun(store, 'fraud.3')).rejects.toThrow('no run is called "fraud.3"');
  await store.writeRunFile(RUN, 'result.json', new TextEncoder().encode('{}'));
  expect(await findStoredRun(store, 'fraud.2')).toBe(RUN);
});
