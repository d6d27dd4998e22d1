/** A worker process: takes workflows and stages from Temporal until it is told to stop. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { createAuditLog } from '../adapters/audit-log/index.js';
import { guardedAudit, guardedNotifier, guardedStore } from '../adapters/guarded.js';
import type { Notifier } from '../adapters/notify/index.js';
import { createActivities } from '../activities/index.js';
import type { SegmentryError } from '../domain/errors.js';
import { computeQueue, waitingQueue } from '../workflows/task-queues.js';
import { createComputePool } from './compute-pool.js';
import { type WorkerVersion, deploymentOptions } from './deployment.js';
import { type Keyring, NO_KEYS, workerDataConverter, workflowCodeFor } from './encryption/index.js';
import { applyEffect, awaitRun } from './other-workflows.js';
import type { WorkerTelemetry } from './telemetry.js';
import { buildIdIfBuilt } from './package-version.js';
import { versions } from './versions.js';
import { FEW_YOUNG_OBJECTS, keepYoungSpace } from './young-space.js';

export interface SegmentryWorkerOptions {
  readonly connection: NativeConnection;
  /** For what stages ask of other workflows. */
  readonly client: Client;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly store: ArtifactStore;
  readonly telemetry: WorkerTelemetry;
  /** Who is told of verdicts. @default nobody */
  readonly notifier?: Notifier | null;
  /** @default no keys: nothing is encrypted */
  readonly keyring?: Keyring;
  /** Says to Temporal which code this is; runs stay on it. @default the worker is unversioned and takes every run */
  readonly version?: WorkerVersion;
  /** Tasks that are computed at once, each by one thread in a process of its own. */
  readonly threads: number;
  /** The compiled compute process; tests that run from sources pass the built one. */
  readonly processFile?: URL;
  /** How long one part of an inference task takes at most, in milliseconds; tests want small parts. */
  readonly partMs?: number;
  /** How long a stopping worker lets running tasks finish before it hands them back, in milliseconds. @default 10 s */
  readonly graceMs?: number;
  /** Inference tasks a child workflow: for tests of many chunks. */
  readonly chunkTasks?: number;
}

export interface SegmentryWorker {
  /** Ends when the worker has stopped; rejects when it broke. */
  readonly stopped: Promise<void>;
  state(): string;
  /** Whether it takes every kind of task. */
  healthy(): boolean;
  /** Takes no new tasks, finishes or hands back the running ones, then stops. */
  stop(): Promise<void>;
}

/** A task of inference takes a second or two; longer ones are handed back and go on elsewhere. */
const GRACE_MS = 10_000;

/** Light activities a process. */
const LIGHT_SLOTS = 100;

/**
 * Compute tasks a worker holds beyond those it can compute at once. Temporal takes 15 to 30 ms from one task's end to the next one's start;
 * with the next one here already, no process waits for it. More would be held back from workers that are idle.
 */
const WAITING_TASKS = 1;

/** Activities a process that do nothing but wait for another workflow: each is an open call and little more. */
const WAITING_SLOTS = 2_000;

/**
 * A cancelled stage learns of it with its next heartbeat. Beats are cheap beside the work, and by default as few as the timeout allows
 * are sent: then a cancelled inference would go on for most of it, and a killed worker would not have told how far its tasks had come.
 */
const HEARTBEAT_THROTTLE_MS = 1_000;

/** The same where a core computes on until it is told: so few of them run in a process that twice a second is nothing for a service. */
const COMPUTE_THROTTLE_MS = 500;

/**
 * How long workflow code may run in one piece, in milliseconds: a fraction of a second, unless the machine has no time for it. The SDK's
 * 5 s pass on a machine where everything else computes, and Node.js cannot survive code that is ended in the middle
 * ("async hook stack has become corrupted", temporalio/sdk-typescript#939): the process would be gone, with all its tasks.
 */
const WORKFLOW_CODE_LIMIT_MS = 5 * 60_000;

