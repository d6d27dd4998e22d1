/** pin: the data become a snapshot in the artifact store, and everything that the run depends on a manifest. */
import { Database, ROW_COLUMN } from '../adapters/duckdb/database.js';
import { isSnapshot } from '../adapters/duckdb/snapshot.js';
import { digestData, digestOf, findDataFiles } from '../adapters/duckdb/source.js';
import { identifier } from '../adapters/duckdb/sql-file.js';
import type { LabelCoding } from '../adapters/measures/labels.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { type ClassOrder, orderClasses, unknownLabels } from '../domain/class-order.js';
import { SegmentryError } from '../domain/errors.js';
import { MANIFEST_FORMAT, estimationOf, type Manifest } from '../domain/manifest.js';
import { OVERALL } from '../domain/pipeline.js';
import type { Evaluation, PinnedRun } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { keyOf, recallWhole } from './remembered.js';
import { windowCondition } from './resolve.js';
import type { RegisteredModel, Resolution, RunContext } from './run-context.js';
import { withTemporaryFile } from './temporary-file.js';

/** Where snapshots are remembered. */
const SNAPSHOTS = 'snapshots';

/**
 * How source files are read. To be raised with whatever gives other values for the same file: a snapshot that was read the old way is not to be
 * taken for it. 2: types follow all values of a CSV, JSON or Parquet source, not the first ones.
 */
const READING = 2;

/** Rows are numbered with 32 bits. */
const MAX_ROWS = 2 ** 31 - 1;

export async function pin(deps: ActivityDependencies, evaluation: Evaluation): Promise<PinnedRun> {
  return whileBeating(async (signal) => {
    const resolution = await deps.store.readJson<Resolution>(evaluation.resolution);
    const { pipeline } = resolution;
    const snapshot = await takeSnapshot(deps, resolution, signal);
    const path = await deps.store.localPath(snapshot);
    const { rows, columns, order } = await Database.with(
      Database.openSnapshot(path, { threads: deps.threads, signal }),
      async (database) => ({
        rows: await database.count('SELECT count(*) FROM data'),
        columns: (await database.describe('SELECT * FROM data')).filter(({ name }) => name !== ROW_COLUMN),
        order: await classOrderOf(database, resolution),
      }),
    );
    if (rows > MAX_ROWS)
      throw new SegmentryError(`the data have ${rows} rows; at most ${MAX_ROWS} can be evaluated in one run`, 'data');
    const manifest: Manifest = {
      format: MANIFEST_FORMAT,
      pipeline: { name: pipeline.name, digest: resolution.pipelineDigest },
      task: pipeline.model.task,
      data: {
        source: pipeline.data.source,
        sourceDigest: resolution.sourceDigest,
        snapshot: snapshot.sha256,
        rows,
        columns,
        window: resolution.window,
      },
      models: { candidate: resolution.candidate.pinned, baseline: resolution.baseline?.pinned ?? null },
      serving: resolution.serving,
      act: resolution.act,
      seed: pipeline.seed,
      estimation: estimationOf(pipeline),
      versions: deps.versions,
    };
    const coding: LabelCoding = {
      task: pipeline.model.task,
      positive: pipeline.model.positive,
      classes: order?.classes ?? [],
    };
    const context: RunContext = { ...withClasses(resolution, order), manifest, snapshot, coding };
    return {
      run: resolution.run,
      context: await deps.store.putJson(context),
      rows,
      segmentations: [OVERALL, ...pipeline.segments.by.map(({ name }) => name)],
      onFail: pipeline.onFail,
      onPass: pipeline.onPass,
      act: resolution.act,
    };
  });
}

/** The same source, filter and window give the snapshot that is there already. */
async function takeSnapshot(
  deps: ActivityDependencies,
  resolution: Resolution,
  signal: AbortSignal,
): Promise<ArtifactRef> {
  const { data } = resolution.pipeline;
  const { sourceDigest, window } = resolution;
  const { where, time } = data;
  const key = keyOf({ reading: READING, sourceDigest, where, window, time, duckdb: deps.versions.duckdb });
  const known = await recallWhole<ArtifactRef>(deps.store, SNAPSHOTS, key, (ref) => [ref]);
  if (known !== null) return known;

  const snapshot = await copySource(deps, resolution, signal);
  await deps.store.remember(SNAPSHOTS, key, snapshot);
  return snapshot;
}

