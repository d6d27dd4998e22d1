/** Where a run is in Temporal's UI. */
import { anotherWorkerIsHere } from './pollers.js';
import type { Session } from './session.js';

/** For the end of a command. Null where nobody knows a UI, and where it is gone by then, because only this command needs the server. */
export async function runUrl(session: Session, run: string): Promise<string | null> {
  const { uiUrl, target, embedded } = session;
  if (uiUrl === null || (embedded && !(await anotherWorkerIsHere(session)))) return null;
  return `${uiUrl}/namespaces/${encodeURIComponent(target.namespace)}/workflows/${encodeURIComponent(run)}`;
}
