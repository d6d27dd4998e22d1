import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { DefaultLogger, type ReplayWorkerOptions, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const HISTORIES = new URL('../histories/', import.meta.url);
const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

type History = proto.temporal.api.history.v1.IHistory;

function load(name: string): History {
  const json = JSON.parse(readFileSync(new URL(`${name}.json`, HISTORIES), 'utf8')) as Record<string, unknown>;
  return proto.temporal.api.history.v1.History.fromObject(json);
}

const NAMES = readdirSync(HISTORIES)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
  .sort();

/** The id that the workflow had: children are named after it. */
function idOf({ events }: History): string | null | undefined {
  return events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
}

/** What replaying found wrong, by history. */
async function replay(histories: Iterable<readonly [string, History]>, maxCachedWorkflows: number) {
  const wrong: Record<string, string> = {};
  const named = [...histories].map(([name, history]) => ({ workflowId: idOf(history) ?? name, history }));
  const names = new Map([...histories].map(([name, history]) => [idOf(history) ?? name, name]));
  // Left out of the type of the options, and passed on to the worker all the same.
  const options = { workflowBundle: { codePath: BUNDLE }, maxCachedWorkflows } as ReplayWorkerOptions;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, named)) {
    if (error !== undefined) wrong[names.get(workflowId) ?? workflowId] = error.message;
  }
  return wrong;
}

beforeAll(() => {
  // A replay that fails, as one does here on purpose, is loud.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

describe('recorded runs replay through today’s workflows', () => {
  it('of every kind', () => {
    expect(NAMES).toEqual([
      'cancelled',
      'chunk',
      'chunk-continuation',
      'chunk-continued',
      'chunked',
      'effects',
      'fail-rollback',
      'invalid-data',
      'pass',
      'request-cancelled',
      'request-fail-rollback',
      'request-failed',
      'request-invalid-data',
      'request-joined',
      'request-pass',
      'request-side-by-side',
      'request-side-by-side-invalid',
      'side-by-side',
      'side-by-side-invalid',
    ]);
  });

  it.each([
    ['with', 100],
    ['without', 0],
  ])('%s a workflow cache', async (_with, maxCachedWorkflows) => {
    const histories = NAMES.map((name) => [name, load(name)] as const);
    expect(await replay(histories, maxCachedWorkflows)).toEqual({});
  });

  it('and a run that did something else is told apart', async () => {
    const history = load('fail-rollback');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? []) {
      if (scheduled?.activityType?.name === 'validate') scheduled.activityType.name = 'segment';
    }
    const wrong = await replay([['changed', history]], 100);
    expect(wrong['changed']).toMatch(/TMPRL1100|[Nn]ondeterminism/);
  });

  it('and hold no payload that is too large, and nothing of the machine they were recorded on', () => {
    for (const name of NAMES) {
      const text = readFileSync(new URL(`${name}.json`, HISTORIES), 'utf8');
      const identities = new Set([...text.matchAll(/"identity": "([^"]*)"/g)].map(([, identity]) => identity));
      expect([...identities].filter((identity) => identity !== '1@worker')).toEqual([]);
      for (const [, data = ''] of text.matchAll(/"data": "([^"]*)"/g)) {
        expect(data.length).toBeLessThan(256 * 1024);
        const decoded = Buffer.from(data, 'base64').toString();
        for (const [path] of decoded.matchAll(/(?<=")\/[^"\\]*/g)) expect(path).toMatch(/^\/tmp\/segmentry-demo/);
      }
    }
  });
});
