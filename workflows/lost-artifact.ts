/** Whether something failed of an artifact that is damaged or gone: whoever asked for it makes the run again. */
import { ApplicationFailure } from '@temporalio/common';
import { ARTIFACT_LOST } from '../domain/artifact.js';

export function lostAnArtifact(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure && cause.type === ARTIFACT_LOST) return true;
  return false;
}
