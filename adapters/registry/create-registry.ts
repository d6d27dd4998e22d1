/** The model registry behind a URI. */
import { SegmentryError } from '../../domain/errors.js';
import { folderOf } from '../artifact-store/folder-uri.js';
import { FolderRegistry } from './folder-registry.js';
import type { ModelRegistry } from './registry.js';

/** Opens the registry at a path or `file://` URI. Nothing is touched before it is used. */
export function createRegistry(uri: string): ModelRegistry {
  const folder = folderOf(uri, 'registry');
  if (folder !== null) return new FolderRegistry(folder);
  if (/^mlflow/i.test(uri)) {
    throw new SegmentryError(
      `${uri}: MLflow registries are not available yet in this version; give a folder.`,
      'usage',
    );
  }
  throw new SegmentryError(`${uri} is not a registry that Segmentry knows: give a folder or a file:// URI.`, 'usage');
}
