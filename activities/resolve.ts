/** resolve: a request's names become facts, and the facts become the run's id. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { type DataFiles, digestData } from '../adapters/duckdb/source.js';
import { Database } from '../adapters/duckdb/database.js';
import { identifier, literal } from '../adapters/duckdb/sql-file.js';
import type { BoundModel } from '../adapters/preflight/check-models.js';
import { type Preflight, preflight, registryUri } from '../adapters/preflight/preflight.js';
import { canonicalJson } from '../domain/canonical-json.js';
import { SegmentryError } from '../domain/errors.js';
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import { endOfWindow } from '../domain/end-of-window.js';
import type { DataSource, Pipeline } from '../domain/pipeline.js';
import { SERVING } from '../domain/registry.js';
import { recordDeed } from './audit.js';
import type { Evaluation, EvaluationRequest, ResolvedVersions } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import type { ModelBinding, Resolution } from './run-context.js';

/** Hex digits of the run's digest in its id: 48 bits tell any number of runs of one model version apart. */
const RUN_DIGITS = 12;

/** @param versions of a run that is made again: its own effect may have moved the aliases that the request names */
export async function resolve(
  deps: ActivityDependencies,
  request: EvaluationRequest,
  versions?: ResolvedVersions,
): Promise<Evaluation> {
  return whileBeating(async (signal) => {
    await deps.store.checkWritable();
    const { pipeline: file, requestedBy, ...overrides } = request;
    let digesting: Promise<string> | undefined;
    const digestOfData = async (files: DataFiles): Promise<string> =>
      digestData(files, (path) => deps.store.digestFile(path));
    const found = await preflight(
      { file, ...overrides },
      {
        model: (path, title) => deps.compute.inspectModel({ path, title }, signal),
        data: (job) => deps.compute.inspectData(job, signal),
        found: (files) => {
          // Beside the looking, which takes less. Its failure is told where the digest is wanted.
          digesting = digestOfData(files);
          digesting.catch(() => undefined);
        },
      },
      versions,
    );
    const { pipeline, folder } = found;
    const window = await dataWindow(pipeline.data, request.asOf);
    const [sourceDigest, candidate, baseline] = await Promise.all([
      digesting ?? digestOfData(found.files),
      bind(deps.store, pipeline, found, 'candidate'),
      bind(deps.store, pipeline, found, 'baseline'),
    ]);
    if (candidate === null) throw new Error('the pipeline has no candidate');
    const registry = registryUri(pipeline, folder);
    const facts = {
      pipelineDigest: found.digest,
      // The same version in two registries is two deployments: what follows from the verdict must reach both.
      registry,
      sourceDigest,
      window,
      candidate: factsOf(candidate),
      baseline: baseline === null ? null : factsOf(baseline),
      act: request.act ?? true,
      versions: deps.versions,
    };
    const digest = createHash('sha256').update(canonicalJson(facts)).digest('hex');
    const run = `${pipeline.name}.${versionOf(candidate)}.${digest.slice(0, RUN_DIGITS)}`;
    const resolution: Resolution = {
      run,
      pipeline,
      pipelineDigest: facts.pipelineDigest,
      folder,
      registry,
      sourceDigest,
      window,
      candidate,
      baseline,
      serving: await servingBefore(found, run),
      act: facts.act,
    };
    const evaluation: Evaluation = {
      run,
      title: titleOf(pipeline, candidate, baseline),
      resolution: await deps.store.putJson(resolution),
      versions: { candidate: registeredVersion(candidate), baseline: registeredVersion(baseline) },
    };
    await recordDeed(deps, {
      action: 'run-requested',
      subject: pipeline.name,
      run,
      actor: requestedBy ?? 'unknown',
      details: {
        request: activityInfo().workflowExecution?.workflowId ?? null,
        candidate: request.candidate ?? null,
        baseline: request.baseline ?? null,
        asOf: request.asOf ?? null,
        act: facts.act,
        registry,
      },
    });
    return evaluation;
  });
}

