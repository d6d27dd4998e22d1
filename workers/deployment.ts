/**
 * Which code a run is computed by. A worker says its build to Temporal, a run stays on the build that it began on ("pinned"), and
 * one build of a deployment is current: it gets the new runs. Without it a worker of other code could take over a run that is
 * under way, and end it with a nondeterminism error or, worse, with numbers of two versions.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { WorkerOptions } from '@temporalio/worker';
import { SegmentryError } from '../domain/errors.js';
import { computeQueue, waitingQueue } from '../workflows/task-queues.js';
import { grpcCodeOf } from './connection.js';
import { GRPC } from './grpc-codes.js';

export interface WorkerVersion {
  /** Workers that share their task queues; one of its builds gets the new runs. */
  readonly deploymentName: string;
  /** What tells code from other code. */
  readonly buildId: string;
}

/** The service, and the version that is asked about. */
export interface Deployment {
  readonly client: Client;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly version: WorkerVersion;
}

/** The build that gets new runs; null when none does: then runs wait. */
export type CurrentBuild = string | null;

/** Not there yet, or changed by somebody else meanwhile. */
const ASKED_AGAIN: ReadonlySet<number> = new Set([
  GRPC.NOT_FOUND,
  GRPC.FAILED_PRECONDITION,
  GRPC.ABORTED,
  GRPC.UNAVAILABLE,
]);

/** Between two questions whether the pollers have arrived, in milliseconds. It takes a service a second or less. */
const POLL_MS = 100;

/** A busy service registers a poller within seconds; after this, in milliseconds, something is wrong. */
const REGISTRATION_LIMIT_MS = 60_000;

const { TaskQueueType, WorkerVersioningMode } = proto.temporal.api.enums.v1;

/** What all workers of a process tell Temporal. */
export function deploymentOptions(version: WorkerVersion | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  return {
    workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' },
  };
}

/** A deployment's name where nobody gave one: the service takes no dot and no colon in it. */
export function deploymentNameFor(taskQueue: string): string {
  return taskQueue.replaceAll(/[.:]/g, '-');
}

/**
 * False for a service that is too old to know worker deployments, or has them switched off.
 *
 * @throws SegmentryError of kind `usage` for a name that the service does not take
 */
export async function knowsDeployments({
  client,
  namespace,
  version,
}: Omit<Deployment, 'taskQueue'>): Promise<boolean> {
  try {
    await client.workflowService.describeWorkerDeployment({ namespace, deploymentName: version.deploymentName });
    return true;
  } catch (error) {
    const code = grpcCodeOf(error);
    if (code === GRPC.NOT_FOUND) return true;
    if (code === GRPC.UNIMPLEMENTED || (code === GRPC.PERMISSION_DENIED && /disabled/i.test(String(error))))
      return false;
    if (code === GRPC.INVALID_ARGUMENT) {
      throw new SegmentryError(
        `Temporal does not take the worker deployment "${version.deploymentName}" (--deployment): ${(error as Error).message}`,
        'usage',
      );
    }
    throw error;
  }
}

/**
 * Waits until the service sends tasks to this build, and makes it the current one where that is its turn: nobody is current, or it is
 * newer than the current one and has never been it. An old build that restarts does not take new runs back, and neither does one
 * that somebody replaced by hand.
 *
 * @param keepCurrent leaves it to somebody else which build gets new runs
 * @throws SegmentryError of kind `infrastructure` when the service does not show the pollers in time
 */
