/**
 * The one workflow per model that changes what it serves: rollbacks and promotions of all runs, one after the other. An effect that
 * has begun is finished whatever becomes of the run that asked for it; the registry's compare-and-set and the effect's key
 * make a repeated one do nothing.
 */
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { ActionRequest } from '../activities/contract.js';
import type { ActionResult } from '../domain/result.js';
import { onTheCurrentBuild } from './current-build.js';
import { EFFECT } from './retry-profiles.js';

export const applyUpdate = defineUpdate<ActionResult, [ActionRequest]>('apply');

/** With nothing to do for this long it ends; the next effect starts it again. It keeps nothing that the registry does not. */
const IDLE = '10 seconds';

/** Effects that the Temporal UI lists, the latest first. */
const SHOWN_EFFECTS = 50;

// Pinned to the build that began it, it would hold its id for ever where the last worker of that build ended within those seconds: every
// rollback of the model, whichever build asks for it, would wait for a worker that does not come back.
onTheCurrentBuild(modelEffects);

export async function modelEffects(model: string): Promise<void> {
  const lines: string[] = [];
  let waiting = 0;
  let applied = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const apply = async (request: ActionRequest): Promise<ActionResult> => {
    const { act } = proxyActivities<Activities>({ ...EFFECT, summary: `${request.action}: ${request.run.run}` });
    const result = await act(request);
    lines.unshift(`- ${result.action} ${result.outcome}: ${result.reason}`);
    setCurrentDetails([`Effects on ${model}:`, ...lines.slice(0, SHOWN_EFFECTS)].join('\n'));
    return result;
  };
  setHandler(
    applyUpdate,
    (request) => {
      waiting++;
      const result = turn.then(() => CancellationScope.nonCancellable(() => apply(request)));
      // The next one has its turn after this one, however this one ends.
      turn = result
        .catch(() => undefined)
        .finally(() => {
          waiting--;
          applied++;
        });
      return result;
    },
    { description: 'Rolls back or promotes for a run, after everything that was asked for before.' },
  );
  await CancellationScope.nonCancellable(async () => {
    let seen: number;
    do {
      await condition(() => waiting === 0);
      seen = applied;
    } while (await condition(() => waiting > 0 || applied !== seen, IDLE));
    await condition(allHandlersFinished);
  });
}
