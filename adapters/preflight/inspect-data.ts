/** What the data are, and whether the pipeline's columns and SQL fit them: done where SQL of others may end the process. */
import type { Pipeline } from '../../domain/pipeline.js';
import { ambiguousDays } from '../duckdb/ambiguous-days.js';
import { Database } from '../duckdb/database.js';
import { type StrayText, strayTexts } from '../duckdb/data-trouble.js';
import { type DataFiles, describeData } from '../duckdb/source.js';
import { type ColumnInfo, checkColumns } from './check-columns.js';
import { strayPredictions } from './check-models.js';
import type { PipelineProblem } from './pipeline-problem.js';

export interface DataJob {
  readonly pipeline: Pipeline;
  readonly files: DataFiles;
  /** DuckDB's. */
  readonly threads: number;
}

export interface InspectedData {
  readonly columns: readonly ColumnInfo[];
  /** Empty when the pipeline fits. */
  readonly problems: readonly PipelineProblem[];
  /** What makes columns text that a model may want as numbers. */
  readonly strays: readonly StrayText[];
}

/** @throws SegmentryError (data) when a file cannot be read */
export async function inspectData({ pipeline, files, threads }: DataJob): Promise<InspectedData> {
  return Database.with(Database.open({ threads }), async (database) => {
    const described = await describeData(database, files);
    const { columns } = described;
    await database.limitMemory();
    await database.lock(files.files);
    const problems = await checkColumns(database, pipeline, described);
    const strays = await strayTexts(database, files, described);
    const days = problems.length === 0 ? await ambiguousTimes(database, pipeline, files) : [];
    return { columns, problems: [...problems, ...strayPredictions(pipeline, strays), ...days], strays };
  });
}

/** Read the other way they would be of another month, and a window would have other rows, without a word. */
async function ambiguousTimes(
  database: Database,
  { data: { time } }: Pipeline,
  files: DataFiles,
): Promise<readonly PipelineProblem[]> {
  const found = time === null ? null : await ambiguousDays(database, files, time);
  if (found === null) return [];
  const message =
    `column "${time!}" has days that can be read in two ways in ${found.file}, such as ${JSON.stringify(found.value)}: ` +
    'write them as ISO 8601 does, 2026-01-31';
  return [{ path: ['data', 'time'], message }];
}
