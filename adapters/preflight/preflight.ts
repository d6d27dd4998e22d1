/** Everything that can be known to be wrong before anything runs: the file, the columns it names, the models it wants. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import type { Pipeline } from '../../domain/pipeline.js';
import { Database } from '../duckdb/database.js';
import { type DataFiles, describeData, findDataFiles } from '../duckdb/source.js';
import { digestOf } from '../pipeline-file/digest.js';
import { parsePipeline } from '../pipeline-file/parse.js';
import { PipelineFileError, formatPath } from '../pipeline-file/problems.js';
import { readYaml } from '../pipeline-file/yaml-source.js';
import { createRegistry } from '../registry/create-registry.js';
import type { ModelRegistry } from '../registry/registry.js';
import { type ColumnInfo, type PipelineProblem, checkColumns } from './check-columns.js';
import { type BoundModel, type InspectModel, bindModel } from './check-models.js';

/** What to evaluate: a pipeline file, and what a command may say in its place. */
export interface PipelineRequest {
  /** Path of the pipeline file; relative paths inside it count from its folder. */
  readonly file: string;
  /** Its text, where the caller has read it; otherwise the file is read here. */
  readonly text?: string;
  readonly candidate?: string;
  readonly baseline?: string;
}

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

export interface LoadedPipeline {
  /** With what the request says in the file's place. */
  readonly pipeline: Pipeline;
  readonly text: string;
  /** Of the file: the versions that a command names instead of its aliases do not make it another pipeline. */
  readonly digest: string;
}

/** @throws PipelineFileError when the text is wrong, SegmentryError (usage) when the file cannot be read */
export async function loadPipeline(request: PipelineRequest): Promise<LoadedPipeline> {
  const text = request.text ?? (await readPipelineText(request.file));
  const parsed = parsePipeline(text, request.file);
  const { candidate, baseline } = request;
  const pipeline: Pipeline = {
    ...parsed,
    model: {
      ...parsed.model,
      ...(candidate === undefined ? {} : { candidate: { kind: 'registry', ref: candidate } }),
      ...(baseline === undefined ? {} : { baseline: { kind: 'registry', ref: baseline } }),
    },
  };
  return { pipeline, text, digest: digestOf(parsed) };
}

export async function readPipelineText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new SegmentryError(`pipeline file ${file}: ${why}`, 'usage');
  }
}

/** The registry's place: relative to the pipeline file, like every path in it. */
export function registryUri(pipeline: Pipeline, folder: string): string {
  const { registry } = pipeline.model;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(registry) || isAbsolute(registry) ? registry : resolve(folder, registry);
}

/** @throws SegmentryError that names every problem found, columns and SQL first, then the models */
export async function preflight(request: PipelineRequest, inspect: InspectModel): Promise<Preflight> {
  const { pipeline, text, digest } = await loadPipeline(request);
  const folder = dirname(resolve(request.file));
  return Database.with(Database.open({ threads: availableParallelism() }), async (database) => {
    const files = await findDataFiles(database, pipeline.data.source, folder);
    const columns = await describeData(database, files);
    await database.lock(files.files);
    throwProblems(request.file, text, await checkColumns(database, pipeline, files, columns));
    const registry = createRegistry(registryUri(pipeline, folder));
    const bind = async (role: 'candidate' | 'baseline'): Promise<BoundModel | null> => {
      const source = pipeline.model[role];
      return source?.kind === 'registry' ? bindModel(pipeline, source.ref, registry, columns, inspect) : null;
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
  });
}

function throwProblems(file: string, text: string, problems: readonly PipelineProblem[]): void {
  if (problems.length === 0) return;
  const source = readYaml(text, file);
  throw new PipelineFileError(
    file,
    problems.map(({ path, message }) => ({ ...source.locate(path, 'value'), path: formatPath(path), message })),
  );
}
