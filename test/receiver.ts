/** A receiver of webhooks on this machine, that answers as a test says and keeps what it was sent. */
import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
}

export interface Receiver {
  readonly origin: string;
  readonly received: readonly Received[];
  /** Statuses of the next answers, then 204. Null: no answer at all. */
  readonly statuses: (number | null)[];
  close(): Promise<void>;
}

/** @param beforeAnswer done when a request is there and has no answer yet */
export async function startReceiver(beforeAnswer: () => void = () => undefined): Promise<Receiver> {
  const received: Received[] = [];
  const statuses: (number | null)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      received.push({ headers: request.headers, path: request.url ?? '', body });
      beforeAnswer();
      const next = statuses.shift();
      const status = next === undefined ? 204 : next;
      if (status === null) return;
      response.writeHead(status, status >= 300 && status < 400 ? { location: '/elsewhere' } : {});
      response.end(status === 204 ? undefined : 'an answer');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    statuses,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
