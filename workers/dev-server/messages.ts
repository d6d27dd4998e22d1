import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What a guardian tells each command that connects to it: one JSON object per line, the last one counts. */
export type GuardianMessage =
  | { readonly state: 'starting'; readonly guardianPid: number }
  | {
      readonly state: 'ready';
      readonly guardianPid: number;
      readonly address: string;
      readonly uiUrl: string | null;
      readonly serverPid: number;
    }
  /** The server could not be started: the reason, with the server's last log lines. */
  | { readonly state: 'failed'; readonly guardianPid: number; readonly reason: string }
  /** The server is being ended; a new one can be started as soon as this connection closes. */
  | { readonly state: 'stopping'; readonly guardianPid: number };

export type ReadyMessage = Extract<GuardianMessage, { state: 'ready' }>;

export function send(socket: Socket, message: GuardianMessage): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

export function onMessage(socket: Socket, listener: (message: GuardianMessage) => void): void {
  createInterface({ input: socket })
    .on('line', (line) => listener(JSON.parse(line) as GuardianMessage))
    // It repeats the socket's errors, which whoever holds the socket handles.
    .on('error', () => undefined);
}
