/** What becomes of a run when the command that waits for it ends before it. */
import { EXIT } from './exit-codes.js';
import { say } from './output.js';
import { anotherWorkerIsHere } from './pollers.js';
import type { Session } from './session.js';

/**
 * What whoever pressed Ctrl-C needs to know.
 * @param what goes on: "The run fraud.2.104241d4a988"
 * @param command that shows how it ends
 */
export async function tellInterrupted(session: Session, what: string, command: string): Promise<number> {
  const where = session.embedded
    ? `${await howItGoesOn(session, `${what} is kept and`)}: ${command}`
    : `${what} goes on. To see how it ends: ${command}`;
  say(`\n${where}`);
  return EXIT.interrupted;
}

/** With the embedded server, when the worker of this command ends. */
export async function howItGoesOn(session: Session, what: string): Promise<string> {
  return (await anotherWorkerIsHere(session))
    ? `${what} goes on, because another command here has a worker. To see how it ends`
    : `${what} goes on with the next command here that has a worker`;
}
