import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import {
  EncryptionCodec,
  NO_KEYS,
  encryptionKeyOf,
  parseKeyring,
  readKeyring,
} from '../../../workers/encryption/index.js';
import { newFolder } from '../../scratch-folder.js';

const newKey = (): string => randomBytes(32).toString('base64');
const A = `a:${newKey()}`;
const B = `b:${newKey()}`;
const codecOf = (...entries: string[]): EncryptionCodec =>
  new EncryptionCodec(parseKeyring(entries.join(','), 'a test'));

const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (decoded: Payload): unknown => defaultPayloadConverter.fromPayload(decoded);
const rawText = (encoded: Payload): string => Buffer.concat([encoded.data!]).toString('latin1');

/** What the codec makes has both. */
type Encoded = { readonly [K in 'metadata' | 'data']-?: NonNullable<Payload[K]> };

describe('the encryption codec', () => {
  it.each([{ pipeline: 'flights' }, '', null, [1, 2]])(
    'gives back %j, and shows nothing of it before',
    async (value) => {
      const [encoded] = await codecOf(A).encode([payload(value)]);
      expect(encryptionKeyOf(encoded!)).toBe('a');
      expect(rawText(encoded!)).not.toMatch(/flights|json\/plain/);
      const [decoded] = await codecOf(A).decode([encoded!]);
      expect(valueOf(decoded!)).toEqual(value);
    },
  );

  it('never makes the same ciphertext twice', async () => {
    const [one, other] = await codecOf(A).encode([payload('x'), payload('x')]);
    expect(rawText(one!)).not.toBe(rawText(other!));
  });

  it('encrypts with the first key and decrypts with all', async () => {
    const [old] = await codecOf(A).encode([payload('old')]);
    const rotated = codecOf(B, A);
    const [fresh] = await rotated.encode([payload('new')]);
    expect(encryptionKeyOf(fresh!)).toBe('b');
    expect((await rotated.decode([old!, fresh!])).map(valueOf)).toEqual(['old', 'new']);
  });

  it('names the key that is missing and what to do, and tells whoever runs the worker', async () => {
    const [encoded] = await codecOf(A).encode([payload('x')]);
    const told: unknown[] = [];
    const without = new EncryptionCodec(parseKeyring(B, 'a test'), { onUnreadable: (error) => told.push(error) });
    const failure = without.decode([encoded!]);
    await expect(failure).rejects.toMatchObject({ name: 'EncryptionKeyMissing', keyId: 'a', kind: 'infrastructure' });
    await expect(failure).rejects.toThrow(/key "a", and this process has "b"\. Add it to SEGMENTRY_ENCRYPTION_KEYS/);
    expect(told).toHaveLength(1);
    await expect(new EncryptionCodec(NO_KEYS).decode([encoded!])).rejects.toThrow(/has no keys/);
  });

  it.each<[string, (encoded: Encoded) => Payload]>([
    [
      'its content changed',
      ({ metadata, data }) => ({ metadata, data: data.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) }),
    ],
    ['its end cut off', ({ metadata, data }) => ({ metadata, data: data.subarray(0, -1) })],
    ['nothing in it', ({ metadata }) => ({ metadata, data: new Uint8Array() })],
    [
      'the id of another key',
      ({ metadata, data }) => ({ metadata: { ...metadata, 'encryption-key-id': Buffer.from('b') }, data }),
    ],
    [
      'another cipher',
      ({ metadata, data }) => ({ metadata: { ...metadata, 'encryption-cipher': Buffer.from('x') }, data }),
    ],
  ])('refuses a payload with %s', async (_, change) => {
    const [encoded] = await codecOf(A).encode([payload({ secret: 'plain' })]);
    const failure = codecOf(A, B).decode([change(encoded as Encoded)]);
    await expect(failure).rejects.toMatchObject({ name: 'SegmentryError' });
    await expect(failure).rejects.not.toThrow(/plain/);
  });

  it('binds the id of the key: a second id for the same key does not open it', async () => {
    const key = newKey();
    const [encoded] = await codecOf(`a:${key}`).encode([payload('x')]);
    const renamed = { ...encoded!, metadata: { ...encoded!.metadata, 'encryption-key-id': Buffer.from('c') } };
    await expect(codecOf(`a:${key}`, `c:${key}`).decode([renamed])).rejects.toThrow(
      /cannot be decrypted with the key "c"/,
    );
  });

  it('lets pass what is not encrypted, so that encryption can be turned on while runs are under way', async () => {
    const plain = payload('from before');
    expect(await codecOf(A).decode([plain])).toEqual([plain]);
    expect(await new EncryptionCodec(NO_KEYS).encode([plain])).toEqual([plain]);
  });
});

describe('encryption keys', () => {
  it('come from a variable or from a file with remarks, the first one first', async () => {
    const file = join(await newFolder(), 'keys');
    await writeFile(file, `# new since May\n${B}\r\n\n  ${A}\n`);
    expect(readKeyring({ SEGMENTRY_ENCRYPTION_KEYS_FILE: file }).ids).toEqual(['b', 'a']);
    expect(readKeyring({ SEGMENTRY_ENCRYPTION_KEYS: `${A}, ${B}` }).first?.id).toBe('a');
    expect(readKeyring({}).first).toBeNull();
  });

  const secret = newKey();
  it.each<[string, string, RegExp]>([
    ['a key without an id', secret, /key 1 has no id/],
    ['an id that is none', `a b:${secret}`, /key 1 has no id/],
    ['a short key', `${A},b:${secret.slice(0, 20)}`, /key 2 \("b"\) is not 32 bytes/],
    ['what is no base64', `a:${secret.slice(0, -4)}!!!=`, /key 1 \("a"\) is not 32 bytes/],
    ['an id twice', `a:${secret},a:${newKey()}`, /key 2 \("a"\) has the id of an earlier one/],
  ])('are refused, and not shown: %s', (_, text, message) => {
    const read = (): unknown => readKeyring({ SEGMENTRY_ENCRYPTION_KEYS: text });
    expect(read).toThrow(message);
    expect(read).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.not.stringContaining(secret.slice(0, 16)) as string }),
    );
  });

  it('are refused from two places, from a file that is missing, and from one without any', async () => {
    const file = join(await newFolder(), 'keys');
    const env = { SEGMENTRY_ENCRYPTION_KEYS_FILE: file };
    expect(() => readKeyring(env)).toThrow(/cannot be read: ENOENT/);
    await writeFile(file, '# none\n');
    expect(() => readKeyring(env)).toThrow(/has no key/);
    expect(() => readKeyring({ ...env, SEGMENTRY_ENCRYPTION_KEYS: A })).toThrow(/set one of them/);
  });
});
