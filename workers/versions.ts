/** The versions that a result depends on, for its manifest. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { duckdbVersion } from '../adapters/duckdb/database.js';
import type { Manifest } from '../domain/manifest.js';

const require = createRequire(import.meta.url);

/** Of this package, from the nearest package.json: one folder up in the sources, two in the build. */
export const SEGMENTRY_VERSION = ownVersion();

export function versions(): Manifest['versions'] {
  return { segmentry: SEGMENTRY_VERSION, duckdb: duckdbVersion(), onnxruntime: packageVersion('onnxruntime-node') };
}

function ownVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'segmentry' && version !== undefined) return version;
    } catch {
      // Not there: the next one.
    }
  }
  throw new Error('package.json of segmentry was not found');
}

function packageVersion(name: string): string {
  return (require(`${name}/package.json`) as { readonly version: string }).version;
}
