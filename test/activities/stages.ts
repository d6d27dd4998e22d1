/** The stages over a small pipeline: iris flowers, two models in a registry, and everything real but Temporal. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type {
  Decided,
  EvaluationRequest,
  InferencePlan,
  MeasuredSegmentation,
  PinnedRun,
  ReportInput,
  ResolvedVersions,
  RunOutcome,
  ValidatedData,
} from '../../activities/contract.js';
import type { ActivityDependencies } from '../../activities/dependencies.js';
import { type Activities, createActivities } from '../../activities/index.js';
import { type RunContext, loadContext } from '../../activities/run-context.js';
import { type ArtifactStore, createArtifactStore } from '../../adapters/artifact-store/index.js';
import { createAuditLog } from '../../adapters/audit-log/index.js';
import { FolderRegistry } from '../../adapters/registry/folder-registry.js';
import type { Result } from '../../domain/result.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { createTelemetry } from '../../workers/telemetry.js';
import { versions } from '../../workers/versions.js';
import { MATRIX, ROWS, modelPath } from '../golden-models.js';
import { type PipelineParts, pipelineText } from '../pipeline-text.js';
import { newFolder } from '../scratch-folder.js';
import { newFile } from '../snapshot.js';

export const MODEL = 'iris';

/** Stages that fail are what many tests are about. */
export const QUIET = new DefaultLogger('ERROR');

/** What the tests' pipelines say unless they say otherwise: version 2 serves, version 1 is what it is compared with. */
export const PARTS: PipelineParts = {
  data: '{ source: flowers.parquet, id: flower_id, label: is_virginica, time: day }',
  model: '{ task: binary, name: iris, candidate: "2", baseline: "1" }',
  segments: '{ minRows: 1, by: [{ columns: [soil] }] }',
  metrics: '[accuracy, auc]',
  checks: '[{ metric: accuracy, min: 0.5 }]',
};

/** Everything that the stages of one run returned. */
export interface StagedRun {
  readonly pinned: PinnedRun;
  readonly validated: ValidatedData;
  readonly plan: InferencePlan;
  readonly measures: readonly MeasuredSegmentation[];
  readonly decided: Decided;
}

export class Stages {
  readonly activities: Activities;

  private constructor(
    readonly folder: string,
    readonly store: ArtifactStore,
    readonly registry: FolderRegistry,
    readonly deps: ActivityDependencies,
  ) {
    this.activities = createActivities(deps);
  }

  /** A new folder with data, a registry and an empty artifact store. */
  static async open(compute: ComputePool, threads = 1, remove?: Parameters<typeof newFolder>[0]): Promise<Stages> {
    const folder = await newFolder(remove);
    const store = createArtifactStore(join(folder, 'artifacts'));
    const registry = new FolderRegistry(join(folder, 'registry'));
    const stages = new Stages(folder, store, registry, {
      store,
      audit: createAuditLog(store.uri),
      compute,
      notifier: null,
      telemetry: createTelemetry(),
      threads,
      versions: versions(),
      actor: 'test',
      awaitRun: () => Promise.reject(new Error('no run of another is awaited here')),
      applyEffect: () => Promise.reject(new Error('no workflow applies effects here')),
    });
    await stages.writeData('SELECT *');
    await mkdir(join(folder, 'registry'));
    await stages.addVersion('1', 'mlp');
    await stages.addVersion('2', 'matrix-float');
    return stages;
  }

  /** @param select what to take of the flowers, which have a `day` (DATE), `moment` (TIMESTAMP) and `instant` (TIMESTAMPTZ) */
  async writeData(select: string, after = ''): Promise<void> {
    const day = "DATE '2026-01-01' + CAST(flower_id % 3 AS INTEGER)";
    const flowers = `SELECT *, ${day} AS day, ${day} + INTERVAL 6 HOUR AS moment, timezone('UTC', ${day} + INTERVAL 6 HOUR) AS instant FROM read_parquet('${ROWS}')`;
    const file = await newFile(this.folder, `${select} FROM (${flowers}) ${after}`);
    await copyFile(file, this.path('flowers.parquet'));
  }

  async addVersion(version: string, model: string): Promise<void> {
    await this.registry.addVersion(MODEL, modelPath(model), {
      version,
      actor: 'test',
      metadata: { task: 'binary', features: MATRIX },
    });
  }

  /** A person points `serving` at a version. */
  async serve(version: string): Promise<void> {
    await this.registry.setAlias(MODEL, 'serving', version, { expect: undefined, actor: 'ann', reason: 'deploy' });
  }

  async serving(): Promise<string | undefined> {
    return (await this.registry.describe(MODEL)).aliases['serving'];
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** One stage, as a worker runs it. */
  run<K extends keyof Activities>(stage: K, ...input: Parameters<Activities[K]>): ReturnType<Activities[K]> {
    const activity = this.activities[stage] as unknown as (...args: unknown[]) => ReturnType<Activities[K]>;
    const environment = new MockActivityEnvironment({}, { logger: QUIET });
    return environment.run<unknown[], unknown, typeof activity>(activity, ...input) as ReturnType<Activities[K]>;
  }

  resolve(parts: PipelineParts = {}, request: Partial<EvaluationRequest> = {}, versions?: ResolvedVersions) {
    const text = pipelineText({ ...PARTS, ...parts });
    return this.run('resolve', { pipeline: this.path('pipeline.yaml'), text, ...request }, versions);
  }

  async pin(parts: PipelineParts = {}, request: Partial<EvaluationRequest> = {}): Promise<PinnedRun> {
    return this.run('pin', await this.resolve(parts, request));
  }

  context(run: PinnedRun): Promise<RunContext> {
    return loadContext(this.store, run.context);
  }

  /** Every stage up to the decision. */
  async evaluate(parts: PipelineParts = {}, request: Partial<EvaluationRequest> = {}): Promise<StagedRun> {
    const pinned = await this.pin(parts, request);
    const validated = await this.run('validate', pinned);
    const segmented = await this.run('segment', pinned);
    const plan = await this.run('planInference', pinned, segmented);
    const inferred = [];
    for (const task of plan.tasks) inferred.push(await this.run('infer', pinned, plan, task));
    const predictions = await this.run('collectPredictions', pinned, plan, inferred);
    const measures = [];
    for (const index of pinned.segmentations.keys()) {
      measures.push(await this.run('measure', pinned, segmented, predictions, index));
    }
    return { pinned, validated, plan, measures, decided: await this.run('decide', pinned, measures) };
  }

  async report(staged: StagedRun, more: Partial<ReportInput> = {}): Promise<{ outcome: RunOutcome; result: Result }> {
    const { pinned: run, validated, measures, decided } = staged;
    const outcome = await this.run('report', { run, validated, measures, decided, actions: [], timings: {}, ...more });
    const bytes = await this.store.readRunFile(outcome.run, 'result.json');
    return { outcome, result: JSON.parse(new TextDecoder().decode(bytes)) as Result };
  }

  /** A file of the pipeline's folder, for tests that change it. */
  async write(name: string, content: string): Promise<void> {
    await writeFile(this.path(name), content);
  }
}
