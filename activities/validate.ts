/** validate: are these data that the models can be judged on? The first stage in which something is computed; the run has begun. */
import type { Finding } from '../adapters/validation/finding.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { RuleResult } from '../domain/result.js';
import { shortened } from '../domain/shortened.js';
import { recordDeed } from './audit.js';
import { type PinnedRun, REASON_LENGTH, type ValidatedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { keyOf, recallWhole } from './remembered.js';
import { type ModelBinding, type RegisteredModel, type RunContext, loadContext } from './run-context.js';
import { withTemporaryFile } from './temporary-file.js';

/** Broken rules that are named with the outcome; all of them are in the findings. */
const NAMED_RULES = 10;

/** Where findings without bad rows are remembered. */
const FINDINGS = 'findings';

export async function validate(deps: ActivityDependencies, run: PinnedRun): Promise<ValidatedData> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const { candidate, baseline, manifest } = context;
    const models = [candidate, baseline].filter((model) => model?.kind === 'registry');
    const facts = {
      pipeline: context.pipeline,
      features: models.flatMap((model) => model.signature.features),
      classes: context.coding.classes,
      // No rows are no rows, whatever the window was: without it another window would be told.
      window: manifest.data.window,
    };
    const assumed = models.flatMap(assumedOrder);
    // How models are judged is no part of what the data are.
    const pipeline = { ...context.pipeline, name: '', checks: [], onFail: [], onPass: [] };
    const key = keyOf({
      ...facts,
      assumed,
      pipeline,
      snapshot: context.snapshot.sha256,
      versions: manifest.versions,
      build: deps.build ?? null,
    });
    const known = await recallWhole<ArtifactRef>(deps.store, FINDINGS, key, (ref) => [ref]);
    const found = async (output: string): Promise<RuleResult[]> => [
      ...assumed,
      ...(await keptInStore(
        deps,
        await deps.compute.validateData(
          {
            ...facts,
            snapshot: await deps.store.localPath(context.snapshot),
            rows: manifest.data.rows,
            types: new Map(manifest.data.columns.map(({ name, type }) => [name, type])),
            // Segments are made at the same time.
            threads: Math.max(1, Math.floor(deps.threads / 2)),
            output,
          },
          signal,
        ),
      )),
    ];
    const [findings] = await Promise.all([
      known === null
        ? withTemporaryFile(deps.store, 'bad-rows', found)
        : deps.store.readJson<readonly RuleResult[]>(known),
      // Beside the work: a record goes to the disk at once, and waits there for the snapshot that is on its way.
      recordStart(deps, context),
    ]);
    const stored = known ?? (await deps.store.putJson(findings));
    // Bad rows are kept beside what was found: a run that finds some looks again rather than point at files that may be gone.
    if (findings.every(({ artifact }) => artifact === null)) await deps.store.remember(FINDINGS, key, stored);
    const warned = findings.filter(({ outcome }) => outcome === 'warn').length;
    const failed = findings.filter(({ outcome }) => outcome === 'fail');
    return {
      valid: failed.length === 0,
      rules: findings.length,
      ...(warned === 0 ? {} : { warned }),
      reasons: failed.slice(0, NAMED_RULES).map(({ message }) => shortened(message, REASON_LENGTH)),
      findings: stored,
    };
  });
}

/** Multiclass: nothing but its position says which class a probability is of, not even labels that could prove it wrong. */
function assumedOrder({ title, names, signature }: RegisteredModel): readonly RuleResult[] {
  if (names.unproven !== 'assumed' || signature.label !== null) return [];
  const message =
    `nothing says which of the probabilities of ${title} is which class's: they were taken for those of ` +
    `${names.classes?.join(', ') ?? ''}, the labels in their order; say it under "classes" in the version's model.json`;
  return [{ rule: `order of the classes of ${title} is known`, outcome: 'warn', badRows: 0, message, artifact: null }];
}

async function recordStart(deps: ActivityDependencies, context: RunContext): Promise<void> {
  const { run, pipeline, candidate, baseline, manifest, registry } = context;
  await recordDeed(deps, {
    action: 'run-started',
    subject: pipeline.name,
    run,
    details: {
      candidate: nameOf(candidate),
      baseline: baseline === null ? null : nameOf(baseline),
      data: pipeline.data.source,
      rows: manifest.data.rows,
      snapshot: manifest.data.snapshot,
      registry,
    },
  });
}

function nameOf(model: ModelBinding): string {
  return model.kind === 'registry' ? `${model.pinned.name}/${model.pinned.version}` : `column ${model.pinned.column}`;
}

async function keptInStore({ store }: ActivityDependencies, findings: readonly Finding[]): Promise<RuleResult[]> {
  const results: RuleResult[] = [];
  for (const { keptRows, ...finding } of findings) {
    const kept = keptRows === null ? null : await store.putFile(keptRows, { move: true });
    results.push({ ...finding, artifact: kept?.sha256 ?? null });
  }
  return results;
}
