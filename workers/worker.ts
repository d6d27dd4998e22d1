/** A worker process: takes workflows and stages from Temporal until it is told to stop. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { createActivities } from '../activities/index.js';
import type { RunOutcome } from '../activities/contract.js';
import { computeQueue } from '../workflows/task-queues.js';
import { createComputePool } from './compute-pool.js';
import type { WorkerTelemetry } from './telemetry.js';
import { versions } from './versions.js';

export interface SegmentryWorkerOptions {
  readonly connection: NativeConnection;
  /** For waiting on runs that others started. */
  readonly client: Client;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly store: ArtifactStore;
  readonly telemetry: WorkerTelemetry;
  /** Compute threads, and tasks that are taken at once. */
  readonly threads: number;
  /** The compiled compute thread; tests that run from sources pass the built one. */
  readonly threadFile?: URL;
  /** How long a stopping worker lets running tasks finish before it hands them back, in milliseconds. @default 10 s */
  readonly graceMs?: number;
}

export interface SegmentryWorker {
  /** Ends when the worker has stopped; rejects when it broke. */
  readonly stopped: Promise<void>;
  state(): string;
  /** Takes no new tasks, finishes or hands back the running ones, then stops. */
  stop(): Promise<void>;
}

/** A task of inference takes a second or two; longer ones are handed back and start again elsewhere. */
const GRACE_MS = 10_000;

/** Light activities a process: most of them wait for somebody else's run. */
const LIGHT_SLOTS = 200;

/** Workflows whose state is kept in memory between their tasks; some hundred kilobytes each. */
const CACHED_WORKFLOWS = 100;

export async function startWorker(options: SegmentryWorkerOptions): Promise<SegmentryWorker> {
  const compute = createComputePool({
    threads: options.threads,
    ...(options.threadFile === undefined ? {} : { threadFile: options.threadFile }),
  });
  const activities = createActivities({
    store: options.store,
    compute,
    telemetry: options.telemetry,
    threads: options.threads,
    versions: versions(),
    actor: `segmentry on ${hostname()}`,
    awaitRun: (run, signal) => awaitRun(options.client, run, signal),
  });
  const common: Pick<WorkerOptions, 'connection' | 'namespace' | 'activities' | 'shutdownGraceTime'> = {
    connection: options.connection,
    namespace: options.namespace,
    activities,
    shutdownGraceTime: options.graceMs ?? GRACE_MS,
  };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      ...workflowCode(),
      taskQueue: options.taskQueue,
      maxConcurrentActivityTaskExecutions: LIGHT_SLOTS,
      maxCachedWorkflows: CACHED_WORKFLOWS,
    }),
    Worker.create({
      ...common,
      taskQueue: computeQueue(options.taskQueue),
      maxConcurrentActivityTaskExecutions: options.threads,
    }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  // When one of the two breaks, the process cannot do its work: the other one stops too.
  const stopped = running
    .catch((error: unknown) => {
      stopAll(workers);
      throw error;
    })
    .then(() => undefined)
    .finally(() => compute.close());
  return {
    stopped,
    state: () => workers.map((worker) => worker.getState()).join(', '),
    stop: async () => {
      stopAll(workers);
      await stopped;
    },
  };
}

function stopAll(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** The bundle that the build made, or the sources where there is none (tests that run from sources). */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
}

async function awaitRun(client: Client, run: string, signal: AbortSignal): Promise<RunOutcome> {
  try {
    return await client.withAbortSignal(signal, () => client.workflow.getHandle(run).result() as Promise<RunOutcome>);
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = (error.cause?.cause ?? error.cause) as Error | undefined;
    throw ApplicationFailure.nonRetryable(
      `the run ${run}, which this request joined, did not come to a verdict: ${cause?.message ?? error.message}`,
      cause instanceof ApplicationFailure ? (cause.type ?? 'DataError') : 'InfrastructureError',
    );
  }
}
