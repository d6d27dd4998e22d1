/** Predictions that need no inference, because an earlier run made them or they are in the data. */
import { Database } from '../adapters/duckdb/database.js';
import { writeColumnPredictions } from '../adapters/measures/labels.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { ActivityDependencies } from './dependencies.js';
import { ROLES, type Role } from './infer-task.js';
import { keyOf, recallWhole } from './remembered.js';
import type { ModelBinding, RunContext } from './run-context.js';
import { withTemporaryFile } from './temporary-file.js';

/** Where predictions are remembered, by {@link predictionsKey}. */
const PREDICTIONS = 'predictions';

/** The roles whose model no run has asked about these rows. */
export async function rolesToInfer(deps: ActivityDependencies, context: RunContext): Promise<readonly Role[]> {
  const roles: Role[] = [];
  for (const role of ROLES) {
    const model = context[role];
    if (model?.kind === 'registry' && (await recallPredictions(deps, context, model)) === null) roles.push(role);
  }
  return roles;
}

async function recallPredictions(
  deps: ActivityDependencies,
  context: RunContext,
  model: ModelBinding,
): Promise<ArtifactRef | null> {
  return recallWhole<ArtifactRef>(deps.store, PREDICTIONS, predictionsKey(context, model), (ref) => [ref]);
}

export async function rememberPredictions(
  deps: Pick<ActivityDependencies, 'store'>,
  context: RunContext,
  model: ModelBinding,
  predictions: ArtifactRef,
): Promise<void> {
  await deps.store.remember(PREDICTIONS, predictionsKey(context, model), predictions);
}

/** Predictions that need no inference: made by an earlier run, or a column of the data. */
export async function findPredictions(
  deps: ActivityDependencies,
  context: RunContext,
  role: Role,
): Promise<ArtifactRef | null> {
  const model = context[role];
  if (model === null) return null;
  const remembered = await recallPredictions(deps, context, model);
  if (remembered !== null) return remembered;
  if (model.kind === 'registry') return null;
  const snapshot = await deps.store.localPath(context.snapshot);
  const predictions = await withTemporaryFile(deps.store, 'predictions.arrow', async (output) => {
    await Database.with(Database.openSnapshot(snapshot, { threads: deps.threads }), (database) =>
      writeColumnPredictions(
        database,
        model.pinned.column,
        model.type,
        context.coding,
        context.manifest.data.rows,
        output,
      ),
    );
    return deps.store.putFile(output, { move: true, flush: 'later' });
  });
  await rememberPredictions(deps, context, model, predictions);
  return predictions;
}

/** Everything that predictions depend on; segments and thresholds are not among it, so changing those infers nothing. */
function predictionsKey(context: RunContext, model: ModelBinding): string {
  const source =
    model.kind === 'registry'
      ? { sha256: model.pinned.sha256, signature: model.signature, names: model.names }
      : { column: model.pinned.column, coding: context.coding };
  const { task } = context.pipeline.model;
  const facts = { source, task, snapshot: context.snapshot.sha256, onnxruntime: context.manifest.versions.onnxruntime };
  return keyOf(facts);
}
