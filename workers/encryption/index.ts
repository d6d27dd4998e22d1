/** Encryption of what Temporal keeps: keys, codec, and what clients and workers are given. */
export { type CodecServer, startCodecServer } from './codec-server.js';
export { clientDataConverter, workerDataConverter, workflowCodeFor } from './data-converter.js';
export { EncryptionCodec, EncryptionKeyMissing, encryptionKeyOf } from './encryption-codec.js';
export { refuseUnreadableRuns } from './open-runs.js';
export { type Keyring, NO_KEYS, parseKeyring, readKeyring } from './keyring.js';
