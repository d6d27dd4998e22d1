/** Who takes the runs of a task queue, as the service tells it. */
import { hostname } from 'node:os';
import { ServiceError, isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Session } from './session.js';

type Asked = Pick<Session, 'client' | 'target' | 'taskQueue'>;

export function describeRunQueue({ client, target, taskQueue }: Asked) {
  return client.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
}

/**
 * Whether another command on this machine, such as `segmentry dev`, has a worker that goes on when this one ends. The service names a worker
 * for minutes after its end, so its process must live.
 */
export async function anotherWorkerIsHere(session: Asked): Promise<boolean> {
  try {
    const { pollers } = await session.client.withDeadline(Date.now() + ANSWER_MS, () => describeRunQueue(session));
    return pollers.some(({ identity }) => livesBesideUs(identity ?? ''));
  } catch (error) {
    // Only a sentence hangs on it, said by a command that is about to end.
    if (error instanceof ServiceError || isGrpcServiceError(error)) return false;
    throw error;
  }
}

/** A service that has not answered after two seconds keeps nobody who has pressed Ctrl-C. */
const ANSWER_MS = 2_000;

/** @param identity what the SDK calls a worker: `4711@host-7` */
function livesBesideUs(identity: string): boolean {
  const [pid, host] = identity.split(/@(.*)/s);
  if (host !== hostname() || !/^\d+$/.test(pid ?? '') || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    // Somebody else's process lives too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
