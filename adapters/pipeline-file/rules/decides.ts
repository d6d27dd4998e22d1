/** Whether the pipeline as a whole can decide anything, and whether what follows its verdict can happen. */
import type { ActionName, ModelUnderTest } from '../../../domain/pipeline.js';
import type { Path, Report } from '../problems.js';

interface Consequences {
  readonly onFail: readonly ActionName[];
  readonly onPass: readonly ActionName[];
}

/** Without a blocking check a pipeline only watches: no run passes or fails. That is fine until something is to follow the verdict. */
export function refuseUndecided(
  checks: readonly { readonly severity: string }[],
  { onFail, onPass }: Consequences,
  report: Report,
): void {
  if (checks.length === 0 || checks.some(({ severity }) => severity === 'block')) return;
  for (const [key, actions, never] of [
    ['onFail', onFail, 'fails'],
    ['onPass', onPass, 'passes'],
  ] as const) {
    if (actions.length === 0) continue;
    report(
      [key],
      `${key} can never happen: no check has severity block, so no run ${never}; make a check block, or remove ${key}`,
      'key',
    );
  }
}

/** A rollback or promotion moves an alias in the registry; predictions in a column have none. */
export function refuseActionsWithoutRegistry(
  model: ModelUnderTest,
  { onFail, onPass }: Consequences,
  report: Report,
): void {
  if (model.candidate.kind === 'registry') return;
  for (const [key, actions] of Object.entries({ onFail, onPass })) {
    for (const [index, action] of actions.entries()) {
      if (action === 'notify') continue;
      const path: Path = [key, index];
      report(
        path,
        `${action} needs a candidate from the registry, but model.candidate is a column: there is no version to ${action === 'promote' ? 'promote' : 'take back'}`,
      );
    }
  }
}
