/** What a command needs to talk to runs: a Temporal client, the artifact store and, where nothing else is there, a worker. */
import type { Client } from '@temporalio/client';
import { type ArtifactStore, createArtifactStore, defaultArtifactFolder } from '../adapters/artifact-store/index.js';
import { createNotifier } from '../adapters/notify/index.js';
import { SegmentryError } from '../domain/errors.js';
import { refuseCredentials } from '../domain/refused-address.js';
import {
  type ClusterTarget,
  connectClient,
  connectWorker,
  resolveTarget,
  targetOfDevServer,
} from '../workers/connection.js';
import {
  type CurrentBuild,
  type WorkerVersion,
  deploymentNameFor,
  joinDeployment,
  knowsDeployments,
} from '../workers/deployment.js';
import { type DevServer, acquireDevServer } from '../workers/dev-server/index.js';
import { type Keyring, readKeyring, refuseUnreadableRuns } from '../workers/encryption/index.js';
import type { MetricsServer } from '../workers/metrics-server.js';
import { ownBuildId } from '../workers/package-version.js';
import type { WorkerTelemetry } from '../workers/telemetry.js';
import type { SegmentryWorker } from '../workers/worker.js';
import type { ConnectionFlags, VersioningFlags, WorkerFlags } from './global-options.js';
import { say } from './output.js';

/** The code of a worker, and which code of its deployment gets new runs. */
export interface SessionBuild {
  readonly version: WorkerVersion;
  readonly current: CurrentBuild;
}

export interface Session {
  readonly client: Client;
  readonly target: ClusterTarget;
  readonly store: ArtifactStore;
  readonly taskQueue: string;
  /** Temporal's UI, where it is known. */
  readonly uiUrl: string | null;
  /** Whether this command runs the dev server or shares it. */
  readonly embedded: boolean;
  /** The worker inside this command, where it has one. */
  readonly worker: SegmentryWorker | null;
  /** Null without a worker, and for one that takes every run. */
  readonly build: SessionBuild | null;
  readonly metricsUrl: string | null;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly flags: ConnectionFlags;
  /**
   * `embedded`: a worker only with the embedded server, because a cluster has its own; `always`: `segmentry worker`;
   * `never`: commands that only look.
   */
  readonly worker: 'embedded' | 'always' | 'never';
  readonly workerFlags?: WorkerFlags;
  readonly versioningFlags?: VersioningFlags;
  /** How much to log without --verbose. */
  readonly quiet: boolean;
}