/** What the model's bytes and name contribute to the run's id; how it was asked for ("@serving") does not matter. */
function factsOf(model: ModelBinding): unknown {
  if (model.kind === 'column') return { column: model.pinned.column };
  const { name, version, sha256 } = model.pinned;
  return { name, version, sha256 };
}

function registeredVersion(model: ModelBinding | null): string | null {
  return model?.kind === 'registry' ? model.pinned.version : null;
}

function versionOf(model: ModelBinding): string {
  return model.kind === 'registry' ? model.pinned.version : 'column';
}

function titleOf(pipeline: Pipeline, candidate: ModelBinding, baseline: ModelBinding | null): string {
  const name = (model: ModelBinding): string =>
    model.kind === 'registry' ? `version ${model.pinned.version}` : `column ${model.pinned.column}`;
  const against = baseline === null ? '' : ` against ${isSame(candidate, baseline) ? 'itself' : name(baseline)}`;
  return `${pipeline.model.name}: ${name(candidate)}${against} on ${basename(pipeline.data.source)}`;
}

/** Whether both are the same bytes under the same version: then every comparison is equal by construction. */
export function isSame(candidate: ModelBinding, baseline: ModelBinding | null): boolean {
  return baseline !== null && canonicalJson(factsOf(candidate)) === canonicalJson(factsOf(baseline));
}

async function bind(
  store: ArtifactStore,
  pipeline: Pipeline,
  found: Preflight,
  role: 'candidate' | 'baseline',
): Promise<ModelBinding | null> {
  const source = pipeline.model[role];
  if (source === null) return null;
  if (source.kind === 'column') {
    const type = found.columns.find(({ name }) => name === source.column)?.type ?? '';
    return { kind: 'column', pinned: { kind: 'column', column: source.column }, type };
  }
  const bound: BoundModel | null = found[role];
  if (bound === null) throw new Error(`the ${role} was not bound`);
  const file = await store.putFile(bound.file);
  const { model: name, version } = bound.version;
  return {
    kind: 'registry',
    title: bound.title,
    pinned: { kind: 'registry', name, version, ref: bound.ref, sha256: file.sha256 },
    file,
    signature: bound.signature,
    names: bound.names,
  };
}

/** What serves, or what served before the run's own effect: a run that is made again after it is the same run. */
async function servingBefore(found: Preflight, run: string): Promise<string | null> {
  if (found.candidate === null) return null;
  const { aliases, events } = await found.registry.describe(found.pipeline.model.name);
  const own = events.find((event) => event.kind === 'alias-set' && event.alias === SERVING && event.run === run);
  return own?.kind === 'alias-set' ? own.from : (aliases[SERVING] ?? null);
}

/** The window [from, until) that ends at `asOf`, in UTC; null: all rows. */
async function dataWindow(data: DataSource, asOf: string | undefined): Promise<Resolution['window']> {
  const end = endOfWindow(data, asOf);
  if (end === null) return null;
  const text = end.toISOString();
  if (data.window === null) return { from: null, until: text };
  const { window } = data;
  return Database.with(Database.open({ threads: 1 }), async (database) => {
    try {
      const [row] = await database.rows(
        `SELECT strftime(TIMESTAMP ${literal(text.slice(0, -1)).sql} - INTERVAL ${literal(window).sql}, '%Y-%m-%dT%H:%M:%S.%gZ')`,
      );
      return { from: String(row?.[0]), until: text };
    } catch {
      throw new SegmentryError(
        `data.window: "${window}" is not an interval; write it like "1 day" or "12 hours"`,
        'usage',
      );
    }
  });
}

/** The window as a condition on the time column, for {@link pin}. */
export function windowCondition(data: DataSource, window: Resolution['window']): string {
  if (window === null || data.time === null) return 'true';
  const time = `CAST(${identifier(data.time).sql} AS TIMESTAMP)`;
  const bound = (text: string): string => `TIMESTAMP ${literal(text.slice(0, -1)).sql}`;
  const from = window.from === null ? '' : `${time} >= ${bound(window.from)} AND `;
  return `${from}${time} < ${bound(window.until)}`;
}
