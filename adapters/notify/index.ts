/** Where a worker's notifications go. */
import type { Notifier } from './notifier.js';
import { SECRET_VARIABLE, URL_VARIABLE, webhookNotifier } from './webhook.js';
import { readSecret } from '../secret-variable.js';

export type { Notification, Notifier } from './notifier.js';
export { SECRET_VARIABLE, URL_VARIABLE, webhookNotifier } from './webhook.js';

/**
 * What the environment names. An address of a chat service is a secret itself, so both may be in files.
 * @returns null where it names none
 * @throws SegmentryError (usage) for an address or a secret that is none
 */
export function createNotifier(env: NodeJS.ProcessEnv): Notifier | null {
  const url = readSecret(env, URL_VARIABLE);
  return url === null ? null : webhookNotifier({ url, secret: readSecret(env, SECRET_VARIABLE) });
}