/** Options for a worker with workflows that are left out of their type, and read all the same. */
export const PATIENT = { isolateExecutionTimeout: WORKFLOW_CODE_LIMIT_MS };

/** Workflows whose state is kept in memory between their tasks; some hundred kilobytes each. */
const CACHED_WORKFLOWS = 100;

export async function startWorker(options: SegmentryWorkerOptions): Promise<SegmentryWorker> {
  // Of the threads that workflows run in, which are started below. This thread's own heap is made already.
  setFlagsFromString(FEW_YOUNG_OBJECTS);
  const compute = createComputePool({
    processes: options.threads,
    warm: true,
    ...(options.processFile === undefined ? {} : { processFile: options.processFile }),
  });
  const notifier = options.notifier ?? null;
  const activities = createActivities({
    store: guardedStore(options.store),
    audit: guardedAudit(createAuditLog(options.store.uri)),
    compute,
    notifier: notifier === null ? null : guardedNotifier(notifier),
    telemetry: options.telemetry,
    threads: options.threads,
    ...(options.partMs === undefined ? {} : { partMs: options.partMs }),
    versions: versions(),
    build: buildIdIfBuilt(),
    actor: `segmentry on ${hostname()}`,
    awaitRun: (run, signal) => awaitRun(options.client, run, signal),
    applyEffect: (model, request, asked) => applyEffect(options, model, request, asked),
    ...(options.chunkTasks === undefined ? {} : { chunkTasks: options.chunkTasks }),
  });
  const { keyring = NO_KEYS } = options;
  // A task that this worker cannot read counts as an attempt that failed. Others may have the key: it takes no more.
  let unreadable: SegmentryError | undefined;
  const workers: Worker[] = [];
  const onUnreadable = (error: SegmentryError): void => {
    unreadable ??= error;
    stopAll(workers);
  };
  const common = {
    connection: options.connection,
    namespace: options.namespace,
    dataConverter: workerDataConverter(keyring, { onUnreadable }),
    activities,
    shutdownGraceTime: options.graceMs ?? GRACE_MS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    ...deploymentOptions(options.version),
  } satisfies Partial<WorkerOptions>;
  const created = await Promise.all([
    Worker.create({
      ...common,
      ...(await workflowCode(keyring)),
      taskQueue: options.taskQueue,
      maxConcurrentActivityTaskExecutions: LIGHT_SLOTS,
      maxCachedWorkflows: CACHED_WORKFLOWS,
      ...PATIENT,
    }),
    Worker.create({
      ...common,
      taskQueue: computeQueue(options.taskQueue),
      maxConcurrentActivityTaskExecutions: options.threads + WAITING_TASKS,
      maxHeartbeatThrottleInterval: COMPUTE_THROTTLE_MS,
    }),
    Worker.create({
      ...common,
      taskQueue: waitingQueue(options.taskQueue),
      maxConcurrentActivityTaskExecutions: WAITING_SLOTS,
    }),
  ]);
  // Now that their threads are there.
  keepYoungSpace();
  workers.push(...created);
  const running = Promise.all(workers.map((worker) => worker.run()));
  // When one of them breaks, the process cannot do its work: the others stop too.
  const stopped = running
    .catch((error: unknown) => {
      stopAll(workers);
      throw error;
    })
    .then(() => {
      if (unreadable !== undefined) throw unreadable;
    })
    .finally(() => compute.close());
  // Whoever waits for it sees why it ended; a command that waits for something else is not to end with a stack trace.
  stopped.catch(() => undefined);
  return {
    stopped,
    state: () => workers.map((worker) => worker.getState()).join(', '),
    healthy: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    stop: async () => {
      stopAll(workers);
      await stopped.catch((error: unknown) => {
        if (error !== unreadable) throw error;
      });
    },
  };
}

function stopAll(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** The bundle that the build made, or the sources where there is none (tests that run from sources). */
async function workflowCode(keyring: Keyring): Promise<Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { code: workflowCodeFor(keyring, await readFile(bundle, 'utf8')) } };
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
}
