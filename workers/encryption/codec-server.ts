/**
 * The codec endpoint of Temporal's UI and CLI: `POST /decode` and `POST /encode` (also below a namespace's name) take and
 * give `{ "payloads": [...] }` in the JSON form of protobuf. Whoever reaches it can read what is encrypted, so it listens
 * on this machine only unless it is told otherwise, answers one web page's origin only, and can want a token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { SegmentryError } from '../../domain/errors.js';

const PayloadsMessage = proto.temporal.api.common.v1.Payloads;

/** Temporal refuses payloads above 2 MB; a page of a history has several. Base64 adds a third. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** A body comes at once; who takes longer holds a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Seconds for which a browser may remember what is allowed. */
const PREFLIGHT_SECONDS = 600;

export interface CodecServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Of the Temporal UI, as in "http://localhost:8233". Pages of other origins are refused. */
  readonly origins: readonly string[];
  /** Wanted as `Authorization: Bearer <token>`; null wants none. */
  readonly token: string | null;
}

export interface CodecServer {
  readonly url: string;
  close(): Promise<void>;
}

/** An answer other than payloads. */
class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function startCodecServer(codec: PayloadCodec, options: CodecServerOptions): Promise<CodecServer> {
  const { host, port } = options;
  if (options.token === null && !isThisMachine(host)) {
    throw new SegmentryError(
      `A codec server at ${host} answers other machines, and whoever reaches it reads what is encrypted: set ` +
        'SEGMENTRY_CODEC_TOKEN or SEGMENTRY_CODEC_TOKEN_FILE, or listen on 127.0.0.1.',
      'usage',
    );
  }
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(codec, options, request, response).catch((error: unknown) => {
      const known = error instanceof Refused || error instanceof SegmentryError;
      const status = error instanceof Refused ? error.status : error instanceof SegmentryError ? 422 : 500;
      // What is not explained may quote what was decrypted.
      const message = known ? error.message : 'the payloads could not be converted';
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(`${JSON.stringify({ message })}\n`);
    });
  });
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  codec: PayloadCodec,
  options: CodecServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  allowOrigin(options, request, response);
  const path = request.url?.split('?')[0] ?? '';
  const operation = /^(?:\/[^/]+)?\/(encode|decode)\/?$/.exec(path)?.[1] as 'encode' | 'decode' | undefined;
  if (operation === undefined) throw new Refused(404, 'there are POST /decode and POST /encode');
  if (request.method === 'OPTIONS') {
    // A browser asks first, without a token.
    response.writeHead(204).end();
    return;
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST, OPTIONS');
    throw new Refused(405, `use POST ${path}`);
  }
  if (!isAuthorized(options.token, request.headers.authorization)) {
    response.setHeader('www-authenticate', 'Bearer');
    throw new Refused(401, 'a bearer token is wanted: Authorization: Bearer …');
  }
  const payloads = readPayloads(await bodyOf(request));
  const converted = PayloadsMessage.fromObject({ payloads: await codec[operation](payloads) });
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ payloads: converted.payloads.map(jsonOf) }));
}

/** Requests of no page (the Temporal CLI, curl) have no origin. A page of another origin is refused, not only its reading. */
function allowOrigin({ origins }: CodecServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader('vary', 'Origin');
  if (origin === undefined) return;
  if (!origins.includes(origin)) {
    throw new Refused(403, `pages of this origin are not served; --ui-origin allows the one of the Temporal UI`);
  }
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
  response.setHeader('access-control-allow-headers', 'content-type, authorization, authorization-extras, x-namespace');
  response.setHeader('access-control-max-age', String(PREFLIGHT_SECONDS));
  // Browsers ask before a page of the internet talks to this machine; the one origin may.
  if (request.headers['access-control-request-private-network'] === 'true')
    response.setHeader('access-control-allow-private-network', 'true');
}

function isAuthorized(token: string | null, header: string | undefined): boolean {
  if (token === null) return true;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(`bearer ${token}`), digest((header ?? '').replace(/^bearer /i, 'bearer ')));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Refused(413, `at most ${MAX_BODY_BYTES} bytes are taken at once`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readPayloads(body: string): Payload[] {
  const wanted = 'the body is to be {"payloads": [{"metadata": {name: base64}, "data": base64}]}';
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Refused(400, wanted);
  }
  const { payloads } = (json ?? {}) as { readonly payloads?: unknown };
  if (!Array.isArray(payloads) || !payloads.every(isPayloadJson)) throw new Refused(400, wanted);
  return PayloadsMessage.fromObject({ payloads }).payloads;
}

function isPayloadJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { metadata = {}, data = '' } = value as { readonly metadata?: unknown; readonly data?: unknown };
  if (typeof metadata !== 'object' || metadata === null) return false;
  return [...(Object.values(metadata) as unknown[]), data].every(
    (text) => typeof text === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text),
  );
}

function jsonOf({ metadata, data }: Payload): object {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const named = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(named) as Record<string, string>, data: base64(data ?? new Uint8Array()) };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : (error.code ?? error.message);
      reject(
        new SegmentryError(
          `The codec server cannot listen at ${host}:${port}: ${why}; choose another --port.`,
          'usage',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
