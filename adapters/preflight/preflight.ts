/** Everything that can be known to be wrong before anything runs: the file, the columns it names, the models it wants. */
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { Pipeline } from '../../domain/pipeline.js';
import { Database } from '../duckdb/database.js';
import { type DataFiles, findDataFiles } from '../duckdb/source.js';
import { PipelineFileError, formatPath } from '../pipeline-file/problems.js';
import { readYaml } from '../pipeline-file/yaml-source.js';
import { guardedRegistry } from '../guarded.js';
import { createRegistry } from '../registry/create-registry.js';
import type { ModelRegistry } from '../registry/registry.js';
import type { ColumnInfo, PipelineProblem } from './check-columns.js';
import { type BoundModel, type InspectModel, bindModel } from './check-models.js';
import type { DataJob, InspectedData } from './inspect-data.js';
import { type PipelineRequest, loadPipeline } from './load-pipeline.js';

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
}

/** By role; null and absent: as the registry says. */
export type ModelVersions = Readonly<Partial<Record<'candidate' | 'baseline', string | null>>>;

/** The registry's place: relative to the pipeline file, like every path in it. */
export function registryUri(pipeline: Pipeline, folder: string): string {
  const { registry } = pipeline.model;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(registry) || isAbsolute(registry) ? registry : resolve(folder, registry);
}

/**
 * @param versions what the names of models stand for, in place of what the registry says now
 * @throws SegmentryError that names every problem found, columns and SQL first, then the models
 */
export async function preflight(
  request: PipelineRequest,
  inspect: Inspect,
  versions: ModelVersions = {},
): Promise<Preflight> {
  const { pipeline, text, digest } = await loadPipeline(request);
  const folder = dirname(resolve(request.file));
  const files = await Database.with(Database.open({ threads: 1 }), (database) =>
    findDataFiles(database, pipeline.data.source, folder),
  );
  const { columns, problems } = await inspect.data({ pipeline, files, threads: availableParallelism() });
  throwProblems(request.file, text, problems);
  const registry = guardedRegistry(createRegistry(registryUri(pipeline, folder)));
  const bind = async (role: 'candidate' | 'baseline'): Promise<BoundModel | null> => {
    const source = pipeline.model[role];
    if (source?.kind !== 'registry') return null;
    const { ref } = source;
    return { ...(await bindModel(pipeline, versions[role] ?? ref, registry, columns, inspect.model)), ref };
  };
  return {
    pipeline,
    digest,
    folder,
    files,
    columns,
    registry,
    candidate: await bind('candidate'),
    baseline: await bind('baseline'),
  };
}

function throwProblems(file: string, text: string, problems: readonly PipelineProblem[]): void {
  if (problems.length === 0) return;
  const source = readYaml(text, file);
  throw new PipelineFileError(
    file,
    problems.map(({ path, message }) => ({ ...source.locate(path, 'value'), path: formatPath(path), message })),
  );
}
