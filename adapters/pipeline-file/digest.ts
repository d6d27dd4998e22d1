/** The version of a pipeline: what it says, not how it is written. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.js';
import type { Pipeline } from '../../domain/pipeline.js';

/**
 * SHA-256 (hex) of the complete pipeline. Comments, key order, spelled-out defaults and the lines where things stand do
 * not change it; anything that could change a result does.
 */
export function digestOf(pipeline: Pipeline): string {
  return createHash('sha256').update(canonicalJson(pipeline)).digest('hex');
}
