import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CodecServer,
  EncryptionCodec,
  parseKeyring,
  startCodecServer,
} from '../../../workers/encryption/index.js';

const UI = 'http://localhost:8233';
const codec = new EncryptionCodec(parseKeyring(`k:${randomBytes(32).toString('base64')}`, 'a test'));
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PLAIN = { metadata: { encoding: base64('json/plain') }, data: base64('"hello"') };

const servers: CodecServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function start(token: string | null = null): Promise<string> {
  const server = await startCodecServer(codec, { host: '127.0.0.1', port: 0, origins: [UI], token });
  servers.push(server);
  return server.url;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });

describe('the codec server', () => {
  it('encodes, and decodes what it encoded, also below a namespace', async () => {
    const url = await start();
    const encoded = (await (await post(`${url}/encode`, { payloads: [PLAIN] })).json()) as {
      payloads: (typeof PLAIN)[];
    };
    expect(Buffer.from(encoded.payloads[0]!.metadata.encoding, 'base64').toString()).toBe('binary/encrypted');
    expect(encoded.payloads[0]!.data).not.toBe(PLAIN.data);
    for (const path of ['/decode', '/default/decode']) {
      const response = await post(`${url}${path}`, encoded, { origin: UI, 'x-namespace': 'default' });
      expect(response.headers.get('access-control-allow-origin')).toBe(UI);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual({ payloads: [PLAIN] });
    }
  });

  it('answers the question that a browser asks first, for the page of the UI', async () => {
    const url = await start('secret-token');
    const response = await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(UI);
    expect(response.headers.get('access-control-allow-headers')).toMatch(/content-type, authorization,.* x-namespace/);
  });

  it('refuses pages of other origins', async () => {
    const url = await start();
    for (const origin of ['http://evil.example', 'null', `${UI}.evil.example`]) {
      const response = await post(`${url}/decode`, { payloads: [PLAIN] }, { origin });
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('wants the token where there is one', async () => {
    const url = await start('secret-token');
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await post(`${url}/decode`, { payloads: [PLAIN] }, headers)).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer secret-tokem' })).toBe(401);
    expect(await status({ authorization: 'secret-token' })).toBe(401);
    expect(await status({ authorization: 'bearer secret-token' })).toBe(200);
  });

  it.each([
    '',
    'hello',
    '[]',
    '{"payloads":{}}',
    '{"payloads":[1]}',
    '{"payloads":[{"data":7}]}',
    '{"payloads":[{"data":"ä"}]}',
    '{"payloads":[{"metadata":null}]}',
  ])('refuses the body %s', async (body) => {
    const response = await post(`${await start()}/decode`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('payloads') as string });
  });

  it('refuses what is too much, other paths and other methods', async () => {
    const url = await start();
    expect((await post(`${url}/decode`, 'x'.repeat(33 * 1024 * 1024)).catch(() => ({ status: 413 }))).status).toBe(413);
    expect((await post(`${url}/`, '{}')).status).toBe(404);
    expect((await fetch(`${url}/decode`)).status).toBe(405);
  });

  it('names the key that it does not have', async () => {
    const other = new EncryptionCodec(parseKeyring(`other:${randomBytes(32).toString('base64')}`, 'a test'));
    const [payload] = await other.encode([{ metadata: {}, data: Buffer.from('x') }]);
    const metadata = Object.fromEntries(
      Object.entries(payload!.metadata!).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    );
    const body = { payloads: [{ metadata, data: Buffer.from(payload!.data!).toString('base64') }] };
    const response = await post(`${await start()}/decode`, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('key "other"') as string });
  });

  it('does not listen to other machines without a token, nor where somebody listens', async () => {
    const options = { host: '0.0.0.0', port: 0, origins: [UI], token: null };
    await expect(startCodecServer(codec, options)).rejects.toThrow(/SEGMENTRY_CODEC_TOKEN/);
    const port = Number(new URL(await start()).port);
    await expect(startCodecServer(codec, { ...options, host: '127.0.0.1', port })).rejects.toThrow(/another program/);
  });
});
