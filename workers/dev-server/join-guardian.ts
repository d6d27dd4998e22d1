import { connect, type Socket } from 'node:net';
import { SegmentryError } from '../../domain/errors.js';
import { latestGuardian } from './claim.js';
import { onMessage, type ReadyMessage } from './messages.js';
import type { StatePaths } from './state-files.js';

/** A held connection to the guardian: the server runs at least as long as this connection is open. */
export interface Joined {
  readonly connection: Socket;
  readonly server: ReadyMessage;
}

/**
 * Connects to the guardian of a folder and waits until its server is ready. `null`: nobody is there, or whoever was there
 * has just gone. The returned connection does not keep this process alive.
 */
export async function joinGuardian(paths: StatePaths, timeoutMs: number): Promise<Joined | null> {
  const guardian = await latestGuardian(paths.stateFolder);
  if (guardian === null) return null;
  return await new Promise((resolve, reject) => {
    const connection = connect(guardian.socket);
    const timer = setTimeout(() => {
      settle(() =>
        reject(
          infrastructureError(
            `The guardian of the Temporal dev server (pid ${guardian.pid}) does not say that the server is ready, ` +
              `after ${Math.round(timeoutMs / 1000)} s. See ${paths.serverLog}; ending that process lets the next command start anew.`,
          ),
        ),
      );
      connection.destroy();
    }, timeoutMs);
    let settled = false;
    const settle = (how: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      how();
    };
    connection.once('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ECONNRESET';
      settle(() => {
        if (nobody) resolve(null);
        else
          reject(
            infrastructureError(
              `Cannot join the Temporal dev server of this folder (guardian pid ${guardian.pid}): ${error.message}. ` +
                'It was probably started by another user.',
            ),
          );
      });
    });
    connection.on('error', () => undefined); // Later errors end in a close, which the holder sees.
    connection.once('close', () => settle(() => resolve(null)));
    onMessage(connection, (message) => {
      if (message.state === 'ready') {
        connection.unref();
        settle(() => resolve({ connection, server: message }));
      } else if (message.state === 'failed') {
        settle(() => reject(infrastructureError(message.reason)));
        connection.destroy();
      }
    });
  });
}

function infrastructureError(message: string): SegmentryError {
  return new SegmentryError(message, 'infrastructure');
}
