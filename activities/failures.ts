/** How an error of a stage reaches Temporal: retried only when trying again can help. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ArtifactCorrupt, ArtifactMissing } from '../adapters/artifact-store/artifact-store.js';
import { ARTIFACT_LOST } from '../domain/artifact.js';
import { FAILURE_TYPE, SegmentryError } from '../domain/errors.js';

/** Wraps every activity: the error's own kind decides whether it is retried. */
export function explainFailures<T extends Record<string, (...args: never[]) => Promise<unknown>>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function toFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof ArtifactCorrupt || error instanceof ArtifactMissing) {
    // Reading it once more shows the same bytes: whoever made it has to make it again.
    return ApplicationFailure.create({ message: error.message, type: ARTIFACT_LOST, nonRetryable: true });
  }
  if (error instanceof SegmentryError) {
    return ApplicationFailure.create({
      message: error.message,
      type: FAILURE_TYPE[error.kind],
      nonRetryable: error.kind !== 'infrastructure',
    });
  }
  // Disk full, folder gone and the like come from Node as they are; they may pass.
  const { code } = (error ?? {}) as { code?: unknown };
  if (error instanceof Error && typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return ApplicationFailure.create({
      message: error.message,
      type: FAILURE_TYPE.infrastructure,
      nonRetryable: false,
    });
  }
  return error;
}
