/** validate: are these data that the models can be judged on? */
import { validateData } from '../adapters/validation/validate-data.js';
import type { PinnedRun, ValidatedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { loadContext } from './run-context.js';

/** Reasons that go with the outcome; all of them are in the findings. */
const SHOWN_REASONS = 10;

export async function validate(deps: ActivityDependencies, run: PinnedRun): Promise<ValidatedData> {
  return whileBeating(async () => {
    const context = await loadContext(deps.store, run.context);
    const { candidate, baseline, manifest } = context;
    const models = [candidate, baseline].filter((model) => model?.kind === 'registry');
    const findings = await validateData(deps.store, {
      snapshot: await deps.store.localPath(context.snapshot),
      rows: manifest.data.rows,
      pipeline: context.pipeline,
      features: models.flatMap((model) => model.signature.features),
      types: new Map(manifest.data.columns.map(({ name, type }) => [name, type])),
      classes: context.coding.classes,
      threads: deps.threads,
    });
    const failed = findings.filter(({ outcome }) => outcome === 'fail');
    return {
      valid: failed.length === 0,
      rules: findings.length,
      reasons: failed.slice(0, SHOWN_REASONS).map(({ message }) => message),
      findings: await deps.store.putJson(findings),
    };
  });
}
