/** Addresses that carry their own key are not taken: they would be kept in histories, results, reports and logs. */
import { holdsCredentials, withoutCredentials } from './credentials.js';
import { SegmentryError } from './errors.js';

/** What is wrong with an address and what to do, null for one that holds no secret. @param where as in "data.source" */
export function credentialsProblem(address: string, where: string): string | null {
  if (!holdsCredentials(address)) return null;
  return (
    `${where} is ${JSON.stringify(withoutCredentials(address))}: it holds a user, a password or a token, and addresses are kept in ` +
    'histories, results and logs; write it without, and give the secret to the worker in its environment or in a file that its environment names'
  );
}

/** @throws SegmentryError (usage) for an address with a user, a password or a token */
export function refuseCredentials(address: string, where: string): void {
  const problem = credentialsProblem(address, where);
  if (problem !== null) throw new SegmentryError(`${problem}.`, 'usage');
}
