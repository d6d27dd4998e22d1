/**
 * A process that may open no further file while it flushes an artifact, and may again at the second attempt. Started by
 * folder-store.test.ts with a store and a reference; prints what came of both.
 */
import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { FolderArtifactStore } from '../../../dist/adapters/artifact-store/folder-store.js';

const [folder, ref] = process.argv.slice(2);
const store = new FolderArtifactStore(folder);

const flush = () =>
  store.flush([JSON.parse(ref)]).then(
    () => 'flushed',
    (error) => error.message,
  );

const open = [];
try {
  for (;;) open.push(openSync('/dev/null', 'r'));
} catch (error) {
  if (error.code !== 'EMFILE') throw error;
}
const outOfFiles = await flush();
for (const file of open) closeSync(file);
process.stdout.write(JSON.stringify({ outOfFiles, afterwards: await flush() }));
