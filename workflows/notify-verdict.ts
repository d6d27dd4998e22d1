/** Delivers the verdict of one run, for as long as that takes: beside the run, which has ended by then if the receiver is away. */
import { proxyActivities } from '@temporalio/workflow';
import type { VerdictNotice } from '../activities/contract.js';
import type { Activities } from '../activities/index.js';
import { onTheCurrentBuild } from './current-build.js';
import { DELIVERY } from './retry-profiles.js';

const { notify } = proxyActivities<Activities>(DELIVERY);

// Other workflows stay on the build that they began on. This one may be the last of its build for a day, and that build's workers are
// stopped when its runs have ended: pinned, a receiver that was away during a rollout would never be told.
onTheCurrentBuild(notifyVerdict);

/** @returns who was told */
export async function notifyVerdict(notice: VerdictNotice): Promise<string> {
  return notify(notice);
}
