import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectClient,
  connectWorker,
  resolveTarget,
  targetOfDevServer,
  type ClusterTarget,
} from '../../workers/connection.js';
import { acquireDevServer, type DevServer } from '../../workers/dev-server/index.js';
import { untilNothingRuns } from './dev-server-commands.js';

let folder: string;
let toml: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segmentry-connection-test-'));
  toml = join(folder, 'temporal.toml');
  await writeFile(
    toml,
    `[profile.default]
namespace = "without-address"
[profile.prod]
address = "prod.example:7233"
namespace = "models"
api_key = "secret"
[profile.certified]
address = "tls.example:7233"
tls = { client_cert_path = "${join(folder, 'missing.pem')}", client_key_path = "${join(folder, 'missing.key')}" }
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nothing of this machine's own settings may reach a test. */
const nowhere = { TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' };

describe('resolveTarget', () => {
  it('is embedded when no address is configured', () => {
    expect(resolveTarget({ folder, env: nowhere })).toEqual({ kind: 'embedded', folder });
    expect(resolveTarget({ folder, env: { TEMPORAL_CONFIG_FILE: toml } })).toEqual({ kind: 'embedded', folder });
  });

  it('refuses a namespace that is asked for where there is no service, but no variable that other tools may want', () => {
    expect(() => resolveTarget({ folder, env: nowhere, namespace: 'nope' })).toThrow(
      expect.objectContaining({
        kind: 'usage',
        message: expect.stringMatching(/^--namespace nope .* Add --address /) as string,
      }),
    );
    const embedded = { kind: 'embedded', folder };
    expect(resolveTarget({ folder, env: nowhere, namespace: 'default' })).toEqual(embedded);
    expect(resolveTarget({ folder, env: { ...nowhere, TEMPORAL_NAMESPACE: 'team' } })).toEqual(embedded);
  });

  it('takes TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE', () => {
    const env = { ...nowhere, TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'team' };
    expect(resolveTarget({ folder, env })).toMatchObject({
      kind: 'cluster',
      address: 'temporal:7233',
      namespace: 'team',
      source: 'TEMPORAL_ADDRESS',
    });
  });

  it('takes a profile of temporal.toml, whose API key turns TLS on', () => {
    const env = { TEMPORAL_CONFIG_FILE: toml };
    const expected = {
      address: 'prod.example:7233',
      namespace: 'models',
      source: 'temporal.toml profile prod',
      connectionOptions: { address: 'prod.example:7233', apiKey: 'secret', tls: true },
    };
    expect(resolveTarget({ folder, profile: 'prod', env })).toMatchObject(expected);
    expect(resolveTarget({ folder, env: { ...env, TEMPORAL_PROFILE: 'prod' } })).toMatchObject(expected);
  });

  it('lets flags win over variables, and variables over the profile', () => {
    const env = { TEMPORAL_CONFIG_FILE: toml, TEMPORAL_PROFILE: 'prod', TEMPORAL_ADDRESS: 'from-variable:7233' };
    expect(resolveTarget({ folder, env })).toMatchObject({
      address: 'from-variable:7233',
      namespace: 'models',
      source: 'TEMPORAL_ADDRESS',
    });
    expect(resolveTarget({ folder, env, address: 'from-flag:7233', namespace: 'flag' })).toMatchObject({
      connectionOptions: { address: 'from-flag:7233' },
      namespace: 'flag',
      source: '--address',
    });
  });

  it.each([
    ['a profile that does not exist', 'staging', "Profile 'staging' not found"],
    ['a profile without address', 'default', 'Profile "default" of temporal.toml has no address'],
    ['a certificate that does not exist', 'certified', 'missing.pem'],
  ])('refuses %s', (_, profile, message) => {
    const resolve = (): unknown => resolveTarget({ folder, profile, env: { TEMPORAL_CONFIG_FILE: toml } });
    expect(resolve).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    ['cannot be parsed', '[profile.default\n', 'cannot be used: '],
    ['has no profile', '# nothing yet\n', 'cannot be used: the file has no [profile.…] table.'],
  ])('names a settings file that %s', async (_, content, message) => {
    const broken = join(folder, 'broken.toml');
    await writeFile(broken, content);
    expect(() => resolveTarget({ folder, env: { TEMPORAL_CONFIG_FILE: broken } })).toThrow(`broken.toml) ${message}`);
  });
});

describe.each([
  ['connectClient', connectClient],
  ['connectWorker', connectWorker],
] as const)('%s to an address that does not answer', (_, connect) => {
  const PATIENCE = { timeoutMs: 500 };

  it.each([
    ['nobody listens', '127.0.0.1:1'],
    ['there is no such host', 'no-such-host.invalid:7233'],
  ])('when %s', async (_why, address) => {
    const target = resolveTarget({ folder, env: { ...nowhere, TEMPORAL_ADDRESS: address } }) as ClusterTarget;
    const failure = connect(target, PATIENCE);
    await expect(failure).rejects.toMatchObject({ name: 'SegmentryError', kind: 'infrastructure' });
    await expect(failure).rejects.toThrow(`No Temporal service answers at ${address} (from TEMPORAL_ADDRESS)`);
  });

  it('when somebody accepts and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const target = resolveTarget({ folder, address, env: nowhere }) as ClusterTarget;
    await expect(connect(target, PATIENCE)).rejects.toThrow(
      `No Temporal service answers at ${address} (from --address)`,
    );
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe('a service that answers', () => {
  let server: DevServer;
  beforeAll(async () => {
    server = await acquireDevServer({ folder, ui: false });
  });
  afterAll(async () => {
    await server.release();
    await untilNothingRuns(folder);
  });

  it('is connected to, by a client and by a worker', async () => {
    const client = await connectClient(targetOfDevServer(server));
    expect(client.options.namespace).toBe('default');
    await client.connection.close();
    const connection = await connectWorker(targetOfDevServer(server));
    await connection.close();
  });

  it.each([
    ['connectClient', connectClient],
    ['connectWorker', connectWorker],
  ] as const)('%s names a namespace that does not exist', async (_, connect) => {
    const failure = connect({ ...targetOfDevServer(server), namespace: 'nope' });
    await expect(failure).rejects.toMatchObject({ kind: 'usage' });
    await expect(failure).rejects.toThrow(/has no namespace "nope"/);
  });
});