export function openStore(flags: Pick<ConnectionFlags, 'store'>): ArtifactStore {
  return createArtifactStore(flags.store ?? defaultArtifactFolder(process.cwd()));
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { flags } = options;
  const folder = process.cwd();
  const store = openStore(flags);
  const keyring = readKeyring(process.env);
  // In reverse order of opening: a worker ends before its connection, everything before the server.
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const { target, server } = await findTarget(flags, folder);
    if (server !== null) closers.push(() => server.release());
    const client = await connectClient(target, { keyring });
    closers.push(() => client.connection.close());
    let worker: SegmentryWorker | null = null;
    let metrics: MetricsServer | null = null;
    let build: SessionBuild | null = null;
    if (options.worker === 'always' || (options.worker === 'embedded' && server !== null)) {
      // The server of a folder and its worker come and go together: there is no other code that a run could meet.
      const versioned = server === null;
      const started = await startSessionWorker(options, versioned, target, client, store, keyring, closers);
      ({ worker, metrics, build } = started);
    }
    return {
      client,
      target,
      store,
      taskQueue: flags.taskQueue,
      uiUrl: server?.uiUrl ?? configuredUi(),
      embedded: server !== null,
      worker,
      build,
      metricsUrl: metrics?.url ?? null,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function findTarget(
  flags: ConnectionFlags,
  folder: string,
): Promise<{ readonly target: ClusterTarget; readonly server: DevServer | null }> {
  const { address, namespace, profile } = flags;
  const target = resolveTarget({ folder, address, namespace, profile });
  if (target.kind === 'cluster') return { target, server: null };
  const server = await acquireDevServer({ folder, onStep: say });
  return { target: targetOfDevServer(server), server };
}

async function startSessionWorker(
  options: SessionOptions,
  versioned: boolean,
  target: ClusterTarget,
  client: Client,
  store: ArtifactStore,
  keyring: Keyring,
  closers: (() => Promise<unknown>)[],
): Promise<{
  readonly worker: SegmentryWorker;
  readonly metrics: MetricsServer | null;
  readonly build: SessionBuild | null;
}> {
  const { createLogger, installTemporalRuntime } = await import('./logging.js');
  const { startMetricsServer } = await import('../workers/metrics-server.js');
  const { createTelemetry } = await import('../workers/telemetry.js');
  const { startWorker } = await import('../workers/worker.js');
  // Here and not for every command: a native runtime that never has a connection keeps the process alive for ever.
  const verbose = options.flags.verbose === true;
  const level = verbose ? 'debug' : options.quiet ? 'warn' : 'info';
  installTemporalRuntime(createLogger(level), options.quiet && !verbose);
  // A stage would try again for minutes, because a disk may come back; at the start the reason is told at once.
  await store.checkWritable();
  await refuseUnreadableRuns(client, options.flags.taskQueue, keyring);
  const notifier = createNotifier(process.env);
  const { threads = 1, metrics: address } = options.workerFlags ?? {};
  const telemetry: WorkerTelemetry = createTelemetry();
  let worker: SegmentryWorker | null = null;
  const wanted = address ?? (options.worker === 'always' ? DEFAULT_METRICS : FREE_METRICS);
  const metrics =
    wanted === 'off'
      ? null
      : await startMetricsServer(wanted, telemetry.registry, () => ({
          ok: worker?.healthy() ?? false,
          worker: worker?.state() ?? 'starting',
          temporal: target.address,
        }));
  if (metrics !== null) closers.push(() => metrics.close());
  const connection = await connectWorker(target);
  closers.push(() => connection.close());
  const version = versioned ? await versionFor(options, target, client) : null;
  worker = await startWorker({
    connection,
    client,
    namespace: target.namespace,
    taskQueue: options.flags.taskQueue,
    store,
    telemetry,
    keyring,
    notifier,
    threads,
    ...(version === null ? {} : { version }),
  });
  const started = worker;
  closers.push(() => started.stop());
  if (version === null) return { worker, metrics, build: null };
  const { namespace } = target;
  const { taskQueue } = options.flags;
  const joining = joinDeployment(
    { client, namespace, taskQueue, version },
    options.versioningFlags?.keepCurrent === true,
  );
  // A worker that breaks meanwhile would never be registered; what broke it is the reason to tell.
  const broken = started.stopped.then(() => Promise.reject(new SegmentryError('the worker stopped', 'infrastructure')));
  const current = await Promise.race([joining, broken]);
  return { worker, metrics, build: { version, current } };
}

/** Null for a worker that takes every run, because it was told to or because the service knows nothing else. */
async function versionFor(
  { flags, versioningFlags = {} }: SessionOptions,
  { address, namespace }: ClusterTarget,
  client: Client,
): Promise<WorkerVersion | null> {
  if (versioningFlags.versioning === false) return null;
  const version = {
    deploymentName: versioningFlags.deployment ?? deploymentNameFor(flags.taskQueue),
    buildId: versioningFlags.buildId ?? ownBuildId(),
  };
  if (await knowsDeployments({ client, namespace, version })) return version;
  say(
    `The Temporal service at ${address} does not know worker deployments, or has them switched off: this worker is ` +
      'unversioned, so let runs end before you start workers of other code.',
  );
  return null;
}

/** Where Prometheus looks for a worker; 9464 is the port that OpenTelemetry's exporter uses for the same purpose. */
const DEFAULT_METRICS = '127.0.0.1:9464';

/** A worker inside another command takes any free port: two commands at once must not get in each other's way. */
const FREE_METRICS = '127.0.0.1:0';

/** Links to it are printed, in CI jobs too. */
function configuredUi(): string | null {
  const url = process.env['SEGMENTRY_UI_URL'];
  if (url === undefined) return null;
  refuseCredentials(url, 'SEGMENTRY_UI_URL');
  return url;
}
