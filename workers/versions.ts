/** The versions that a result depends on, for its manifest. */
import { createRequire } from 'node:module';
import { duckdbVersion } from '../adapters/duckdb/database.js';
import type { Manifest } from '../domain/manifest.js';
import { SEGMENTRY_VERSION } from './package-version.js';

const require = createRequire(import.meta.url);

export function versions(): Manifest['versions'] {
  return { segmentry: SEGMENTRY_VERSION, duckdb: duckdbVersion(), onnxruntime: packageVersion('onnxruntime-node') };
}

function packageVersion(name: string): string {
  return (require(`${name}/package.json`) as { readonly version: string }).version;
}
