/** Who gives a command, for logs: as the system knows them. */
import { hostname, userInfo } from 'node:os';

/** "ann", or "user 1000" where the system has no name for who runs this, as in many containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** "ann on host-7" */
export function personHere(): string {
  return `${userName()} on ${hostname()}`;
}
