/** notify: tells the receiver that the worker knows what a run concluded. */
import { activityInfo } from '@temporalio/activity';
import { SECRET_VARIABLE, URL_VARIABLE } from '../adapters/notify/index.js';
import type { PinnedModel } from '../domain/manifest.js';
import { SegmentryError } from '../domain/errors.js';
import { recordDeed } from './audit.js';
import type { VerdictNotice } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { loadContext } from './run-context.js';

/** What a notification is about, as its receivers tell kinds apart. */
const VERDICT = 'segmentry.verdict';

/**
 * Sends it, then records that it was sent. An attempt that dies in between sends it again under the same id, by which the receiver knows
 * that it has it: no protocol can promise more.
 * @returns who was told
 */
export async function notify(deps: ActivityDependencies, notice: VerdictNotice): Promise<string> {
  const { notifier } = deps;
  const { run, verdict, reasons, actions } = notice;
  if (notifier === null) {
    throw new SegmentryError(
      `Nobody was told: this worker knows no receiver. Start it with ${URL_VARIABLE} (and ${SECRET_VARIABLE}), or take notify out of the pipeline.`,
      'usage',
    );
  }
  const { pipeline, manifest, candidate, baseline } = await loadContext(deps.store, run.context);
  const key = `notify/${run.run}`;
  const subject = candidate.kind === 'registry' ? titleOf(candidate.pinned) : pipeline.name;
  const deed = { action: 'notify', subject, run: run.run } as const;
  try {
    await notifier.send({
      id: key,
      // The same for every attempt.
      at: new Date(activityInfo().scheduledTimestampMs),
      type: VERDICT,
      data: {
        run: run.run,
        pipeline: pipeline.name,
        verdict,
        candidate: titleOf(candidate.pinned),
        baseline: baseline === null ? null : titleOf(baseline.pinned),
        source: manifest.data.source,
        rows: run.rows,
        reasons,
        actions: actions.map(({ action, outcome, from, to, reason }) => ({ action, outcome, from, to, reason })),
      },
    });
  } catch (error) {
    if (error instanceof SegmentryError && error.kind !== 'infrastructure') {
      const details = { outcome: 'failed', verdict, receiver: notifier.uri, reason: error.message };
      await recordDeed(deps, { ...deed, details, part: 'failed' });
    }
    throw error;
  }
  await recordDeed(deps, { ...deed, details: { outcome: 'done', verdict, receiver: notifier.uri }, once: key });
  return notifier.uri;
}

function titleOf(model: PinnedModel): string {
  return model.kind === 'registry' ? `${model.name}/${model.version}` : `column ${model.column}`;
}