export async function joinDeployment(deployment: Deployment, keepCurrent: boolean): Promise<CurrentBuild> {
  const { client, namespace, version } = deployment;
  const deadline = performance.now() + REGISTRATION_LIMIT_MS;
  for (;;) {
    let waitingFor: string;
    try {
      const missing = await missingQueues(deployment);
      if (missing.length === 0) {
        const { current, turn, conflictToken } = await whoIsCurrent(deployment);
        if (keepCurrent || !turn) return current;
        await client.workflowService.setWorkerDeploymentCurrentVersion({ namespace, ...version, conflictToken });
        return version.buildId;
      }
      waitingFor = `pollers of ${missing.join(', ')}`;
    } catch (error) {
      const code = grpcCodeOf(error);
      // Not registered yet, or another worker changed the deployment between the question and the change: ask again.
      if (code === undefined || !ASKED_AGAIN.has(code)) throw error;
      waitingFor = (error as Error).message;
    }
    if (performance.now() > deadline) {
      throw new SegmentryError(
        `Temporal did not register build ${version.buildId} of the worker deployment "${version.deploymentName}" within ` +
          `${REGISTRATION_LIMIT_MS / 1000} s (${waitingFor}). Start the worker again; --no-versioning does without.`,
        'infrastructure',
      );
    }
    await delay(POLL_MS);
  }
}

/**
 * Whether anybody takes the runs that begin now, as a task queue's description says. Workers of another build than the current one poll
 * the queue too, and take none of them.
 */
export function newRunsAreTaken({ pollers, versioningInfo }: DescribedQueue): boolean {
  const builds = [versioningInfo?.currentDeploymentVersion, versioningInfo?.rampingDeploymentVersion].flatMap((one) =>
    one == null ? [] : [versionName(one)],
  );
  return (pollers ?? []).some(({ deploymentOptions: said }) => {
    const versioned = said?.workerVersioningMode === WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED;
    return versioned ? builds.includes(versionName(said)) : builds.length === 0;
  });
}

type DescribedQueue = proto.temporal.api.workflowservice.v1.IDescribeTaskQueueResponse;

function versionName({ deploymentName, buildId }: { deploymentName?: string | null; buildId?: string | null }): string {
  return `${deploymentName ?? ''}:${buildId ?? ''}`;
}

/** A run whose first task comes before the compute queue is known would have its activities sent to nobody. */
async function missingQueues({ client, namespace, taskQueue, version }: Deployment): Promise<readonly string[]> {
  const { versionTaskQueues } = await client.workflowService.describeWorkerDeploymentVersion({
    namespace,
    deploymentVersion: version,
  });
  const polled = new Set(versionTaskQueues.map(({ name, type }) => `${String(name)} ${String(type)}`));
  const wanted = [
    { name: taskQueue, type: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW },
    ...[taskQueue, computeQueue(taskQueue), waitingQueue(taskQueue)].map((name) => ({
      name,
      type: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    })),
  ];
  return wanted.filter(({ name, type }) => !polled.has(`${name} ${String(type)}`)).map(({ name }) => name);
}

async function whoIsCurrent({ client, namespace, version }: Omit<Deployment, 'taskQueue'>): Promise<{
  readonly current: CurrentBuild;
  /** Whether new runs are for this build from now on. */
  readonly turn: boolean;
  readonly conflictToken: Uint8Array;
}> {
  const { workerDeploymentInfo, conflictToken } = await client.workflowService.describeWorkerDeployment({
    namespace,
    deploymentName: version.deploymentName,
  });
  const current = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? null;
  if (current === null || current === version.buildId) return { current, turn: current === null, conflictToken };
  const summary = (buildId: string): Summary | undefined =>
    workerDeploymentInfo?.versionSummaries?.find(({ deploymentVersion }) => deploymentVersion?.buildId === buildId);
  const mine = summary(version.buildId);
  const wasCurrent = mine?.firstActivationTime != null;
  const newer = nanoseconds(mine?.createTime) > nanoseconds(summary(current)?.createTime);
  return { current, turn: newer && !wasCurrent, conflictToken };
}

type Summary = proto.temporal.api.deployment.v1.WorkerDeploymentInfo.IWorkerDeploymentVersionSummary;

/** Since 1970; 0 for a time that the service does not tell. */
function nanoseconds(time: proto.google.protobuf.ITimestamp | null | undefined): bigint {
  return BigInt(String(time?.seconds ?? 0)) * 1_000_000_000n + BigInt(time?.nanos ?? 0);
}
