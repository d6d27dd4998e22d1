/** notify: tells the receiver that the worker knows what a run concluded. */
import { Context } from '@temporalio/activity';
import { SECRET_VARIABLE, URL_VARIABLE } from '../adapters/notify/index.js';
import type { PinnedModel } from '../domain/manifest.js';
import { SegmentryError } from '../domain/errors.js';
import { recordDeed } from './audit.js';
import type { VerdictNotice } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type RunContext, loadContext } from './run-context.js';

/** What a notification is about, as its receivers tell kinds apart. */
const VERDICT = 'segmentry.verdict';

/**
 * Sends it, then records that it was sent. An attempt that dies before it can say that the receiver answered sends it again under the same
 * id, by which the receiver knows that it has it: no protocol can promise more.
 * @returns who was told
 */
export async function notify(deps: ActivityDependencies, notice: VerdictNotice): Promise<string> {
  const { run, verdict } = notice;
  const context = await loadContext(deps.store, run.context);
  const before: unknown = Context.current().info.heartbeatDetails;
  const { receiver, refusal } = isAnswer(before) ? before : await ask(deps, context, notice);
  const { candidate, pipeline } = context;
  const subject = candidate.kind === 'registry' ? titleOf(candidate.pinned) : pipeline.name;
  const deed = { action: 'notify', subject, run: run.run } as const;
  if (refusal !== null) {
    const details = { outcome: 'failed', verdict, receiver, reason: refusal };
    await recordDeed(deps, { ...deed, details, part: 'failed' });
    throw new SegmentryError(refusal, 'data');
  }
  await recordDeed(deps, { ...deed, details: { outcome: 'done', verdict, receiver }, once: keyOf(notice) });
  return receiver;
}

/** What came of asking a receiver. Heartbeat details, so that the next attempt, on whichever worker, knows it. */
interface Answer {
  readonly receiver: string;
  /** Why it does not want it; null: it has taken it. */
  readonly refusal: string | null;
}

async function ask(deps: ActivityDependencies, context: RunContext, notice: VerdictNotice): Promise<Answer> {
  const { notifier } = deps;
  if (notifier === null) {
    throw new SegmentryError(
      `Nobody was told: this worker knows no receiver. Start it with ${URL_VARIABLE} (and ${SECRET_VARIABLE}), or take notify out of the pipeline.`,
      'usage',
    );
  }
  const activity = Context.current();
  let refusal: string | null = null;
  try {
    await notifier.send({
      id: keyOf(notice),
      // The same for every attempt.
      at: new Date(activity.info.scheduledTimestampMs),
      type: VERDICT,
      data: dataOf(context, notice),
    });
  } catch (error) {
    if (!(error instanceof SegmentryError) || error.kind === 'infrastructure') throw error;
    refusal = error.message;
  }
  const answer = { receiver: notifier.uri, refusal };
  // At once: while the audit log cannot be written, each attempt for a day would tell the receiver what it has been told.
  activity.heartbeat(answer);
  return answer;
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  const { receiver, refusal } = value as Partial<Answer>;
  return typeof receiver === 'string' && (refusal === null || typeof refusal === 'string');
}

/** There is one notification of a run. */
function keyOf({ run }: VerdictNotice): string {
  return `notify/${run.run}`;
}

function dataOf({ pipeline, manifest, candidate, baseline }: RunContext, notice: VerdictNotice): object {
  const { run, verdict, reasons, actions } = notice;
  return {
    run: run.run,
    pipeline: pipeline.name,
    verdict,
    candidate: titleOf(candidate.pinned),
    baseline: baseline === null ? null : titleOf(baseline.pinned),
    source: manifest.data.source,
    rows: run.rows,
    reasons,
    actions: actions.map(({ action, outcome, from, to, reason }) => ({ action, outcome, from, to, reason })),
  };
}

function titleOf(model: PinnedModel): string {
  return model.kind === 'registry' ? `${model.name}/${model.version}` : `column ${model.column}`;
}
