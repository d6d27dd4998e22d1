import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardedNotifier } from '../../../adapters/guarded.js';
import { createNotifier, webhookNotifier } from '../../../adapters/notify/index.js';
import { type Receiver, startReceiver } from '../../receiver.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const NOTIFICATION = {
  id: 'notify/a-run',
  at: new Date('2026-01-31T06:00:00Z'),
  type: 'segmentry.verdict',
  data: { verdict: 'FAIL', reasons: ['Zürich: auc fell'] },
};

describe('a webhook', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  const path = '/T000/a-secret-path';
  const notifier = (answerMs = 5_000) =>
    webhookNotifier({ url: `${receiver.origin}${path}`, secret: SECRET, answerMs });

  it('is a POST that the receiver can verify, with the same id each time', async () => {
    const before = receiver.received.length;
    await notifier().send(NOTIFICATION);
    await notifier().send(NOTIFICATION);
    const sent = receiver.received.slice(before);
    expect(sent).toHaveLength(2);
    for (const { headers, body, path: asked } of sent) {
      expect(asked).toBe(path);
      expect(headers['webhook-id']).toBe('notify/a-run');
      expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({
        type: 'segmentry.verdict',
        timestamp: '2026-01-31T06:00:00.000Z',
        data: NOTIFICATION.data,
      });
      const other = new Webhook(`whsec_${randomBytes(32).toString('base64')}`);
      expect(() => other.verify(body, headers as Record<string, string>)).toThrow(/signature/);
    }
  });

  it('is not signed without a secret', async () => {
    await webhookNotifier({ url: receiver.origin, secret: null }).send(NOTIFICATION);
    expect(receiver.received.at(-1)?.headers).not.toHaveProperty('webhook-signature');
  });

  it.each([
    [500, 'infrastructure', 'HTTP 500'],
    [503, 'infrastructure', 'HTTP 503'],
    [429, 'infrastructure', 'HTTP 429'],
    [408, 'infrastructure', 'HTTP 408'],
    [400, 'data', 'HTTP 400'],
    [404, 'data', 'HTTP 404'],
    [410, 'data', 'HTTP 410'],
    [302, 'data', 'a redirect is not followed'],
  ])('that is answered with %i is an error of kind %s', async (status, kind, says) => {
    const before = receiver.received.length;
    receiver.statuses.push(status);
    const error: unknown = await notifier()
      .send(NOTIFICATION)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(says) as string });
    expect((error as Error).message).toContain(receiver.origin);
    expect((error as Error).message).not.toContain('secret-path');
    expect(receiver.received).toHaveLength(before + 1);
  });

  it('gives up a receiver that never answers, and one that is not there', async () => {
    receiver.statuses.push(null);
    await expect(notifier(200).send(NOTIFICATION)).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('did not answer within 0.2 s') as string,
    });
    const gone = await startReceiver();
    await gone.close();
    await expect(webhookNotifier({ url: gone.origin, secret: null }).send(NOTIFICATION)).rejects.toMatchObject({
      kind: 'infrastructure',
      message: expect.stringContaining('cannot be reached (ECONNREFUSED)') as string,
    });
  });

  it('is not sent for a while to a receiver that failed several times in a row, and then again', async () => {
    const guarded = guardedNotifier(notifier(), { smallMs: 5_000, bytesMs: 5_000, failures: 3, restMs: 200 });
    receiver.statuses.push(503, 503, 503);
    for (let i = 0; i < 3; i++) await expect(guarded.send(NOTIFICATION)).rejects.toThrow(/HTTP 503/);
    const asked = receiver.received.length;
    await expect(guarded.send(NOTIFICATION)).rejects.toThrow(
      /receiver of notifications at .* is not asked \(send\) for 0\.2 s, because 3 calls in a row failed.*HTTP 503/,
    );
    expect(receiver.received).toHaveLength(asked);
    await expect
      .poll(() =>
        guarded.send(NOTIFICATION).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('that is refused is an answer: the receiver is asked for the next one', async () => {
    const guarded = guardedNotifier(notifier(), { smallMs: 5_000, bytesMs: 5_000, failures: 2, restMs: 60_000 });
    receiver.statuses.push(400, 400, 400);
    for (let i = 0; i < 3; i++) await expect(guarded.send(NOTIFICATION)).rejects.toThrow(/HTTP 400/);
    await guarded.send(NOTIFICATION);
  });
});

describe('the settings of notifications', () => {
  it('are none without an address', () => {
    expect(createNotifier({})).toBeNull();
    expect(createNotifier({ SEGMENTRY_NOTIFY_URL: ' ', SEGMENTRY_NOTIFY_SECRET: SECRET })).toBeNull();
  });

  it.each([
    ['no-address', undefined, 'SEGMENTRY_NOTIFY_URL is no http or https address'],
    ['ftp://host/hidden-path', undefined, 'SEGMENTRY_NOTIFY_URL is no http or https address'],
    ['https://ann:hidden@host', undefined, 'SEGMENTRY_NOTIFY_URL holds a user or a password'],
    ['https://host', 'hidden', 'SEGMENTRY_NOTIFY_SECRET is no signing secret'],
    ['https://host', `whsec_${randomBytes(16).toString('base64')}`, 'SEGMENTRY_NOTIFY_SECRET is no signing secret'],
    ['https://host', `whsec_${'!hidden!'.repeat(8)}`, 'SEGMENTRY_NOTIFY_SECRET is no signing secret'],
  ])('%s are refused without being shown', (url, secret, says) => {
    const env = { SEGMENTRY_NOTIFY_URL: url, ...(secret === undefined ? {} : { SEGMENTRY_NOTIFY_SECRET: secret }) };
    expect(() => createNotifier(env)).toThrow(says);
    expect(() => createNotifier(env)).not.toThrow(/hidden/);
  });

  it('show no more than the origin of the address', () => {
    expect(createNotifier({ SEGMENTRY_NOTIFY_URL: 'https://host:8443/hidden?key=hidden' })?.uri).toBe(
      'https://host:8443',
    );
  });
});