async function copySource(
  deps: ActivityDependencies,
  { pipeline: { data }, sourceDigest, window, folder }: Resolution,
  signal: AbortSignal,
): Promise<ArtifactRef> {
  const { threads } = deps;
  const files = await findDataFiles(data.source, folder);
  const whole =
    data.where === null &&
    window === null &&
    (await Database.with(Database.open({ threads, signal }), (database) => isSnapshot(database, files)));
  const changed = new SegmentryError(
    `data.source: ${data.source} changed while it was being copied; start the run again`,
    'data',
  );
  const [only] = files.files;
  if (whole && only !== undefined) {
    const copied = await deps.store.putFile(only, { flush: 'later' });
    if (digestOf([copied.sha256]) !== sourceDigest) throw changed;
    return copied;
  }
  return withTemporaryFile(deps.store, 'rows.parquet', async (target) => {
    const job = { files, where: data.where, window: windowCondition(data, window), threads, target };
    await deps.compute.copyRows(job, signal);
    if ((await digestData(files, (path) => deps.store.digestFile(path))) !== sourceDigest) throw changed;
    return deps.store.putFile(target, { move: true, flush: 'later' });
  });
}

interface RunClasses extends ClassOrder {
  /** That occur, in DuckDB's order of their type. */
  readonly labels: readonly string[];
}

/**
 * Multiclass: the classes that the models know, then the labels that occur where nobody says what a model knows, then what ready-made
 * predictions name beside them. A label that no model knows is none of them, and breaks a rule of validation.
 */
async function classOrderOf(
  database: Database,
  { pipeline, candidate, baseline }: Resolution,
): Promise<RunClasses | null> {
  if (pipeline.model.task !== 'multiclass') return null;
  const labels = await valuesOf(database, pipeline.data.label);
  const models = baseline === null ? [candidate] : [candidate, baseline];
  const predicted: string[] = [];
  for (const model of models) {
    if (model.kind === 'column') predicted.push(...(await valuesOf(database, model.pinned.column)));
  }
  const order = orderClasses(
    labels,
    models.map((model) => (model.kind === 'registry' ? model.names.classes : null)),
    predicted,
  );
  const evaluated = labels.filter((label) => order.classes.includes(label));
  for (const model of models) if (model.kind === 'registry') requireKnown(model, evaluated, pipeline.data.label);
  return { ...order, labels };
}

/** @throws SegmentryError (data): rows with a label that one of two models knows would count against the other, or for nothing */
function requireKnown(model: RegisteredModel, labels: readonly string[], column: string): void {
  const { title, names } = model;
  if (names.classes === null) return;
  const unknown = unknownLabels(labels, names.classes);
  if (unknown.length === 0) return;
  throw new SegmentryError(
    `${title} does not know the labels ${listed(unknown)} of ${column}; it knows ${listed(names.classes)}. Leave such rows out with ` +
      'data.where, or say what the labels are called under "classes" in the version\'s model.json',
    'data',
  );
}

/** Classes that a message names. */
const LISTED_CLASSES = 20;

function listed(classes: readonly string[]): string {
  return classes.slice(0, LISTED_CLASSES).join(', ') + (classes.length > LISTED_CLASSES ? ' and more' : '');
}

async function valuesOf(database: Database, column: string): Promise<string[]> {
  const name = identifier(column).sql;
  const rows = await database.rows(
    `SELECT CAST(value AS VARCHAR) FROM (SELECT DISTINCT ${name} AS value FROM data WHERE ${name} IS NOT NULL) ORDER BY value`,
  );
  return rows.map(([value]) => String(value));
}

function withClasses(resolution: Resolution, order: RunClasses | null): Resolution {
  if (order === null) return resolution;
  const { classes, labels } = order;
  const complete = <M extends Resolution['baseline']>(model: M, index: number): M => {
    if (model?.kind !== 'registry') return model;
    const { names } = model;
    const numbers = { places: order.places[index]!, count: classes.length };
    // Where nobody says it, the probabilities are taken for those of the labels, in their order.
    const known = names.classes === null ? { classes: labels, unproven: 'assumed' as const } : {};
    return { ...model, names: { ...names, ...known, numbers } };
  };
  return { ...resolution, candidate: complete(resolution.candidate, 0), baseline: complete(resolution.baseline, 1) };
}
