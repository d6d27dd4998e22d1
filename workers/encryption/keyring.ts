/**
 * The keys that what Temporal keeps is encrypted with. They come from the environment or from a file, and from nowhere
 * else: a flag would show in the list of processes. No message ever shows one.
 */
import { readSecretText } from '../../adapters/secret-variable.js';
import { SegmentryError } from '../../domain/errors.js';

export const KEYS_VARIABLE = 'SEGMENTRY_ENCRYPTION_KEYS';
export const KEYS_FILE_VARIABLE = 'SEGMENTRY_ENCRYPTION_KEYS_FILE';

/** AES-256. */
const KEY_BYTES = 32;

/** Ids are written beside the ciphertext in clear, and told in messages. */
const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const HOW_TO_MAKE = 'a key is 32 random bytes in base64, as `openssl rand -base64 32` makes them';

export interface Keyring {
  /** The first one written: it encrypts. All of them decrypt. Null for no keys: nothing is encrypted. */
  readonly first: { readonly id: string; readonly key: Buffer } | null;
  find(id: string): Buffer | null;
  readonly ids: readonly string[];
}

/**
 * The keys that the environment names, as `id:base64` entries separated by commas or lines.
 * @throws SegmentryError (usage) that says which entry is wrong, never what it says
 */
export function readKeyring(env: NodeJS.ProcessEnv): Keyring {
  const { text, file } = readSecretText(env, KEYS_VARIABLE);
  const keyring = parseKeyring(text, file ?? KEYS_VARIABLE);
  // Somebody who names a file wants encryption: an empty one must not turn it off in silence.
  if (file === null || keyring.first !== null) return keyring;
  throw new SegmentryError(
    `The file of encryption keys ${file} has no key: ${HOW_TO_MAKE}, written as id:key.`,
    'usage',
  );
}

/** @param source where the text is from, for messages */
export function parseKeyring(text: string, source: string): Keyring {
  const entries = text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*#.*$/, ''))
    .join(',')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const keys = new Map<string, Buffer>();
  for (const [index, entry] of entries.entries()) {
    const refuse = (why: string): SegmentryError =>
      new SegmentryError(`${source}: encryption key ${index + 1} ${why}.`, 'usage');
    const colon = entry.indexOf(':');
    const id = entry.slice(0, Math.max(colon, 0)).trim();
    const encoded = entry.slice(colon + 1).trim();
    // Without a colon the whole entry may be a key: it is not shown.
    if (colon < 0 || !KEY_ID.test(id))
      throw refuse('has no id: write it as id:key, with an id of letters, digits, ".", "_" and "-"');
    const key = Buffer.from(encoded, 'base64');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || key.length !== KEY_BYTES)
      throw refuse(`("${id}") is not 32 bytes in base64: ${HOW_TO_MAKE}`);
    if (keys.has(id)) throw refuse(`("${id}") has the id of an earlier one: every key has an id of its own`);
    keys.set(id, key);
  }
  const [first] = keys;
  return {
    first: first === undefined ? null : { id: first[0], key: first[1] },
    find: (id) => keys.get(id) ?? null,
    ids: [...keys.keys()],
  };
}

/** For processes that nobody gave keys: what is not encrypted passes, what is encrypted is refused with advice. */
export const NO_KEYS: Keyring = parseKeyring('', 'no keys');

/** The environment without what Segmentry keeps secret, for processes that need none of it. */
export function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^SEGMENTRY_(ENCRYPTION|CODEC|NOTIFY)_/.test(name)),
  );
}
