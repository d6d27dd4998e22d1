import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection, NativeConnectionOptions } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import { SegmentryError } from '../domain/errors.js';
import { clientDataConverter, type Keyring, NO_KEYS } from './encryption/index.js';
import { GRPC } from './grpc-codes.js';

/** A Temporal service that somebody configured, or the dev server of a folder once it runs. */
export interface ClusterTarget {
  readonly kind: 'cluster';
  readonly address: string;
  readonly connectionOptions: NativeConnectionOptions;
  readonly namespace: string;
  /** Where the address comes from, for messages: `--address`, `TEMPORAL_ADDRESS`, `temporal.toml profile prod`. */
  readonly source: string;
}

/** No address is configured anywhere: the folder's own dev server. */
export interface EmbeddedTarget {
  readonly kind: 'embedded';
  readonly folder: string;
}

export type TemporalTarget = ClusterTarget | EmbeddedTarget;

export interface ResolveTargetOptions {
  readonly folder: string;
  /** `--profile`: of `temporal.toml`; else TEMPORAL_PROFILE, else `default`. */
  readonly profile?: string | undefined;
  /** `--address`: before everything else that says an address. */
  readonly address?: string | undefined;
  /** `--namespace` */
  readonly namespace?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** Temporal's own default, and all that a dev server of ours has. */
const DEFAULT_NAMESPACE = 'default';
/** How long an address may take to answer: a service that is being restarted makes it, a wrong address is told soon. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Between two attempts of a worker's connection, which (unlike a client's) gives up at the first refusal. */
const CONNECT_RETRY_MS = 250;

/**
 * Where Temporal is, by the settings that all of Temporal's tools share: TEMPORAL_* variables and a profile of
 * `temporal.toml`, with TLS and API key.
 *
 * @throws SegmentryError of kind `usage` when those settings cannot be read, and for a namespace that only a service could have
 */
export function resolveTarget(options: ResolveTargetOptions): TemporalTarget {
  const env = definedVariables(options.env ?? process.env);
  const profile = options.profile ?? env['TEMPORAL_PROFILE'];
  const configured = loadSettings(profile, env);
  const address = options.address ?? configured.connectionOptions.address;
  if (address === undefined || address === '') {
    if (profile !== undefined) {
      throw new SegmentryError(
        `Profile "${profile}" of temporal.toml has no address. Add one, set TEMPORAL_ADDRESS, or choose no profile to use ` +
          'the embedded Temporal.',
        'usage',
      );
    }
    // Of the flag alone: it is about this command. A variable may be there for other tools, and a profile for when it has an address.
    if (options.namespace !== undefined && options.namespace !== DEFAULT_NAMESPACE) {
      throw new SegmentryError(
        `--namespace ${options.namespace} is of a Temporal service, and no address of one is given: the local Temporal of this folder has ` +
          `only "${DEFAULT_NAMESPACE}". Add --address (or TEMPORAL_ADDRESS, or an address in temporal.toml), or leave --namespace out.`,
        'usage',
      );
    }
    return { kind: 'embedded', folder: options.folder };
  }
  return {
    kind: 'cluster',
    address,
    connectionOptions: { ...configured.connectionOptions, address },
    namespace: options.namespace ?? configured.namespace ?? DEFAULT_NAMESPACE,
    source: sourceOf(options.address, env['TEMPORAL_ADDRESS'], profile),
  };
}

/** The target for a dev server that runs: from there on, embedded and cluster are the same. */
export function targetOfDevServer(server: { address: string; namespace: string }): ClusterTarget {
  return {
    kind: 'cluster',
    address: server.address,
    connectionOptions: { address: server.address },
    namespace: server.namespace,
    source: 'the embedded dev server',
  };
}

export interface ConnectOptions {
  /** @default 10 seconds */
  readonly timeoutMs?: number;
  /** What Temporal keeps is encrypted with the first key. @default no keys: nothing is encrypted */
  readonly keyring?: Keyring;
}

/**
 * A client whose service answered and knows the namespace. Close it with `client.connection.close()`.
 *
 * @throws SegmentryError of kind `infrastructure`, or `usage` for a namespace that does not exist and a refused credential
 */
export async function connectClient(
  target: ClusterTarget,
  { timeoutMs = CONNECT_TIMEOUT_MS, keyring = NO_KEYS }: ConnectOptions = {},
): Promise<Client> {
  let connection: Connection | undefined;
  try {
    connection = Connection.lazy({ ...target.connectionOptions, connectTimeout: timeoutMs });
    await connection.ensureConnected();
    await checkNamespace(connection, target, timeoutMs);
    return new Client({ connection, namespace: target.namespace, dataConverter: clientDataConverter(keyring) });
  } catch (error) {
    await connection?.close();
    throw explain(error, target, timeoutMs);
  }
}

/** A connection for a worker, made by Temporal's native core. Close it with `close()` after the worker has stopped. */
export async function connectWorker(
  target: ClusterTarget,
  { timeoutMs = CONNECT_TIMEOUT_MS }: Pick<ConnectOptions, 'timeoutMs'> = {},
): Promise<NativeConnection> {
  // A native library of some 100 MB, which commands without a worker do without.
  const { NativeConnection: Native } = await import('@temporalio/worker');
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      const connection = await withinMs(Native.connect(target.connectionOptions), deadline - performance.now());
      try {
        await checkNamespace(connection, target, timeoutMs);
        return connection;
      } catch (error) {
        await connection.close();
        throw error;
      }
    } catch (error) {
      if (isRefusal(grpcCodeOf(error)) || performance.now() + CONNECT_RETRY_MS > deadline) {
        throw explain(error, target, timeoutMs);
      }
      await delay(CONNECT_RETRY_MS);
    }
  }
}

