/** DuckDB in memory, and the two ways in which Segmentry uses it: with the file system, and locked to one snapshot. */
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { SegmentryError } from '../../domain/errors.js';
import { identifier, list, literal } from './sql-file.js';

export { version as duckdbVersion } from '@duckdb/node-api';

export interface DatabaseOptions {
  /** DuckDB's own threads. Inference threads use 1 each: parallelism belongs across tasks. */
  readonly threads: number;
  /** Folder for what does not fit into memory; it is made when needed. */
  readonly temporaryFolder?: string;
}

/** The table that user SQL sees. */
export const DATA_VIEW = 'data';

/** The row's place in the snapshot, from 0: the one column that Segmentry adds. */
export const ROW_COLUMN = 'segmentry_row';

export class Database {
  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
  ) {}

  static async open(options: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      // Extensions are never fetched behind the user's back: what is not in the package is refused.
      autoinstall_known_extensions: 'false',
      ...(options.temporaryFolder === undefined ? {} : { temp_directory: options.temporaryFolder }),
    });
    const connection = await instance.connect();
    // Timestamps without a zone, day windows and casts must not depend on where the worker runs.
    await connection.run("SET TimeZone = 'UTC'");
    return new Database(instance, connection);
  }

  /**
   * A database in which the view `data` is the snapshot and nothing else can be reached: no other file, no network, no
   * extension, no setting. The pipeline's own SQL runs here. `writable` are files that the program itself writes.
   */
  static async openSnapshot(
    snapshot: string,
    options: DatabaseOptions & { readonly writable?: readonly string[] },
  ): Promise<Database> {
    const database = await Database.open(options);
    await database.lock([snapshot, ...(options.writable ?? [])]);
    await database.run(
      `CREATE VIEW ${identifier(DATA_VIEW).sql} AS SELECT * FROM read_parquet(${literal(snapshot).sql})`,
    );
    return database;
  }

  /** From here on nothing but these files can be reached, and no setting changed: what runs next may hold a user's SQL. */
  async lock(files: readonly string[]): Promise<void> {
    await this.run(`SET allowed_paths = [${list(files.map(literal)).sql}]`);
    await this.run('SET enable_external_access = false');
    await this.run('SET lock_configuration = true');
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** For small results only: every row becomes an array. BIGINT comes as bigint. */
  async rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowsJS();
  }

  /** The one value of a query with one row and one column, as a number. */
  async count(sql: string): Promise<number> {
    const [row] = await this.rows(sql);
    return Number(row?.[0] ?? 0);
  }

  /** Names and DuckDB types of a query's columns, without running it. */
  async describe(query: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const rows = await this.rows(`DESCRIBE ${query}`);
    return rows.map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  }

  /**
   * Refuses SQL that is anything but one SELECT: `COPY`, `SET`, `ATTACH` and two statements in one are not queries.
   *
   * @throws SegmentryError (usage) that names where the SQL came from.
   */
  async requireSelect(sql: string, where: string): Promise<void> {
    let kind: StatementType;
    try {
      const statements = await this.connection.extractStatements(sql);
      if (statements.count !== 1) {
        throw new SegmentryError(`${where}: one query is wanted, there are ${statements.count} statements`, 'usage');
      }
      const prepared = await statements.prepare(0);
      kind = prepared.statementType;
      prepared.destroySync();
    } catch (error) {
      if (error instanceof SegmentryError) throw error;
      throw new SegmentryError(`${where}: ${explain(error)}`, 'usage');
    }
    if (kind !== StatementType.SELECT) {
      throw new SegmentryError(`${where}: a SELECT is wanted, this is ${StatementType[kind]}`, 'usage');
    }
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  static async with<T>(database: Promise<Database>, work: (database: Database) => Promise<T>): Promise<T> {
    const opened = await database;
    try {
      return await work(opened);
    } finally {
      opened.close();
    }
  }
}

/** DuckDB's message in one or two lines: what it could not do, and what it would have accepted. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*\^/.test(line) && !line.startsWith('LINE '))
    .join(' ')
    .trim();
}

/**
 * A value that is no number, or too large for its type, explained as what it is: wrong data, which no second attempt mends.
 * Any other error as it was.
 *
 * @param what could not be read: "late-flight version 2: its features"
 */
export function explainValue(error: unknown, what: string): unknown {
  const text = error instanceof Error ? error.message : '';
  if (!/^(Conversion|Out of Range|Invalid Input) Error/.test(text)) return error;
  return new SegmentryError(`${what}: ${explain(error)}`, 'data');
}
