/** A Temporal service of a test file, for the built workflows with stages that are stand-ins. */
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll } from 'vitest';
import { Sandbox } from '../e2e/sandbox.js';

export interface StubService {
  readonly client: Client;
  readonly connection: NativeConnection;
}

/** Starts it before the tests of the file and ends it after them. @returns what to reach it by, while they run */
export function stubService(): () => StubService {
  const sandbox = new Sandbox();
  let service: StubService;
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const { client, server } = await sandbox.cluster();
    service = { client, connection: await NativeConnection.connect({ address: server.address }) };
  });
  afterAll(async () => {
    await service.connection.close();
    await sandbox.cleanUp();
  });
  return () => service;
}
