/** Delivers the verdict of one run, for as long as that takes: beside the run, which has ended by then if the receiver is away. */
import { proxyActivities } from '@temporalio/workflow';
import type { VerdictNotice } from '../activities/contract.js';
import type { Activities } from '../activities/index.js';
import { DELIVERY } from './retry-profiles.js';

const { notify } = proxyActivities<Activities>(DELIVERY);

/** @returns who was told */
export async function notifyVerdict(notice: VerdictNotice): Promise<string> {
  return notify(notice);
}
