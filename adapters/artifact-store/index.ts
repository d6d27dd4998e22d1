/** The artifact store behind a URI. */
import { join } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import type { ArtifactStore } from './artifact-store.js';
import { FolderArtifactStore } from './folder-store.js';
import { folderOf } from './folder-uri.js';

export { ArtifactCorrupt, ArtifactMissing, type ArtifactStore, type RunEntry } from './artifact-store.js';

/** Where artifacts go when nothing else is said: below the folder of the command. */
export function defaultArtifactFolder(folder: string): string {
  return join(folder, '.segmentry', 'artifacts');
}

/** Opens the store at a path or `file://` URI. Nothing is touched before something is stored or read. */
export function createArtifactStore(uri: string): ArtifactStore {
  const folder = folderOf(uri, 'artifacts');
  if (folder !== null) return new FolderArtifactStore(folder);
  if (/^s3:/i.test(uri)) {
    throw new SegmentryError(
      `${uri}: an artifact store in S3 is not available yet in this version; give a folder.`,
      'usage',
    );
  }
  throw new SegmentryError(
    `${uri} is not a place for artifacts that Segmentry knows: give a folder or a file:// URI.`,
    'usage',
  );
}
