/** act: what follows the verdict. The registry's compare-and-set and the action's key make it happen at most once. */
import { rm } from 'node:fs/promises';
import { Context } from '@temporalio/activity';
import { type BoundModel, bindModel } from '../adapters/preflight/check-models.js';
import { guardedRegistry } from '../adapters/guarded.js';
import { createRegistry } from '../adapters/registry/create-registry.js';
import { blamingTheModel } from '../adapters/onnx/deadly-model.js';
import type { ModelRegistry, ModelState } from '../adapters/registry/registry.js';
import { SegmentryError } from '../domain/errors.js';
import {
  type AliasEffect,
  type AliasSet,
  SERVING,
  effectKey,
  promotionRefused,
  rollbackKey,
  rollbackTarget,
} from '../domain/registry.js';
import type { ActionResult, Decision } from '../domain/result.js';
import { recordDeed } from './audit.js';
import type { ActionRequest, PinnedRun } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { WAITING_HEARTBEAT_MS, whileBeating } from './heartbeat.js';
import { type RunContext, loadContext } from './run-context.js';
import { withTemporaryFile } from './temporary-file.js';

/** Rows that a rollback's target must answer before it may serve: one small batch. */
const PROOF_ROWS = 64;

/** Writes down what the run concluded, so that the last version that passed is known to the next rollback. */
export async function recordVerdict(
  deps: ActivityDependencies,
  run: PinnedRun,
  verdict: Decision['verdict'],
): Promise<void> {
  await whileBeating(async () => {
    const context = await loadContext(deps.store, run.context);
    if (context.candidate.kind !== 'registry') return;
    const { name, version } = context.candidate.pinned;
    await guardedRegistry(createRegistry(context.registry)).recordVerdict(name, version, verdict, {
      run: run.run,
      key: `verdict/${run.run}`,
      actor: deps.actor,
    });
  });
}

/**
 * Has the action done by the workflow of the model, which does one at a time. What needs no registry (a candidate that is a
 * column of the data) is answered here.
 */
export async function requestEffect(deps: ActivityDependencies, request: ActionRequest): Promise<ActionResult> {
  return whileBeating(async (signal) => {
    const { candidate, registry } = await loadContext(deps.store, request.run.context);
    if (candidate.kind !== 'registry') return noVersion(request.action);
    const { name, version } = candidate.pinned;
    // What is done stays done, whoever asks. Hundreds of requests that joined one run would otherwise queue for the model's workflow, of
    // which Temporal lets ten wait at a time.
    const state = await guardedRegistry(createRegistry(registry)).describe(name);
    const before = earlier(state, version, request.run.run, request.action);
    if (before !== null) {
      // Whoever did it may have used up its attempts on a full disk before it was written down; nobody else would ever do so.
      await recordEffect({ deps, registry, name, version, run: request.run.run }, before);
      return before;
    }
    // The same for every attempt of this asking, and another one for whoever asks later: what is right may have changed since.
    const { workflowExecution, activityId } = Context.current().info;
    const asking = `${workflowExecution?.runId ?? ''}/${activityId}`;
    return deps.applyEffect({ registry, name }, request, { asking, signal });
  }, WAITING_HEARTBEAT_MS);
}

function noVersion(action: AliasEffect): ActionResult {
  return result(action, 'skipped', { reason: 'the candidate is a column of the data: there is no version to move' });
}

export async function act(deps: ActivityDependencies, request: ActionRequest): Promise<ActionResult> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, request.run.context);
    const { candidate } = context;
    if (candidate.kind !== 'registry') return noVersion(request.action);
    const registry = guardedRegistry(createRegistry(context.registry));
    const effect: Effect = { deps, context, registry, run: request.run.run, ...candidate.pinned, signal };
    const done = await perform(effect, request.action);
    await recordEffect({ deps, registry: context.registry, ...candidate.pinned, run: request.run.run }, done);
    return done;
  });
}

async function perform(effect: Effect, action: AliasEffect): Promise<ActionResult> {
  const { registry, name, version, run } = effect;
  const state = await registry.describe(name);
  const before = earlier(state, version, run, action);
  if (before !== null) return before;
  switch (action) {
    case 'rollback':
      return rollback(effect, state);
    case 'promote':
      return promote(effect, state);
  }
}

