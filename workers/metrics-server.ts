/** `/metrics` for Prometheus and `/healthz` for whoever watches the process. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { SegmentryError } from '../domain/errors.js';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param address "host:port"; port 0 takes a free one
 * @param health what the worker says of itself; `ok` decides between 200 and 503
 */
export async function startMetricsServer(
  address: string,
  registry: Registry,
  health: () => { readonly ok: boolean; readonly [fact: string]: unknown },
): Promise<MetricsServer> {
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    } else if (path === '/healthz') {
      const state = health();
      response
        .writeHead(state.ok ? 200 : 503, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(state)}\n`);
    } else response.writeHead(404).end('/metrics or /healthz\n');
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

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new SegmentryError(`--metrics ${address}: an address is host:port, like 127.0.0.1:9464`, 'usage');
  }
  return { host: match[1] === undefined || match[1] === '' ? '127.0.0.1' : match[1], port };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(
        new SegmentryError(
          `cannot serve metrics at ${host}:${port}: ${why}; give another address with --metrics`,
          'usage',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
