/** Copies the rows that a run is about into one numbered file, the pipeline's own row filter applied. */
import { Database, ROW_COLUMN, placed } from './database.js';
import { type DataFiles, describeData } from './source.js';
import { condition, identifier, literal, raw, statement } from './sql-file.js';
import { requireCondition } from './user-sql.js';

export interface CopyJob {
  readonly files: DataFiles;
  /** The pipeline's `data.where`; null: every row. */
  readonly where: string | null;
  /** The program's own condition on time; `true` for none. */
  readonly window: string;
  readonly threads: number;
  /** Parquet file to write. Must not exist. */
  readonly target: string;
}

/** @throws SegmentryError (data) when the source cannot be read or the filter fails on a row; (usage) when it is no condition */
export async function copyRows({ files, where, window, threads, target }: CopyJob): Promise<void> {
  const options = { threads, temporaryFolder: `${target}.tmp` };
  await Database.with(Database.open(options), async (database) => {
    const { columns, table } = await describeData(database, files);
    if (where !== null) await database.limitMemory();
    await database.lock([...files.files, target]);
    if (where !== null) {
      const names = columns.map(({ name }) => name);
      await requireCondition(database, where, names, `data.where: ${where}`);
    }
    const copy = statement('pin/snapshot', {
      row: identifier(ROW_COLUMN),
      source: table,
      where: where === null ? raw('true') : condition(where),
      window: raw(window),
      target: literal(target),
    });
    try {
      await database.run(copy);
    } catch (error) {
      throw placed(error, `data.source: ${files.source} cannot be copied`, 'data');
    }
  });
}
