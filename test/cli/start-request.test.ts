import { type Client, ServiceError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRequest } from '../../cli/start-request.js';
import { type Cluster, Sandbox } from '../e2e/sandbox.js';

const sandbox = new Sandbox();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await sandbox.cluster();
}, 120_000);
afterAll(() => sandbox.cleanUp());

const QUEUE = 'nobody-polls-this';

/** As gRPC gives it. */
function failure(code: number, details: string): ServiceError {
  const cause = Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} });
  return new ServiceError('Failed to start Workflow', { cause });
}

/** The client of the real service, whose answers get lost where the test says so. */
function losing(answers: (ServiceError | null)[]): { readonly client: Client; readonly asked: () => number } {
  const { workflow } = cluster.client;
  let asked = 0;
  const client = {
    workflow: {
      start: async (...args: Parameters<typeof workflow.start>) => {
        asked++;
        const handle = await workflow.start(...args);
        const lost = answers.shift();
        if (lost != null) throw lost;
        return handle;
      },
      getHandle: (id: string) => workflow.getHandle(id),
    },
  };
  return { client: client as unknown as Client, asked: () => asked };
}

const requests = async (name: string): Promise<number> =>
  (await cluster.client.workflow.count(`WorkflowId STARTS_WITH "request-${name}-"`)).count;

describe('a request', { timeout: 60_000 }, () => {
  it('whose answer is lost is asked for again, and is one request', async () => {
    const { client, asked } = losing([failure(14, 'the server went away'), failure(4, 'Deadline exceeded'), null]);
    const handle = await startRequest(client, QUEUE, 'lost', { pipeline: 'pipeline.yaml' });
    expect(asked()).toBe(2);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await expect.poll(() => requests('lost'), { timeout: 20_000 }).toBe(1);
  });

  it('that the service refuses is not asked for again', async () => {
    const { client, asked } = losing([failure(7, 'you may not')]);
    await expect(startRequest(client, QUEUE, 'refused', { pipeline: 'pipeline.yaml' })).rejects.toThrow(
      'Failed to start Workflow',
    );
    expect(asked()).toBe(1);
  });
});
