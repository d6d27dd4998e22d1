/** Which code this is, known without loading what computes. */
import { readFileSync } from 'node:fs';
import { SegmentryError } from '../domain/errors.js';

/** Of this package, from the nearest package.json: one folder up in the sources, two in the build. */
export const SEGMENTRY_VERSION = ownVersion();

/**
 * Of this code: package version and a digest over everything that was compiled, as `scripts/build.js` wrote it down. Hashing at each start would
 * read the same files again for the same answer.
 *
 * @throws SegmentryError of kind `usage` where there is no build
 */
export function ownBuildId(): string {
  const id = buildIdIfBuilt();
  if (id !== null) return id;
  throw new SegmentryError(
    'This installation has no dist/build-id, so its workers cannot say which code they are: build it anew ' +
      '(npm run build), or give --build-id.',
    'usage',
  );
}

/** The same, or null for code that runs from its sources. */
export function buildIdIfBuilt(): string | null {
  try {
    return `${SEGMENTRY_VERSION}-${readFileSync(new URL('../build-id', import.meta.url), 'utf8').trim()}`;
  } catch {
    return null;
  }
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
