/** What was done after the verdict, in the same words everywhere. */
import type { ActionResult, Result } from '../domain/result.js';
import { printable } from './format.client.js';

export const ACTION_WORDS: Readonly<Record<ActionResult['outcome'], string>> = {
  done: 'done',
  conflict: 'not done, somebody moved it first',
  skipped: 'skipped',
  failed: 'FAILED',
};

/** "version 2 → 1", or nothing for an action that moves nothing. Only what was done leads from no version: else nobody moved one. */
export function moveText({ outcome, from, to }: ActionResult): string {
  if (from === null && to === null) return '';
  if (outcome !== 'done' && (from === null || to === null)) return '';
  return `version ${printable(from ?? 'none')} → ${printable(to ?? 'none')}`;
}

/** Why nothing was done, for a result without any action. */
export function nothingDone({ verdict, manifest }: Result): string {
  if (verdict === 'ERROR') return 'Nothing was done: without a verdict on the model there is nothing to act on.';
  return manifest.act
    ? 'Nothing was done: the pipeline asks for no action on this verdict.'
    : 'Nothing was done: the run was told to decide without acting.';
}
