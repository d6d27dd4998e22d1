/**
 * Notifications as Standard Webhooks (www.standardwebhooks.com): a POST of JSON with an id that stays the same when it is sent again, and
 * a signature by which the receiver knows who sent it.
 */
import { Webhook } from 'standardwebhooks';
import { SegmentryError } from '../../domain/errors.js';
import { rootCause } from '../../domain/root-cause.js';
import type { Notification, Notifier } from './notifier.js';

export const URL_VARIABLE = 'SEGMENTRY_NOTIFY_URL';
export const SECRET_VARIABLE = 'SEGMENTRY_NOTIFY_SECRET';

/** How long a receiver has for its answer, in milliseconds: the specification asks for 15 to 30 s. */
const ANSWER_MS = 20_000;

/** Statuses below 500 after which the same request may be taken later: timeout, too early, too many requests. */
const LATER = new Set([408, 425, 429]);

/** Bytes of a signing key: the specification asks for 24 to 64. */
const KEY_BYTES = { least: 24, most: 64 };

export interface WebhookOptions {
  /** http or https. Its path may be what entitles to post (so with chat services): no message shows more than its origin. */
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in base64. Null: nothing is signed. */
  readonly secret: string | null;
  /** @default 20 s, in milliseconds */
  readonly answerMs?: number;
}

/** @throws SegmentryError (usage) for an address or a secret that is none, without showing it */
export function webhookNotifier({ url, secret, answerMs = ANSWER_MS }: WebhookOptions): Notifier {
  const address = addressOf(url);
  const signer = secret === null ? null : signerOf(secret);
  return {
    uri: address.origin,
    async send({ id, at, type, data }: Notification): Promise<void> {
      const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
      const now = new Date();
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        'user-agent': 'segmentry',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        ...(signer === null ? {} : { 'webhook-signature': signer.sign(id, now, body) }),
      };
      await post(address, headers, body, answerMs);
    },
  };
}

async function post(address: URL, headers: Record<string, string>, body: string, answerMs: number): Promise<void> {
  let answer: Response;
  try {
    // A redirect would hand the signed message to a place that nobody named.
    answer = await fetch(address, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
    });
    // What it says is of no use, and an answer that is not read keeps its connection.
    await answer.body?.cancel();
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'TimeoutError'
        ? `it did not answer within ${answerMs / 1000} s`
        : `it cannot be reached (${causeOf(error)})`;
    throw new SegmentryError(
      `The notification was not taken by ${address.origin}: ${why}. Check the receiver, and the network to it.`,
      'infrastructure',
    );
  }
  if (answer.ok) return;
  const { status } = answer;
  if (status >= 500 || LATER.has(status)) {
    throw new SegmentryError(
      `The notification was not taken by ${address.origin}: HTTP ${status}. It is sent again later.`,
      'infrastructure',
    );
  }
  throw new SegmentryError(
    `The notification was refused by ${address.origin}: HTTP ${status}. Check ${URL_VARIABLE} and ${SECRET_VARIABLE}` +
      `${status >= 300 && status < 400 ? '; a redirect is not followed, name the address that it leads to' : ''}.`,
    'data',
  );
}

function addressOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address?.protocol === 'https:' || address?.protocol === 'http:') {
    if (address.username === '' && address.password === '') return address;
    throw new SegmentryError(
      `${URL_VARIABLE} holds a user or a password, which no request can be made with: write it without, and sign with ${SECRET_VARIABLE}.`,
      'usage',
    );
  }
  throw new SegmentryError(
    `${URL_VARIABLE} is no http or https address: write it like https://hooks.example.com/segmentry.`,
    'usage',
  );
}

function signerOf(secret: string): Webhook {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64').byteLength;
  if (key >= KEY_BYTES.least && key <= KEY_BYTES.most) {
    try {
      return new Webhook(secret);
    } catch {
      // Told below, without the library's words: they could show it.
    }
  }
  throw new SegmentryError(
    `${SECRET_VARIABLE} is no signing secret: \`whsec_\` and ${KEY_BYTES.least} to ${KEY_BYTES.most} random bytes in base64, ` +
      'as `echo "whsec_$(openssl rand -base64 32)"` makes one.',
    'usage',
  );
}

/** "ECONNREFUSED", not "fetch failed": the reason lies under the error. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = rootCause(error);
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