/** After the effect: an attempt that dies in between finds the effect in the registry's log, and records it then. */
async function recordEffect(
  { deps, registry, name, version, run }: EffectOn,
  { action, outcome, from, to, key, reason }: ActionResult,
): Promise<void> {
  if (outcome === 'skipped') return;
  const details = { outcome, from, to, reason, registry };
  await recordDeed(deps, {
    action,
    subject: `${name}/${version}`,
    run,
    details,
    part: outcome,
    // The registry's own key: a request that joined finds the effect done, and did not do it.
    ...(outcome === 'done' ? { once: `${action}/${registry}/${key}` } : {}),
  });
}

/** What the record of an effect names. */
interface EffectOn {
  readonly deps: ActivityDependencies;
  /** Its address. */
  readonly registry: string;
  readonly name: string;
  readonly version: string;
  readonly run: string;
}

interface Effect {
  readonly deps: ActivityDependencies;
  readonly context: RunContext;
  readonly registry: ModelRegistry;
  readonly run: string;
  readonly name: string;
  /** The candidate's. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Moves `serving` from the candidate back to the last version that passed or, with none, the one that served before. */
async function rollback(effect: Effect, state: ModelState): Promise<ActionResult> {
  const { name, version, context, run } = effect;
  const key = keyOf(state, version, 'rollback');
  const serving = state.aliases[SERVING] ?? null;
  if (serving !== version) return notServing(effect, serving, key);
  const made = state.served.at(-1);
  const judged = state.verdicts.find((one) => one.run === run);
  if (
    key !== effectKey(name, version, 'rollback') &&
    made !== undefined &&
    judged !== undefined &&
    judged.seq < made.seq
  ) {
    return result('rollback', 'skipped', {
      from: version,
      key,
      reason: `version ${version} was made to serve again by a later run, which knew this verdict`,
    });
  }
  const target = rollbackTarget(state, version);
  if (target === null) {
    return result('rollback', 'failed', {
      from: version,
      key,
      reason: `version ${version} goes on serving: no other version passed or served before, so there is none to go back to`,
    });
  }
  const broken = await provenBroken(effect, target);
  if (broken !== null) {
    return result('rollback', 'failed', {
      from: version,
      to: target,
      key,
      reason: `version ${version} goes on serving: version ${target} cannot take its place: ${broken}`,
    });
  }
  return moveServing(effect, {
    action: 'rollback',
    to: target,
    expect: version,
    key,
    reason: `run ${run}: FAIL on ${context.manifest.data.source}`,
  });
}

/** Makes the candidate serve, if what it was compared with still does. */
async function promote(effect: Effect, state: ModelState): Promise<ActionResult> {
  const { version, context, run } = effect;
  const key = keyOf(state, version, 'promote');
  const serving = state.aliases[SERVING] ?? null;
  if (serving === version)
    return result('promote', 'skipped', { to: version, key, reason: `version ${version} serves already` });
  const refused = promotionRefused(state, version, run);
  if (refused !== null)
    return result('promote', 'skipped', { from: serving, key, reason: `${refused}: nothing was promoted` });
  const { baseline } = context;
  const expect = baseline?.kind === 'registry' ? baseline.pinned.version : context.manifest.serving;
  // Where it did not serve when the run began either, nobody has changed anything: the pipeline compares with another version.
  if (serving !== expect && context.manifest.serving !== expect) {
    const named = serving === null ? 'no version does' : `version ${serving} does`;
    return result('promote', 'skipped', {
      from: serving,
      key,
      reason: `version ${String(expect)}, the baseline, does not serve (${named}), so nothing was promoted`,
    });
  }
  return moveServing(effect, {
    action: 'promote',
    to: version,
    expect,
    key,
    reason: `run ${run}: PASS on ${context.manifest.data.source}`,
  });
}

interface Move {
  readonly action: 'rollback' | 'promote';
  readonly to: string;
  readonly expect: string | null;
  readonly key: string;
  readonly reason: string;
}

async function moveServing(effect: Effect, move: Move): Promise<ActionResult> {
  const { registry, name, run, deps } = effect;
  const { action, to, key } = move;
  const change = await registry.setAlias(name, SERVING, to, {
    expect: move.expect,
    key,
    actor: deps.actor,
    reason: move.reason,
    run,
    effect: action,
  });
  const facts = { from: change.from, to, key };
  if (change.outcome === 'conflict') {
    const found = change.from === null ? 'nothing' : `version ${change.from}`;
    return result(action, 'conflict', {
      ...facts,
      reason: `serving names ${found}, not version ${String(move.expect)} any more: somebody changed it, and that stands`,
    });
  }
  const now = (await registry.describe(name)).aliases[SERVING] ?? null;
  const later = now === to ? '' : `; it has been moved on to ${String(now)} since`;
  return result(action, 'done', {
    ...facts,
    reason: `serving was moved from version ${String(change.from)} to ${to}${later}`,
  });
}

function keyOf(state: ModelState, version: string, action: AliasEffect): string {
  return action === 'rollback'
    ? rollbackKey(state.model, state.events, state, version)
    : effectKey(state.model, version, action);
}

/** The same effect in the registry's log: by this run (a retry: it is done), or by another one (it is not done again). */
function earlier(state: ModelState, candidate: string, run: string, action: AliasEffect): ActionResult | null {
  const sets = state.events.filter((event): event is AliasSet => event.kind === 'alias-set');
  const own = sets.find((one) => one.run === run && one.effect === action);
  const nextKey = keyOf(state, candidate, action);
  const event = own ?? sets.find((one) => one.key === nextKey);
  if (event === undefined) return null;
  const { from, to } = event;
  const key = event.key ?? nextKey;
  const serving = String(state.aliases[SERVING]);
  // Serving once more after a rollback, or no longer after a promotion: somebody's doing, which is not undone.
  const changed = serving !== to;
  if (own !== undefined) {
    const since = changed ? `; version ${serving} serves now, and that stands` : '';
    return result(action, 'done', {
      from,
      to,
      key,
      reason: `serving was moved from version ${String(from)} to ${to}${since}`,
    });
  }
  const done = action === 'rollback' ? 'was taken back' : 'was promoted';
  const version = action === 'rollback' ? from : to;
  return result(action, 'skipped', {
    from,
    to,
    key,
    reason:
      `version ${String(version)} ${done} already, by run ${event.run ?? 'unknown'}; it is not done twice` +
      (changed ? `, and that version ${serving} serves now stands` : ''),
  });
}

function notServing(effect: Effect, serving: string | null, key: string): ActionResult {
  const { version, context } = effect;
  const named = serving === null ? 'no version serves' : `version ${serving} serves`;
  if (context.manifest.serving === version) {
    return result('rollback', 'conflict', {
      from: serving,
      key,
      reason: `version ${version} served when the run began, now ${named}: somebody changed it, and that stands`,
    });
  }
  return result('rollback', 'skipped', {
    from: serving,
    key,
    reason: `version ${version} does not serve (${named}): there is nothing to take back`,
  });
}

/** Loads the version and asks it one batch. Null when it answers, else why it cannot serve. */
async function provenBroken(effect: Effect, version: string): Promise<string | null> {
  const { deps, context, registry, signal } = effect;
  try {
    const bound = await bindModel(context.pipeline, version, registry, context.manifest.data.columns, (path, title) =>
      deps.compute.inspectModel({ path, title }, signal),
    );
    await withTemporaryFile(deps.store, 'proof.arrow', async (output) => {
      const job = await proof(effect, bound, output);
      await blamingTheModel(async () => {
        // What a process left that ended while it wrote.
        await rm(output, { force: true });
        return deps.compute.proveModel(job, signal);
      }, `${bound.title}: the process that asked it for ${job.to} rows`);
    });
    return null;
  } catch (error) {
    if (error instanceof SegmentryError && error.kind !== 'infrastructure') return error.message;
    throw error;
  }
}

async function proof({ deps, context }: Effect, bound: BoundModel, output: string) {
  const file = await deps.store.putFile(bound.file);
  const { classes } = context.coding;
  // A label that it says has to be one of the run's. How many probabilities it gives is its own affair: the run may have classes that only
  // the version in service knows.
  const fromRun = bound.signature.output.kind === 'label' && classes.length > 0 ? classes : null;
  const names = { ...bound.names, classes: bound.names.classes ?? fromRun };
  return {
    task: context.pipeline.model.task,
    source: { snapshot: await deps.store.localPath(context.snapshot) },
    from: 0,
    to: Math.min(PROOF_ROWS, context.manifest.data.rows),
    models: [
      {
        title: bound.title,
        sha256: file.sha256,
        path: await deps.store.localPath(file),
        signature: bound.signature,
        names,
        output,
      },
    ],
  };
}

function result(
  action: AliasEffect,
  outcome: ActionResult['outcome'],
  facts: { readonly from?: string | null; readonly to?: string | null; readonly key?: string; readonly reason: string },
): ActionResult {
  return {
    action,
    outcome,
    from: facts.from ?? null,
    to: facts.to ?? null,
    key: facts.key ?? action,
    reason: facts.reason,
  };
}
