/** What a command needs to talk to runs: a Temporal client, the artifact store and, where nothing else is there, a worker. */
import type { Client } from '@temporalio/client';
import { type ArtifactStore, createArtifactStore, defaultArtifactFolder } from '../adapters/artifact-store/index.js';
import {
  type ClusterTarget,
  connectClient,
  connectWorker,
  resolveTarget,
  targetOfDevServer,
} from '../workers/connection.js';
import { type DevServer, acquireDevServer } from '../workers/dev-server/index.js';
import { type MetricsServer, startMetricsServer } from '../workers/metrics-server.js';
import { type WorkerTelemetry, createTelemetry } from '../workers/telemetry.js';
import { type SegmentryWorker, startWorker } from '../workers/worker.js';
import type { ConnectionFlags, WorkerFlags } from './global-options.js';
import { createLogger, installTemporalRuntime } from './logging.js';
import { say } from './output.js';

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
  // In reverse order of opening: a worker ends before its connection, everything before the server.
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const { target, server } = await findTarget(flags, folder);
    if (server !== null) closers.push(() => server.release());
    const client = await connectClient(target);
    closers.push(() => client.connection.close());
    let worker: SegmentryWorker | null = null;
    let metrics: MetricsServer | null = null;
    if (options.worker === 'always' || (options.worker === 'embedded' && server !== null)) {
      const started = await startSessionWorker(options, target, client, store, closers);
      ({ worker, metrics } = started);
    }
    return {
      client,
      target,
      store,
      taskQueue: flags.taskQueue,
      uiUrl: server?.uiUrl ?? process.env['SEGMENTRY_UI_URL'] ?? null,
      embedded: server !== null,
      worker,
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
  target: ClusterTarget,
  client: Client,
  store: ArtifactStore,
  closers: (() => Promise<unknown>)[],
): Promise<{ readonly worker: SegmentryWorker; readonly metrics: MetricsServer | null }> {
  // Here and not for every command: a native runtime that never has a connection keeps the process alive for ever.
  const verbose = options.flags.verbose === true;
  const level = verbose ? 'debug' : options.quiet ? 'warn' : 'info';
  installTemporalRuntime(createLogger(level), options.quiet && !verbose);
  // A stage would try again for minutes, because a disk may come back; at the start the reason is told at once.
  await store.checkWritable();
  const { threads = 1, metrics: address } = options.workerFlags ?? {};
  const telemetry: WorkerTelemetry = createTelemetry();
  let worker: SegmentryWorker | null = null;
  const wanted = address ?? (options.worker === 'always' ? DEFAULT_METRICS : FREE_METRICS);
  const metrics =
    wanted === 'off'
      ? null
      : await startMetricsServer(wanted, telemetry.registry, () => ({
          ok: worker !== null && /^RUNNING, RUNNING$/.test(worker.state()),
          worker: worker?.state() ?? 'starting',
          temporal: target.address,
        }));
  if (metrics !== null) closers.push(() => metrics.close());
  const connection = await connectWorker(target);
  closers.push(() => connection.close());
  worker = await startWorker({
    connection,
    client,
    namespace: target.namespace,
    taskQueue: options.flags.taskQueue,
    store,
    telemetry,
    threads,
  });
  const started = worker;
  closers.push(() => started.stop());
  return { worker, metrics };
}

/** Where Prometheus looks for a worker; 9464 is the port that OpenTelemetry's exporter uses for the same purpose. */
const DEFAULT_METRICS = '127.0.0.1:9464';

/** A worker inside another command takes any free port: two commands at once must not get in each other's way. */
const FREE_METRICS = '127.0.0.1:0';

/** Temporal's page of a run. */
export function runUrl(session: Pick<Session, 'uiUrl' | 'target'>, run: string): string | null {
  if (session.uiUrl === null) return null;
  return `${session.uiUrl}/namespaces/${encodeURIComponent(session.target.namespace)}/workflows/${encodeURIComponent(run)}`;
}
