/** The evaluation that every trial disturbs, fresh copies of it, and how a trial is judged. */
import { randomUUID } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { EvaluationRequest, RequestOutcome } from '../../activities/contract.js';
import type { Result } from '../../domain/result.js';
import { rootCause } from '../../domain/root-cause.js';
import {
  FEWER_FLIGHTS,
  type Finished,
  type Project,
  type Sandbox,
  type WorkerGroup,
  resultOf,
  rollbacks,
  serving,
} from '../sandbox.js';
import type { Trial } from './ledger.js';

/** A trial that has no answer after this long hangs: a killed worker is noticed after 15 s, and a busy machine is slow. */
export const HUNG_AFTER_MS = 240_000;

/** Between two calls to a service that is away. */
const RETRY_MS = 250;

/** Version 2 against 1, whatever serves by then: asked again, it is the same evaluation. */
export const VERSIONS = { candidate: '2', baseline: '1' } as const;
export const VERSION_FLAGS = ['--candidate', '2', '--baseline', '1'] as const;

export class Story {
  private constructor(
    private readonly sandbox: Sandbox,
    private readonly template: Project,
  ) {}

  static async prepare(sandbox: Sandbox, select: string = FEWER_FLIGHTS): Promise<Story> {
    return new Story(sandbox, await sandbox.project({ select }));
  }

  /** A copy of data, pipeline and registry that no trial has touched. @param at where; by default a folder of its own */
  async project(at?: string): Promise<Project> {
    const folder = at ?? (await this.sandbox.folder());
    await cp(this.template.folder, folder, { recursive: true });
    return { folder, pipeline: join(folder, 'pipeline.yaml'), registry: join(folder, 'registry') };
  }
}

export function requestOf(project: Project): EvaluationRequest {
  return { pipeline: project.pipeline, ...VERSIONS, act: true, requestedBy: 'the fault bench' };
}

/** How a request ended: its outcome, what it failed with, or null for none within the trial's limit. */
export type Ended = { readonly outcome: RequestOutcome } | { readonly failure: string } | null;

/** Asks as the UI does, through a client; goes on asking while the service is away. */
export async function ask(
  client: Client,
  taskQueue: string,
  request: EvaluationRequest,
  limitMs: number = HUNG_AFTER_MS,
): Promise<Ended> {
  const workflowId = `request-${randomUUID()}`;
  const deadline = performance.now() + limitMs;
  const left = (): number => Math.max(1, deadline - performance.now());
  const start = (): Promise<unknown> =>
    client.workflow
      .start('requestEvaluation', { workflowId, taskQueue, args: [request] })
      // The answer to the first call was lost with the service: the request itself was not.
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
  if ((await insist(() => client.withDeadline(Date.now() + left(), start), deadline)) === null) return null;
  const ended = await insist(async () => {
    try {
      const outcome = await client.withDeadline(
        Date.now() + left(),
        () => client.workflow.getHandle(workflowId).result() as Promise<RequestOutcome>,
      );
      return { outcome };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      return { failure: rootCause(error).message };
    }
  }, deadline);
  if (ended === null) process.stderr.write(`${await whatIsOpen(client, taskQueue)}\n`);
  return ended;
}

export async function* openWorkflows(client: Client, taskQueue: string): AsyncGenerator<WorkflowExecutionDescription> {
  const query = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`;
  for await (const { workflowId } of client.workflow.list({ query }))
    yield await client.workflow.getHandle(workflowId).describe();
}

/** What a request that hangs waits for: the open workflows of its queue, with the activities that they wait for. */
async function whatIsOpen(client: Client, taskQueue: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { raw, type, historyLength } of openWorkflows(client, taskQueue)) {
      const waits = (raw.pendingActivities ?? []).map(
        ({ activityType, state, attempt, lastFailure }) =>
          `${String(activityType?.name)} (state ${String(state)}, attempt ${String(attempt)}${lastFailure?.message == null ? '' : `, ${lastFailure.message}`})`,
      );
      const task =
        raw.pendingWorkflowTask == null
          ? ''
          : `, a workflow task in attempt ${String(raw.pendingWorkflowTask.attempt)}`;
      lines.push(`open: ${type}, ${historyLength} events${task}, waits for ${waits.join(', ') || 'no activity'}`);
    }
  } catch (error) {
    lines.push(`the service does not tell what is open: ${(error as Error).message}`);
  }
  return lines.join('\n');
}

/** The call's answer, or null when there is none before the deadline. */
async function insist<T>(call: () => Promise<T>, deadline: number): Promise<T | null> {
  while (performance.now() < deadline) {
    try {
      return await call();
    } catch {
      await delay(RETRY_MS);
    }
  }
  return null;
}

/** What every trial is held against. */
export async function judged(project: Project, ended: Ended, digest: string): Promise<Trial> {
  const effects = (await rollbacks(project)).length;
  const serves = await serving(project);
  const broken = serves === '1' ? null : `version ${String(serves)} serves`;
  if (ended === null) return { same: false, effects, hung: true, lost: null, broken };
  if ('failure' in ended) return { same: false, effects, hung: false, lost: ended.failure, broken };
  const { outcome } = ended;
  return { same: outcome.digest === digest && outcome.verdict === 'FAIL', effects, hung: false, lost: null, broken };
}

/** A result on stdout, as a request's end. */
export function endedWith(result: Pick<Result, 'run' | 'verdict' | 'digest'>): Ended {
  return { outcome: result as unknown as RequestOutcome };
}

/** How a command ended that prints the result: with it, or with the last that it said. */
export function endedOf(finished: Finished): Ended {
  return finished.code === 1 ? endedWith(resultOf(finished)) : { failure: lastWords(finished) };
}

export function lastWords({ code, stderr }: Finished): string {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return said === '' ? `a command ended without a word (exit code ${String(code)})` : said;
}

/** What comes of it, or null when nothing has after this long. */
export async function limited<T>(work: Promise<T>, limitMs: number = HUNG_AFTER_MS): Promise<T | null> {
  const patience = new AbortController();
  try {
    return await Promise.race([work, delay(limitMs, null, { signal: patience.signal }).catch(() => null)]);
  } finally {
    patience.abort();
  }
}

/** Artifacts and what was remembered: the next run of the group has to make everything itself. */
export async function emptied({ store }: Pick<WorkerGroup, 'store'>): Promise<void> {
  for (const part of ['blobs', 'index']) await rm(join(store, part), { recursive: true, force: true });
}
