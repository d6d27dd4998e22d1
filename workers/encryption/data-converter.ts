/** How clients and workers turn values into what Temporal keeps, with or without encryption. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec, type EncryptionCodecOptions } from './encryption-codec.js';
import type { Keyring } from './keyring.js';

/** Also without keys: then what is encrypted is refused with advice, rather than taken for something else. */
export function clientDataConverter(keyring: Keyring): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(keyring)] };
}

/**
 * With keys, messages and stack traces of failures become payloads too. Those that arise in workflow code are made in the
 * sandbox: see {@link workflowCodeFor}.
 */
export function workerDataConverter(keyring: Keyring, options: EncryptionCodecOptions = {}): DataConverter {
  const payloadCodecs = [new EncryptionCodec(keyring, options)];
  return keyring.first === null ? { payloadCodecs } : { payloadCodecs, failureConverterPath: failureConverterFile() };
}

/** The bundle of workflows with its failures encoded, as `workflows/failure-converter.ts` looks for it. */
export function workflowCodeFor(keyring: Keyring, bundle: string): string {
  // On the first line, so that the lines of the source map stay right.
  return keyring.first === null ? bundle : `globalThis.SEGMENTRY_ENCODES_FAILURES=true;${bundle}`;
}

/** Temporal loads it by its path, from the build. */
function failureConverterFile(): string {
  const path = fileURLToPath(new URL('./failure-converter.js', import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: encryption needs the built package`);
  return path;
}
