/** What is wrong with a pipeline only beside its data and models, with where its file says it. */
import { SegmentryError } from '../../domain/errors.js';
import { type Path, PipelineFileError, formatPath } from '../pipeline-file/problems.js';
import { readYaml } from '../pipeline-file/yaml-source.js';

export interface PipelineProblem {
  readonly path: Path;
  readonly message: string;
}

/** What the work gives; null when what the file says at `path` is wrong, which is then among `problems`. */
export async function noting<T>(problems: PipelineProblem[], path: Path, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!isMistake(error)) throw error;
    problems.push({ path, message: error.message });
    return null;
  }
}

/** Whether it is the file that is wrong, not the data, the models or the disk that it leads to. */
export function isMistake(error: unknown): error is SegmentryError {
  return error instanceof SegmentryError && error.kind === 'usage';
}

/** @throws PipelineFileError with each problem once, at its line and column; nothing is thrown when there is none */
export function throwProblems(file: string, text: string, problems: readonly PipelineProblem[]): void {
  if (problems.length === 0) return;
  const source = readYaml(text, file);
  const placed = problems.map(({ path, message }) => ({
    ...source.locate(path, 'value'),
    path: formatPath(path),
    message,
  }));
  // A registry that is not there is in the way of candidate and baseline alike.
  const once = new Map(placed.map((problem) => [JSON.stringify(problem), problem]));
  throw new PipelineFileError(file, [...once.values()]);
}
