import { createServer } from 'node:net';

/** The dev server never listens on anything that another machine can reach: it has no authentication. */
export const LOOPBACK = '127.0.0.1';

/** Where every Temporal tool looks when nothing is said. */
export const USUAL_FRONTEND_PORT = 7233;
export const USUAL_UI_PORT = 8233;

export interface ServerPorts {
  readonly frontend: number;
  readonly ui: number;
  /**
   * Temporal's HTTP API. Never a usual port, so that an answer there comes from the server that was just started and not
   * from another one that won the race for the usual ports.
   */
  readonly http: number;
}

/** The usual ports, each replaced by a free one when taken. Somebody may still take it before the server does. */
export async function usualPorts(): Promise<ServerPorts> {
  return {
    frontend: (await tryPort(USUAL_FRONTEND_PORT)) ?? (await freePort()),
    ui: (await tryPort(USUAL_UI_PORT)) ?? (await freePort()),
    http: await freePort(),
  };
}

export async function freePorts(): Promise<ServerPorts> {
  return { frontend: await freePort(), ui: await freePort(), http: await freePort() };
}

/**
 * Below those that systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere). A server that dies is started again
 * on its ports, where its workers and commands look for it; of a port from that range some connection may have got hold meanwhile,
 * and all of them would wait for ever.
 */
const FREE_PORTS = { from: 20_000, to: 32_000 };

/** With half of the range taken, one of a thousand searches finds none. */
const FREE_PORT_TRIES = 10;

async function freePort(): Promise<number> {
  const { from, to } = FREE_PORTS;
  for (let tries = 0; tries < FREE_PORT_TRIES; tries++) {
    const port = await tryPort(from + Math.floor(Math.random() * (to - from)));
    if (port !== null) return port;
  }
  const port = await tryPort(0);
  if (port === null) throw new Error(`The system has no free port on ${LOOPBACK}.`);
  return port;
}

/** Binds and lets go: the port if it was free, else `null`. 0 lets the system choose. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen(port, LOOPBACK, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : null));
    });
  });
}