/** The native core has no time limit of its own, and an address that drops packets answers nothing for minutes. */
async function withinMs(connecting: Promise<NativeConnection>, limitMs: number): Promise<NativeConnection> {
  const patience = new AbortController();
  const tooLate = delay(limitMs, null, { signal: patience.signal }).catch(() => null);
  const connection = await Promise.race([connecting, tooLate]).finally(() => patience.abort());
  if (connection !== null) return connection;
  connecting.then(
    (late) => void late.close(),
    () => undefined,
  );
  throw new Error('No answer');
}

/** Fails for a namespace that does not exist and for refused credentials, so that a command says so before it works. */
async function checkNamespace(
  connection: Pick<Connection, 'withDeadline'> & {
    workflowService: { describeNamespace(request: { namespace: string }): Promise<unknown> };
  },
  { namespace }: ClusterTarget,
  timeoutMs: number,
): Promise<void> {
  await connection.withDeadline(Date.now() + timeoutMs, () =>
    // Keys that may not describe a namespace may still run workflows in it; "there is no such namespace" is certain.
    connection.workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
      if (grpcCodeOf(error) !== GRPC.PERMISSION_DENIED) throw error;
    }),
  );
}

function isRefusal(code: number | undefined): boolean {
  return code === GRPC.NOT_FOUND || code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED;
}

function loadSettings(
  profile: string | undefined,
  env: Record<string, string>,
): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ ...(profile === undefined ? {} : { profile }), overrideEnvVars: env });
  } catch (error) {
    // The loader trips over a file without any profile instead of saying so.
    const reason = error instanceof TypeError ? 'the file has no [profile.…] table' : (error as Error).message;
    throw new SegmentryError(
      `The Temporal settings (TEMPORAL_* variables, ${env['TEMPORAL_CONFIG_FILE'] ?? 'temporal.toml'}) cannot be used: ${reason}.`,
      'usage',
    );
  }
}

function definedVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function sourceOf(flag: string | undefined, variable: string | undefined, profile: string | undefined): string {
  if (flag !== undefined) return '--address';
  if (variable !== undefined) return 'TEMPORAL_ADDRESS';
  return `temporal.toml profile ${profile ?? 'default'}`;
}

function explain(error: unknown, { address, source, namespace }: ClusterTarget, timeoutMs: number): SegmentryError {
  const code = grpcCodeOf(error);
  // The native core quotes the system's own words at the end of a long nest of type names.
  const { message } = error as Error;
  const detail = /"([^"]+)"[^"]*$/.exec(message)?.[1] ?? message;
  if (code === GRPC.NOT_FOUND) {
    return new SegmentryError(
      `The Temporal service at ${address} (from ${source}) has no namespace "${namespace}". ` +
        `Create it (temporal operator namespace create -n ${namespace}) or choose another with --namespace or TEMPORAL_NAMESPACE.`,
      'usage',
    );
  }
  if (code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED) {
    return new SegmentryError(
      `The Temporal service at ${address} (from ${source}) refuses our credentials for namespace "${namespace}": ${detail}. ` +
        'Check TEMPORAL_API_KEY or the TLS certificate of the profile.',
      'usage',
    );
  }
  return new SegmentryError(
    `No Temporal service answers at ${address} (from ${source}), tried for ${timeoutMs / 1000} s: ${detail}. ` +
      'Start it, correct the address, or remove the setting to use the embedded Temporal. A service that wants TLS, or does ' +
      'not, looks the same: see TEMPORAL_TLS.',
    'infrastructure',
  );
}

/** The status code of a call that failed. The client wraps the gRPC error in an error of its own. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (isGrpcServiceError(inner)) return inner.code;
  }
  return undefined;
}
