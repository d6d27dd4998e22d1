/** Delivers the verdict of one run, for as long as that takes: beside the run, which has ended by then if the receiver is away. */
import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { VerdictNotice } from '../activities/contract.js';
import type { Activities } from '../activities/index.js';
import { DELIVERY } from './retry-profiles.js';

const { notify } = proxyActivities<Activities>(DELIVERY);

/** The worker sets it at the head of the bundle (`workers/worker.ts`). */
const versioned = (globalThis as { readonly SEGMENTRY_VERSIONED?: boolean }).SEGMENTRY_VERSIONED === true;

// Other workflows stay on the build that they began on. This one may be the last of its build for a day, and that build's workers are
// stopped when its runs have ended: pinned, a receiver that was away during a rollout would never be told. So the build that is current
// goes on with it, and a change of it needs `patched()`, whichever build its history began on. A worker without a version must not say
// so: the service takes no answer of it that does, and nobody would be told.
if (versioned) setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, notifyVerdict);

/** @returns who was told */
export async function notifyVerdict(notice: VerdictNotice): Promise<string> {
  return notify(notice);
}
