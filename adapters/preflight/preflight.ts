/** Everything that can be known to be wrong before anything runs: the file, the columns it names, the models it wants. */
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Pipeline } from '../../domain/pipeline.js';
import { type DataFiles, findDataFiles } from '../duckdb/source.js';
import { guardedRegistry } from '../guarded.js';
import { createRegistry } from '../registry/create-registry.js';
import type { ModelRegistry, ModelVersion } from '../registry/registry.js';
import type { ColumnInfo } from './check-columns.js';
import { type BoundModel, type InspectModel, bindVersion, blamedKey, misnamedFeatures } from './check-models.js';
import type { DataJob, InspectedData } from './inspect-data.js';
import { type PipelineRequest, loadPipeline } from './load-pipeline.js';
import { type PipelineProblem, isMistake, noting, throwProblems } from './pipeline-problem.js';

export interface Preflight {
  readonly pipeline: Pipeline;
  /** Of the file, see {@link LoadedPipeline}. */
  readonly digest: string;
  readonly folder: string;
  readonly files: DataFiles;
  readonly columns: readonly ColumnInfo[];
  readonly registry: ModelRegistry;
  /** Null: its predictions are a column of the data. */
  readonly candidate: BoundModel | null;
  readonly baseline: BoundModel | null;
}

/** What looks into files that others wrote and binds their SQL; a worker does both in compute processes, which may end of it. */
export interface Inspect {
  readonly model: InspectModel;
  readonly data: (job: DataJob) => Promise<InspectedData>;
  /** Is told of the data's files before anything is looked into. */
  readonly found?: (files: DataFiles) => void;
}

/** By role; null and absent: as the registry says. */
export type ModelVersions = Readonly<Partial<Record<Role, string | null>>>;

/** The registry's place: relative to the pipeline file, like every path in it. */
export function registryUri(pipeline: Pipeline, folder: string): string {
  const { registry } = pipeline.model;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(registry) || isAbsolute(registry) ? registry : resolve(folder, registry);
}

/**
 * @param versions what the names of models stand for, in place of what the registry says now
 * @throws PipelineFileError that names every problem found in what the file says of source, columns, SQL and registry, then one
 * of what models take; SegmentryError when data or models cannot be used
 */
export async function preflight(
  request: PipelineRequest,
  inspect: Inspect,
  versions: ModelVersions = {},
): Promise<Preflight> {
  const { pipeline, text, digest } = await loadPipeline(request);
  const folder = dirname(resolve(request.file));
  const problems: PipelineProblem[] = [];
  const files = await noting(problems, ['data', 'source'], () => findDataFiles(pipeline.data.source, folder));
  if (files !== null) inspect.found?.(files);
  const registry = await noting(problems, ['model', 'registry'], () =>
    Promise.resolve().then(() => guardedRegistry(createRegistry(registryUri(pipeline, folder)))),
  );
  const pick = async (role: Role): Promise<Picked | null> => {
    const source = pipeline.model[role];
    if (source?.kind !== 'registry' || registry === null) return null;
    const { ref } = source;
    try {
      return { ref, version: await registry.resolve(pipeline.model.name, versions[role] ?? ref) };
    } catch (error) {
      if (!isMistake(error)) throw error;
      const key = await blamedKey(registry, pipeline.model.name, role);
      // What the command said in the file's place has no line in it.
      if (key === role && request[role] !== undefined) throw error;
      problems.push({ path: ['model', key], message: error.message });
      return null;
    }
  };
  const picked = { candidate: await pick('candidate'), baseline: await pick('baseline') };
  const data = files === null ? null : await inspect.data({ pipeline, files, threads: availableParallelism() });
  throwProblems(request.file, text, [...problems, ...(data?.problems ?? [])]);
  if (files === null || data === null || registry === null) throw new Error('what is missing was no problem');
  const { columns, strays } = data;
  const bind = async (role: Role): Promise<BoundModel | null> => {
    const found = picked[role];
    if (found === null) return null;
    // Features that nobody names are missing in the file, wherever its versions come from.
    const bound = await noting(problems, ['model'], () =>
      bindVersion(pipeline, found.ref, found.version, registry, columns, inspect.model, strays),
    );
    const misnamed = bound === null ? null : misnamedFeatures(pipeline, bound);
    if (misnamed !== null) problems.push(misnamed);
    return bound;
  };
  const models = { candidate: await bind('candidate'), baseline: await bind('baseline') };
  throwProblems(request.file, text, problems);
  return { pipeline, digest, folder, files, columns, registry, ...models };
}

type Role = 'candidate' | 'baseline';

/** A version of the registry, and how it was asked for. */
interface Picked {
  readonly ref: string;
  readonly version: ModelVersion;
}
