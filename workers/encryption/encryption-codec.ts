/** Payloads of Temporal as ciphertext: AES-256-GCM, with the id of the key beside it, so that keys can be replaced. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { SegmentryError } from '../../domain/errors.js';
import { KEYS_FILE_VARIABLE, KEYS_VARIABLE, type Keyring } from './keyring.js';

const CIPHER = 'aes-256-gcm';

/** Bytes. Random nonces of this length may be used for 2^32 payloads of one key (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Metadata of an encrypted payload, in clear: what it is, and which key opens it. Other Temporal tools use these names. */
const ENCODING = 'encoding';
const ENCRYPTED = 'binary/encrypted';
const CIPHER_NAME = 'encryption-cipher';
const CIPHER_VALUE = 'AES-256-GCM';
const KEY_ID = 'encryption-key-id';

const PayloadMessage = proto.temporal.api.common.v1.Payload;

/** No key is there for a payload. Nothing is lost: with the key it can be read. */
export class EncryptionKeyMissing extends SegmentryError {
  override readonly name = 'EncryptionKeyMissing';

  constructor(
    readonly keyId: string,
    known: readonly string[],
  ) {
    const has =
      known.length === 0 ? 'this process has no keys' : `this process has ${known.map((id) => `"${id}"`).join(', ')}`;
    super(
      `What Temporal keeps of this run is encrypted with the key "${keyId}", and ${has}. Add it to ${KEYS_VARIABLE} or to the file ` +
        `that ${KEYS_FILE_VARIABLE} names (behind the first key, which encrypts), then start again: the run is unharmed.`,
      // Not `usage`: it is tried again, by a worker that has the key.
      'infrastructure',
    );
  }
}

export interface EncryptionCodecOptions {
  /** Told of every payload that cannot be opened, before the error is thrown. */
  readonly onUnreadable?: (error: SegmentryError) => void;
}

/** Encrypts with the first key, decrypts with any. Without keys everything passes as it is, but for what is encrypted. */
export class EncryptionCodec implements PayloadCodec {
  constructor(
    private readonly keyring: Keyring,
    private readonly options: EncryptionCodecOptions = {},
  ) {}

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface wants a promise, and errors in it
  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { first } = this.keyring;
    if (first === null) return payloads;
    return payloads.map((payload) => {
      const metadata = metadataOf(first.id);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first.key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(first.id));
      const plain = PayloadMessage.encode(payload).finish();
      const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return { metadata, data };
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const id = encryptionKeyOf(payload);
      return id === null ? payload : this.decrypt(payload, id);
    });
  }

  private decrypt({ metadata, data }: Payload, id: string): Payload {
    const key = this.keyring.find(id);
    if (key === null) throw this.unreadable(new EncryptionKeyMissing(id, this.keyring.ids));
    const name = text(metadata?.[CIPHER_NAME]);
    const bytes = data ?? new Uint8Array();
    if (name !== CIPHER_VALUE || bytes.length < NONCE_BYTES + TAG_BYTES) {
      throw this.unreadable(
        new SegmentryError(
          `A payload says that it is encrypted with the key "${id}", and is not as Segmentry encrypts (${CIPHER_VALUE}). Was it written by another program?`,
          'infrastructure',
        ),
      );
    }
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(boundTo(id))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      const { metadata: inner, data: content } = PayloadMessage.decode(plain);
      return { metadata: inner, data: content };
    } catch {
      throw this.unreadable(
        new SegmentryError(
          `A payload cannot be decrypted with the key "${id}": it was changed, or another key has this id here. ` +
            'Compare the keys of all workers and commands.',
          'infrastructure',
        ),
      );
    }
  }

  private unreadable(error: SegmentryError): SegmentryError {
    this.options.onUnreadable?.(error);
    return error;
  }
}

/** The id of the key that a payload is encrypted with, null for one that is not encrypted. */
export function encryptionKeyOf({ metadata }: Payload): string | null {
  return text(metadata?.[ENCODING]) === ENCRYPTED ? text(metadata?.[KEY_ID]) : null;
}

function metadataOf(id: string): Record<string, Uint8Array> {
  return { [ENCODING]: bytesOf(ENCRYPTED), [CIPHER_NAME]: bytesOf(CIPHER_VALUE), [KEY_ID]: bytesOf(id) };
}

/** What is authenticated beside the content: a payload whose metadata were changed does not open. */
function boundTo(id: string): Uint8Array {
  return bytesOf(JSON.stringify([ENCRYPTED, CIPHER_VALUE, id]));
}

const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array());
